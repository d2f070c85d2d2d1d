"""How people and programs come into a site's cloud: entries for clouds.yaml and secure.yaml, and an openrc.

The site's own entries are collected by `groundplane.identity.clouds`.

The files are openstacksdk's: https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
What else stands in them, comments included, stays as it is: the site's entries stand between two marks.
"""

from __future__ import annotations

import re
import shlex
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from groundplane.errors import InputError, Place
from groundplane.files import write_atomically
from groundplane.openstack.api import PUBLIC, admin_login

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from groundplane.openstack.api import Entrance
    from groundplane.site.site import Site

CLOUDS_FILE = "clouds.yaml"
SECURE_FILE = "secure.yaml"
OWN = "external.crt"
"""A certificate that the site brings; see `groundplane.kolla.certificates`."""
_HEAD = re.compile(r"^clouds:[ \t]*(?:#.*)?$", re.MULTILINE)
_EMPTY_HEAD = re.compile(r"^clouds:[ \t]*(?:\{\}|~|null)[ \t]*$", re.MULTILINE)
_LEFT_OVER = (
    *("OS_CLOUD", "OS_TOKEN", "OS_SYSTEM_SCOPE", "OS_PROJECT_ID", "OS_TENANT_NAME", "OS_CACERT", "OS_PASSWORD"),
    *("OS_USERNAME", "OS_USER_DOMAIN_NAME", "OS_CLIENT_SECRET"),
)
_INDENTED = re.compile(r"^( +)[^\s#]", re.MULTILINE)


class Entry(Protocol):
    """A way into the cloud."""

    @property
    def name(self) -> str: ...

    @property
    def auth_url(self) -> str: ...

    @property
    def authority(self) -> str | None:
        """PEM of the site's authority."""

    @property
    def user(self) -> str:
        """Empty where a browser's login says who it is."""

    @property
    def user_domain(self) -> str: ...

    @property
    def project(self) -> str: ...

    @property
    def project_domain(self) -> str: ...

    @property
    def password(self) -> str:
        """Empty where there is none to be kept."""

    @property
    def asks(self) -> Mapping[str, str]:
        """What an openrc asks for: variable to what people call it."""

    def as_data(self, *, cacert: str | None, password: bool = False) -> dict[str, Any]:
        """The entry's value in clouds.yaml."""

    def environment(self) -> dict[str, str]:
        """The variables of an openrc that are its own."""


@dataclass(frozen=True, slots=True)
class CloudEntry:
    """One entry: a user in a project. `user` and the other names are Keystone's."""

    name: str
    auth_url: str
    region: str
    user: str
    project: str
    user_domain: str
    project_domain: str
    password: str = field(repr=False)
    authority: str | None = field(default=None, repr=False)
    """PEM of the site's authority."""

    def as_data(self, *, cacert: str | None, password: bool = False) -> dict[str, Any]:
        """The entry's value in clouds.yaml."""
        auth = {
            "auth_url": self.auth_url,
            "username": self.user,
            "project_name": self.project,
            "user_domain_name": self.user_domain,
            "project_domain_name": self.project_domain,
            **({"password": self.password} if password else {}),
        }
        return {
            "auth": auth,
            "region_name": self.region,
            "interface": PUBLIC,
            "identity_api_version": 3,
            **({"cacert": cacert} if cacert else {}),
        }

    @property
    def asks(self) -> Mapping[str, str]:
        return {"OS_PASSWORD": f"Password of {self.user}"}

    def environment(self) -> dict[str, str]:
        return {
            "OS_AUTH_TYPE": "password",
            "OS_AUTH_URL": self.auth_url,
            "OS_USERNAME": self.user,
            "OS_USER_DOMAIN_NAME": self.user_domain,
            "OS_PROJECT_NAME": self.project,
            "OS_PROJECT_DOMAIN_NAME": self.project_domain,
            "OS_REGION_NAME": self.region,
        }


def admin_entry(site: Site, where: Entrance) -> CloudEntry:
    """The administrator's: SITE-admin.

    Raises:
        InputError: the secrets are closed.
    """
    login = admin_login(site)
    return CloudEntry(
        name=f"{site.file.name}-admin",
        auth_url=where.auth_url,
        region=where.region,
        user=login.user,
        project=login.project or "",
        user_domain=login.user_domain,
        project_domain=login.project_domain,
        password=login.password,
        authority=where.authority if where.auth_url.startswith("https:") else None,
    )


def clouds_yaml(entries: Sequence[Entry], *, cacert: str | None, passwords: bool) -> str:
    """A clouds.yaml with these entries alone."""
    return f"clouds:\n{_lines(_clouds(entries, cacert=cacert, passwords=passwords), 2)}"


def openrc(entry: Entry, *, cacert: str | None, password: bool) -> str:
    """Shell lines to be sourced; without the password they ask for it."""
    variables = {
        "OS_IDENTITY_API_VERSION": "3",
        **entry.environment(),
        "OS_INTERFACE": PUBLIC,
        "OS_ENDPOINT_TYPE": PUBLIC,
        **({"OS_CACERT": cacert} if cacert else {}),
        **({"OS_PASSWORD": entry.password} if password and entry.password else {}),
    }
    lines = [
        f"# {entry.name}: source this file.",
        # What an earlier file or cloud left would get in between.
        f"unset {' '.join(_LEFT_OVER)}",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
    ]
    for name, people in entry.asks.items():
        if name not in variables:
            hidden = "stty -echo; {}; stty echo; echo >&2" if name == "OS_PASSWORD" else "{}"
            lines += [
                f"printf '%s: ' {shlex.quote(people)} >&2",
                hidden.format(f"read -r {name}"),
                f"export {name}",
            ]
    return "\n".join(lines) + "\n"


