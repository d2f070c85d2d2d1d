"""inventory/known_hosts: which key proves that a host is the one it claims to be.

The format is OpenSSH's (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): names, key type, key. Hosts are pinned by address
and by name, so that ssh finds them either way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import subprocess
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Place, Problem
from groundplane.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

DEFAULT_PORT = 22
_KEY_TYPE = re.compile(r"\A(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh\.com)\Z")
_PARTS = 3
_HEAD = """\
# The hosts' keys, pinned on first contact: groundplane hosts trust.
# A host whose key isn't here, or is another one, isn't talked to.
"""


@dataclass(frozen=True, slots=True, order=True)
class HostKey:
    """A host's public key: its type and the base64 text."""

    type: str
    base64: str

    def __str__(self) -> str:
        return f"{self.type} {self.base64}"

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen -l shows it: SHA256:…, without padding."""
        digest = hashlib.sha256(b64decode(self.base64)).digest()
        return "SHA256:" + b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class HostTarget:
    """A host to be pinned: the address that is contacted, and all names under which ssh may look for it."""

    name: str
    address: str
    port: int = DEFAULT_PORT
    aliases: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Address first, then names; as known_hosts writes them."""
        ordered = dict.fromkeys((self.address, self.name, *self.aliases))
        return tuple(known_name(name, self.port) for name in ordered)


