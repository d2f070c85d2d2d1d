"""Tokens that an identity provider issues (JWT, RFC 7519): what they claim, and whether its keys signed them."""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTS = 3
HASHES = {"256": "SHA256", "384": "SHA384", "512": "SHA512"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives. Seconds are counted from when they were issued."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)
    seconds: float = 0.0
    refresh_seconds: float = 0.0

    def secrets(self) -> tuple[str, ...]:
        return tuple(token for token in (self.access, self.refresh, self.identity) if token)


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a provider's key set (RFC 7517); `numbers` has the set's own names."""

    id: str
    kind: str
    use: str
    numbers: Mapping[str, Any]


def read_keys(data: Any) -> tuple[Key, ...]:
    """A key set's keys; those of kinds that nobody signs with here are among them."""
    listed = data.get("keys", []) if isinstance(data, dict) else []
    return tuple(
        Key(str(one.get("kid", "")), str(one.get("kty", "")), str(one.get("use", "sig")), one)
        for one in listed
        if isinstance(one, dict)
    )


def claims(token: str) -> dict[str, Any]:
    """What a token says, not verified.

    Raises:
        FailedError: it is no JWT.
    """
    return _part(token, 1)


def verified(token: str, keys: Sequence[Key], *, issuer: str, now: float | None = None) -> dict[str, Any]:
    """What a token says, when the provider's key signed it, it comes from that issuer, and its time isn't over.

    Raises:
        FailedError: any of these isn't so.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy

    header, said = _part(token, 0), claims(token)
    algorithm, id_ = str(header.get("alg", "")), str(header.get("kid", ""))
    key = next((one for one in keys if one.id == id_ and one.use == "sig"), None)
    if key is None:
        raise FailedError("The token is signed with a key that the provider doesn't publish", why=f"its key is '{id_}'")
    signed, _, signature = token.rpartition(".")
    try:
        _verify(key, algorithm, _bytes(signature), signed.encode())
    except InvalidSignature as error:
        raise FailedError("The token's signature is wrong", why=f"by the key '{id_}' ({algorithm})") from error
    if said.get("iss") != issuer:
        raise FailedError("The token comes from another issuer", why=f"{said.get('iss')}, not {issuer}")
    at = time.time() if now is None else now
    if float(said.get("exp", 0)) <= at:
        raise FailedError(
            "The token has expired already", why=f"{at - float(said.get('exp', 0)):.0f} s ago, by our clock"
        )
    return said


def _verify(key: Key, algorithm: str, signature: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils  # noqa: PLC0415

    kind, size = algorithm[:2], algorithm[2:]
    if (kind, key.kind) not in (("RS", "RSA"), ("PS", "RSA"), ("ES", "EC")) or size not in HASHES:
        raise FailedError(f"Tokens signed by {algorithm or 'nobody'} can't be verified here")
    digest: hashes.HashAlgorithm = getattr(hashes, HASHES[size])()
    if kind == "ES":
        curves: dict[str, ec.EllipticCurve] = {
            "P-256": ec.SECP256R1(),
            "P-384": ec.SECP384R1(),
            "P-521": ec.SECP521R1(),
        }
        curve = curves[str(key.numbers["crv"])]
        point = ec.EllipticCurvePublicNumbers(_number(key, "x"), _number(key, "y"), curve).public_key()
        half = len(signature) // 2
        pair = utils.encode_dss_signature(
            int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        )
        point.verify(pair, signed, ec.ECDSA(digest))
        return
    public = rsa.RSAPublicNumbers(_number(key, "e"), _number(key, "n")).public_key()
    filling = padding.PKCS1v15() if kind == "RS" else padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
    public.verify(signature, signed, filling, digest)


def _number(key: Key, name: str) -> int:
    return int.from_bytes(_bytes(str(key.numbers[name])), "big")


def _part(token: str, number: int) -> dict[str, Any]:
    parts = token.split(".")
    try:
        found = json.loads(_bytes(parts[number])) if len(parts) == PARTS else None
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, dict):
        raise FailedError("The provider's token is no JWT")
    return found


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
