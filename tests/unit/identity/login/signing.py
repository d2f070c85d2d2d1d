"""A provider's key, and tokens that it signs."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

ISSUER = "https://id.test:8443/realms/cloud"
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_EC = ec.generate_private_key(ec.SECP256R1())


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def key_set() -> dict[str, Any]:
    public, point = _RSA.public_key().public_numbers(), _EC.public_key().public_numbers()
    return {
        "keys": [
            {"kid": "enc", "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"},
            {"kid": "rsa", "kty": "RSA", "use": "sig", "n": _number(public.n), "e": _number(public.e)},
            {"kid": "ec", "kty": "EC", "use": "sig", "crv": "P-256", "x": _number(point.x), "y": _number(point.y)},
        ]
    }


def token(algorithm: str = "RS256", *, key: str = "rsa", **said: Any) -> str:
    """Signed; what is said beats what is usual."""
    usual = {"iss": ISSUER, "exp": time.time() + 300, "sub": "1"}
    head = encoded(json.dumps({"alg": algorithm, "kid": key}).encode())
    signed = f"{head}.{encoded(json.dumps({**usual, **said}).encode())}"
    digest = hashes.SHA256()
    if algorithm.startswith("ES"):
        pair = utils.decode_dss_signature(_EC.sign(signed.encode(), ec.ECDSA(digest)))
        signature = b"".join(number.to_bytes(32, "big") for number in pair)
    elif algorithm.startswith("PS"):
        signature = _RSA.sign(signed.encode(), padding.PSS(padding.MGF1(digest), 32), digest)
    else:
        signature = _RSA.sign(signed.encode(), padding.PKCS1v15(), digest)
    return f"{signed}.{encoded(signature)}"
