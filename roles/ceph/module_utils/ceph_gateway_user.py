"""Users of the object gateways: what is asked for compared with what is, and the difference carried out.

Keys are made by the cluster. Nothing here returns or logs one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ceph_radosgw import Administration

try:
    from ansible.module_utils.ceph_session import CephError
except ImportError:
    from ceph_session import CephError

ALL = frozenset({"read", "write"})
SUBUSER = "swift"
"""A user's login by Swift is NAME:swift."""


def parse_caps(text: str) -> dict[str, frozenset[str]]:
    """Administrative capabilities as Ceph's documentation writes them (radosgw/admin): "users=read;buckets=*".

    Raises:
        CephError: it isn't written like that.
    """
    found: dict[str, frozenset[str]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        kind, sign, permission = (word.strip() for word in part.partition("="))
        words = frozenset(permission.replace(",", " ").split())
        if not sign or not kind or not words or not words <= ALL | {"*"}:
            raise CephError(f"'{part}' isn't a capability: TYPE=read, TYPE=write or TYPE=*, several separated by ;")
        found[kind] = ALL if "*" in words else words
    return found


def seen_caps(user: Mapping[str, object]) -> dict[str, frozenset[str]]:
    """The same, of a user as the gateways know it."""
    rows = cast("list[dict[str, str]]", user.get("caps") or [])
    return {
        row["type"]: ALL if "*" in row["perm"] else frozenset(row["perm"].replace(",", " ").split()) for row in rows
    }


def written(kind: str, permission: frozenset[str]) -> str:
    """One capability, as radosgw-admin takes it."""
    return f"{kind}={'*' if permission == ALL else ','.join(sorted(permission))}"


class Wanted:
    """A user as the site asks for it. What is None is left as it is."""

    def __init__(
        self,
        *,
        name: str,
        display_name: str | None = None,
        caps: str | None = None,
        system: bool | None = None,
        swift: bool | None = None,
        quota_bytes: int | None = None,
    ) -> None:
        self.name = name
        self.display_name = display_name
        self.caps = None if caps is None else parse_caps(caps)
        self.system = system
        self.swift = swift
        self.quota_bytes = quota_bytes

    def steps(self, seen: Mapping[str, object] | None) -> list[tuple[str, list[str]]]:
        """What is to be done, in order: a sentence, and radosgw-admin's words."""
        user = f"--uid={self.name}"
        steps: list[tuple[str, list[str]]] = []
        if seen is None:
            words = ["user", "create", user, f"--display-name={self.display_name or self.name}"]
            steps.append((f"make the user {self.name}", words))
            seen = {"display_name": self.display_name or self.name}
        if self.display_name is not None and seen.get("display_name") != self.display_name:
            words = ["user", "modify", user, f"--display-name={self.display_name}"]
            steps.append((f"call {self.name} '{self.display_name}'", words))
        steps += self._caps(user, seen)
        is_system = str(seen.get("system", "")).lower() == "true"
        if self.system is not None and self.system != is_system:
            words = ["user", "modify", user, f"--system={str(self.system).lower()}"]
            steps.append((f"{'give' if self.system else 'take'} {self.name} the system's rights", words))
        steps += self._swift(user, seen)
        return steps + self._quota(user, seen)

    def _caps(self, user: str, seen: Mapping[str, object]) -> list[tuple[str, list[str]]]:
        if self.caps is None:
            return []
        has = seen_caps(seen)
        lost = {kind: words - self.caps.get(kind, frozenset()) for kind, words in has.items()}
        new = {kind: words - has.get(kind, frozenset()) for kind, words in self.caps.items()}
        steps = []
        for verb, what, changes in (("rm", "take away", lost), ("add", "give", new)):
            text = "; ".join(written(kind, words) for kind, words in sorted(changes.items()) if words)
            if text:
                steps.append((f"{what} {text} ({self.name})", ["caps", verb, user, f"--caps={text}"]))
        return steps

    def _swift(self, user: str, seen: Mapping[str, object]) -> list[tuple[str, list[str]]]:
        name = f"{self.name}:{SUBUSER}"
        has = any(row.get("id") == name for row in cast("list[dict[str, str]]", seen.get("subusers") or []))
        if self.swift and not has:
            words = ["subuser", "create", user, f"--subuser={name}", "--access=full", "--key-type=swift"]
            return [(f"make the Swift login {name}", [*words, "--gen-secret"])]
        if self.swift is False and has:
            words = ["subuser", "rm", user, f"--subuser={name}", "--purge-keys"]
            return [(f"remove the Swift login {name}", words)]
        return []

    def _quota(self, user: str, seen: Mapping[str, object]) -> list[tuple[str, list[str]]]:
        quota = cast("dict[str, object]", seen.get("user_quota") or {})
        enabled, size = bool(quota.get("enabled")), quota.get("max_size", -1)
        scope = ["--quota-scope=user", user]
        if self.quota_bytes is None:
            return []
        if self.quota_bytes == 0:
            return [(f"lift {self.name}'s quota", ["quota", "disable", *scope])] if enabled else []
        if enabled and size == self.quota_bytes:
            return []
        words = ["quota", "set", *scope, f"--max-size={self.quota_bytes}"]
        said = f"limit {self.name} to {self.quota_bytes} bytes"
        return [(said, words), (f"enforce {self.name}'s quota", ["quota", "enable", *scope])]


def set_up(administration: Administration, wanted: Wanted, *, check: bool) -> list[str]:
    """Carries out what is to be done; says it in sentences."""
    steps = wanted.steps(administration.find(wanted.name))
    if not check:
        for _, words in steps:
            administration.ask(*words)
    return [said for said, _ in steps]