class Trust(StrEnum):
    """How what a host shows compares with what is pinned."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class HostTrust:
    """One host's keys, seen and pinned."""

    target: HostTarget
    state: Trust
    seen: tuple[HostKey, ...] = ()
    pinned: tuple[HostKey, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    patterns: tuple[str, ...] = ()
    key: HostKey | None = None
    """None for comments, empty lines and lines with a marker (@cert-authority, @revoked)."""


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """A known_hosts file, read."""

    path: Path
    lines: tuple[_Line, ...] = field(default=())

    def keys_of(self, name: str, port: int = DEFAULT_PORT) -> tuple[HostKey, ...]:
        """The keys pinned for an address or name, in the file's order."""
        wanted = known_name(name, port)
        return tuple(
            dict.fromkeys(line.key for line in self.lines if line.key is not None and _matches(line.patterns, wanted))
        )


def known_name(name: str, port: int = DEFAULT_PORT) -> str:
    """How known_hosts writes a name or address: [NAME]:PORT where the port isn't 22."""
    return name if port == DEFAULT_PORT else f"[{name}]:{port}"


def read_known_hosts(path: Path) -> KnownHosts:
    """Reads the file; a missing one pins nothing.

    Raises:
        InputError: a line is no known_hosts line; all of them are named.
    """
    if not path.exists():
        return KnownHosts(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read", why=str(error), cure=f"Check it: file {path}") from error
    lines, problems = [], []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", "@")):
            lines.append(_Line(number, line))
            continue
        parts = stripped.split()
        if len(parts) < _PARTS or not _KEY_TYPE.match(parts[1]) or not _is_base64(parts[2]):
            problems.append(
                Problem(
                    "This is not a known_hosts line (NAMES TYPE KEY)",
                    "Remove it, then pin the host again: groundplane hosts trust",
                    Place(path, number),
                )
            )
            continue
        lines.append(_Line(number, line, tuple(parts[0].split(",")), HostKey(parts[1], parts[2])))
    if problems:
        raise InputError("The pinned host keys can't be read", problems=tuple(problems))
    return KnownHosts(path, tuple(lines))


def scan(targets: Sequence[HostTarget], *, timeout_seconds: int = 5) -> dict[str, tuple[HostKey, ...]]:
    """Asks hosts for their keys, all at once; by the target's name, empty where a host gives no answer.

    Raises:
        FailedError: ssh-keyscan is missing.
    """
    found: dict[str, tuple[HostKey, ...]] = {target.name: () for target in targets}
    for port in sorted({target.port for target in targets}):
        here = [target for target in targets if target.port == port]
        command = ["ssh-keyscan", "-T", str(timeout_seconds), "-p", str(port), "-t", "ed25519,ecdsa,rsa", "-f", "-"]
        try:
            done = subprocess.run(
                command,
                input="".join(f"{target.address}\n" for target in here),
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise FailedError(
                "ssh-keyscan is missing", cure="Install OpenSSH's client: apt install openssh-client"
            ) from error
        keys: dict[str, set[HostKey]] = {}
        for line in done.stdout.splitlines():
            parts = line.split()
            if len(parts) >= _PARTS and not line.startswith("#") and _KEY_TYPE.match(parts[1]):
                keys.setdefault(parts[0], set()).add(HostKey(parts[1], parts[2]))
        for target in here:
            found[target.name] = tuple(sorted(keys.get(known_name(target.address, port), ())))
    return found


def compare(
    known: KnownHosts, targets: Sequence[HostTarget], seen: Mapping[str, tuple[HostKey, ...]]
) -> list[HostTrust]:
    """What `scan` saw against what is pinned.

    A host is changed when it shows a key of a type that is pinned with another value, or shows none of the pinned
    keys. Keys of further types come with a pinned one that still fits; they make it new again, to be shown.
    """
    result = []
    for target in targets:
        shown = seen.get(target.name, ())
        pinned = tuple(
            dict.fromkeys(key for name in (target.address, target.name) for key in known.keys_of(name, target.port))
        )
        types = {key.type for key in pinned}
        if not shown:
            state = Trust.UNREACHABLE
        elif not pinned:
            state = Trust.NEW
        elif any(key.type in types and key not in pinned for key in shown) or not set(shown) & set(pinned):
            state = Trust.CHANGED
        else:
            by_address = set(known.keys_of(target.address, target.port))
            state = Trust.KNOWN if set(shown) <= by_address else Trust.NEW
        result.append(HostTrust(target, state, shown, pinned))
    return result


def pin(path: Path, entries: Iterable[tuple[HostTarget, Iterable[HostKey]]]) -> None:
    """Writes keys of hosts; what was pinned under their names before makes room. Other lines stay as they are.

    Raises:
        InputError: the file that is there can't be read.
    """
    entries = [(target, tuple(keys)) for target, keys in entries]
    dropped = {name for target, _ in entries for name in target.names()}
    lines = list(_without(read_known_hosts(path), dropped)) or _HEAD.splitlines()
    for target, keys in entries:
        lines += [f"{','.join(target.names())} {key}" for key in sorted(keys)]
    write_atomically(path, "\n".join(lines) + "\n")


def forget(path: Path, targets: Iterable[HostTarget]) -> int:
    """Removes what is pinned for the hosts; the number of lines that went."""
    known = read_known_hosts(path)
    lines = list(_without(known, {name for target in targets for name in target.names()}))
    gone = len(known.lines) - len(lines)
    if gone:
        write_atomically(path, "".join(f"{line}\n" for line in lines))
    return gone


def _without(known: KnownHosts, names: set[str]) -> Iterator[str]:
    for line in known.lines:
        if line.key is None or not any(_matches(line.patterns, name) for name in names):
            yield line.text


def _matches(patterns: Sequence[str], name: str) -> bool:
    """Whether a line's names hold for a name: plain, hashed (|1|), wildcards, and ! that excludes."""
    if any(pattern.startswith("!") and fnmatchcase(name, _glob(pattern[1:])) for pattern in patterns):
        return False
    return any(
        _matches_hash(pattern, name) if pattern.startswith("|1|") else fnmatchcase(name, _glob(pattern))
        for pattern in patterns
        if not pattern.startswith("!")
    )


def _glob(pattern: str) -> str:
    """[ADDRESS]:PORT is no character class."""
    return pattern.replace("[", "[[]")


def _matches_hash(pattern: str, name: str) -> bool:
    """|1|SALT|HASH: HMAC-SHA1 of the name with the salt, both in base64."""
    try:
        salt, digest = (b64decode(part, validate=True) for part in pattern[3:].split("|", 1))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), digest)


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except Base64Error:
        return False
    return True