def write_clouds(site: Site, entries: Sequence[Entry], folder: Path) -> tuple[Path, ...]:
    """Puts the entries into clouds.yaml, their passwords into secure.yaml (both mode 0600), and the authority beside
    them; returns the files. The site's entries of before are replaced, everything else stays.

    Raises:
        InputError: a file isn't what it should be, or somebody else's entry has the same name; nothing was written.
        FailedError: a file can't be written.
    """
    authority = next((entry.authority for entry in entries if entry.authority), None) if site_cacert(site) else None
    certificate = folder / f"{site.file.name}-ca.crt"
    cacert = str(certificate) if authority else None
    secrets = {entry.name: {"auth": {"password": entry.password}} for entry in entries if entry.password}
    wanted = {
        folder / CLOUDS_FILE: _clouds(entries, cacert=cacert, passwords=False),
        folder / SECURE_FILE: secrets,
    }
    texts = {path: merged(path, site.file.name, data) for path, data in wanted.items()}
    if authority:
        write_atomically(certificate, authority, 0o644)
    # The secrets first: an entry without its password is of no use.
    for path in reversed(texts):
        write_atomically(path, texts[path], 0o600)
    return (*texts, *((certificate,) if authority else ()))


def merged(path: Path, site: str, entries: dict[str, Any]) -> str:
    """The file's text with the site's entries in it.

    Raises:
        InputError: it can't be read, isn't YAML with `clouds:` on a line of its own, or has such an entry already.
    """
    first, last = f"# groundplane: entries of the site {site}", f"# groundplane: end of the site {site}"
    text = _read(path)
    text = re.sub(rf"^ *{re.escape(first)}\n(?:.*\n)*? *{re.escape(last)}\n?", "", text, flags=re.MULTILINE)
    text = _EMPTY_HEAD.sub("clouds:", text)
    there = _entries(path, text)
    for name in entries:
        if name in there:
            raise InputError(
                f"{path} already has an entry '{name}', which isn't ours",
                cure="Rename or remove it there, then call again.",
                place=Place(path),
            )
    if text and not text.endswith("\n"):
        text += "\n"
    head = _HEAD.search(text)
    if head is None:
        if there:
            raise InputError(
                f"{path} doesn't have 'clouds:' on a line of its own",
                cure="Write its entries on lines of their own, below 'clouds:'.",
                place=Place(path),
            )
        text += "clouds:\n"
        head = _HEAD.search(text)
    end = head.end() if head is not None else len(text)
    rest = text[end:].lstrip("\n") if text[end:].strip() else ""
    indent = _indent_of(rest) if there else 2
    pad = " " * indent
    block = f"{pad}{first}\n{_lines(entries, indent)}{pad}{last}\n"
    return f"{text[:end]}\n{block}{rest}"


def site_cacert(site: Site) -> str | None:
    """The file of the site's authority, as far as its public entrance has a certificate by it.

    One that the site brings (certificates/external.crt) is verified with what the machine trusts: a `cacert` would
    count alone.
    """
    folder = site.path / "certificates"
    return str(folder / "ca.crt") if (folder / "ca.crt").is_file() and not (folder / OWN).is_file() else None


def unknown_names(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Names in the entries' addresses that this machine can't resolve: nobody here comes into the cloud by them."""
    found: dict[str, None] = {}
    for entry in entries:
        host = entry.auth_url.partition("://")[2].partition("/")[0].rpartition(":")[0].strip("[]")
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            found[host] = None
    return tuple(found)


def _clouds(entries: Iterable[Entry], *, cacert: str | None, passwords: bool) -> dict[str, Any]:
    return {
        entry.name: entry.as_data(cacert=cacert if entry.authority else None, password=passwords) for entry in entries
    }


def _lines(data: dict[str, Any], indent: int) -> str:
    """YAML, moved to the right."""
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())


def _indent_of(text: str) -> int:
    found = _INDENTED.search(text)
    return len(found[1]) if found is not None else 2


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read", why=str(error), cure=f"ls -l {path}", place=Place(path)) from error


def _entries(path: Path, text: str) -> dict[str, Any]:
    """What the file has under `clouds`."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(path, mark.line + 1 if mark is not None else None)
        raise InputError(f"{path} isn't YAML", why=str(error), cure="Correct it first.", place=place) from error
    clouds = data.get("clouds") if isinstance(data, dict) else data
    if data is not None and not isinstance(data, dict):
        raise InputError(f"{path} is no clouds.yaml: it has no keys", cure="Correct it first.", place=Place(path))
    if clouds is not None and not isinstance(clouds, dict):
        raise InputError(f"'clouds' in {path} has no entries", cure="Correct it first.", place=Place(path))
    return dict(clouds or {})
