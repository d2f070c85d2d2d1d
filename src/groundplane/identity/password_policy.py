"""Keycloak's password policies: "length(12) and notUsername and passwordHistory(5)", read and checked.

Source: Server Administration Guide, "Password policies"; names and defaults as Keycloak 26's providers have them
(META-INF/services/org.keycloak.policy.PasswordPolicyProviderFactory).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBERS = {
    "length": "8",
    "maxLength": "64",
    "digits": "1",
    "lowerCase": "1",
    "upperCase": "1",
    "specialChars": "1",
    "passwordHistory": "3",
    "forceExpiredPasswordChange": "365",
    "passwordAge": "30",
    "hashIterations": "",
    "maxAuthAge": "300",
    "recoveryCodesWarningThreshold": "4",
}
"""Policies with a number, and the one that Keycloak takes where none is written."""
_TEXTS = {"hashAlgorithm": "", "regexPattern": "", "passwordBlacklist": ""}
_PLAIN = {"notUsername": "", "notContainsUsername": "", "notEmail": ""}
KNOWN: Mapping[str, str] = {**_NUMBERS, **_TEXTS, **_PLAIN}
_SEPARATOR = re.compile(r"\s+and\s+")
_ONE = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
UNSET = ("undefined", "null")
"""What Keycloak's console writes where a policy has no argument."""


def policies(text: str) -> dict[str, str]:
    """Name to argument, with Keycloak's own defaults worked in, so that two ways to write a policy compare as equal.

    What can't be read is left out; `policy_problems` tells it.
    """
    found: dict[str, str] = {}
    for part in parts(text):
        name, argument = split(part)
        if name in KNOWN:
            found[name] = KNOWN[name] if argument in ("", *UNSET) else argument
    return found


def parts(text: str) -> list[str]:
    return [part.strip() for part in _SEPARATOR.split(text.strip()) if part.strip()]


def split(part: str) -> tuple[str, str]:
    """A policy's name and argument."""
    found = _ONE.fullmatch(part)
    return (found[1], (found[2] or "").strip()) if found is not None else (part, "")


def policy_problems(text: str) -> list[tuple[str, str]]:
    """What is wrong with a policy, and the cure, each."""
    found = []
    seen: set[str] = set()
    for part in parts(text):
        name, argument = split(part)
        if name not in KNOWN:
            cure = suggest(name, KNOWN, f"Known are {', '.join(sorted(KNOWN))}; 'and' stands between them.")
            found.append((f"Keycloak has no password policy '{name}'", cure))
        elif name in seen:
            found.append((f"the password policy '{name}' is written twice", "Keep one."))
        elif name in _NUMBERS and argument not in ("", *UNSET) and not argument.isdigit():
            found.append((f"the password policy '{name}' has '{argument}' for a number", f"Write {name}(12)."))
        elif name in _TEXTS and argument in ("", *UNSET):
            found.append((f"the password policy '{name}' says nothing", f"Write {name}(VALUE), or leave it out."))
        seen.add(name)
    return found


def broken(text: str, password: str, *, username: str, email: str = "") -> list[str]:
    """The policies that a password doesn't meet, as they are written; only what can be told without Keycloak."""
    counts = {
        "length": len(password),
        "digits": sum(each.isdigit() for each in password),
        "lowerCase": sum(each.islower() for each in password),
        "upperCase": sum(each.isupper() for each in password),
        "specialChars": sum(not each.isalnum() for each in password),
    }
    plain, name = password.casefold(), username.casefold()
    found = []
    for policy, argument in policies(text).items():
        number = int(argument) if argument.isdigit() else 0
        missed = (
            (policy in counts and counts[policy] < number)
            or (policy == "maxLength" and len(password) > number)
            or (policy == "notUsername" and plain == name)
            or (policy == "notContainsUsername" and name in plain)
            or (policy == "notEmail" and bool(email) and plain == email.casefold())
        )
        if missed:
            found.append(f"{policy}({argument})" if argument else policy)
    return found
