"""One-time passwords, as authenticator apps show them: by time (RFC 6238) or by counter (RFC 4226)."""

from __future__ import annotations

import hmac
import json
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundplane.identity.policy_options import OneTimePasswordPolicy

HASHES = {"HmacSHA1": "sha1", "HmacSHA256": "sha256", "HmacSHA512": "sha512"}
"""Keycloak's names of what makes them."""


def one_time_password(secret: bytes, counter: int, *, algorithm: str = "HmacSHA1", digits: int = 6) -> str:
    """The one of a counter; by time this is the number of whole periods since 1970."""
    digest = hmac.digest(secret, struct.pack(">Q", counter), HASHES[algorithm])
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


@dataclass(slots=True)
class SecondFactor:
    """An authenticator app with one account; `seed` is text, as Keycloak keeps it."""

    seed: str = field(repr=False)
    policy: OneTimePasswordPolicy
    shown: int = 0
    """How many were shown: none is taken twice."""

    def next(self, now: float | None = None) -> str:
        """By time: the second one that is asked for within a period is the following period's (look-ahead)."""
        policy = self.policy
        begin = 0 if policy.type == "hotp" else int((time.time() if now is None else now) // policy.period)
        code = one_time_password(
            self.seed.encode(), begin + self.shown, algorithm=policy.algorithm, digits=policy.digits
        )
        self.shown += 1
        return code

    def credential(self) -> dict[str, str]:
        """The account as a credential of Keycloak's Admin REST API (OTPCredentialModel)."""
        policy = self.policy
        data = {
            "subType": policy.type,
            "digits": policy.digits,
            "counter": 0,
            "period": policy.period,
            "algorithm": policy.algorithm,
        }
        return {
            "type": "otp",
            "userLabel": "smoke test",
            "secretData": json.dumps({"value": self.seed}),
            "credentialData": json.dumps(data),
        }
