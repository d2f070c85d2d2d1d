"""A customer's realm file as the commands `identity onboard` and `identity offboard` write, change and move it.

The files are the truth: a command changes them and applies them, so that nobody's next plan takes anything back.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Place
from groundplane.files import write_atomically
from groundplane.site.realm_files import realms_folder
from groundplane.site.secrets.changing import change_secrets, remove_secrets
from groundplane.site.secrets.store import secrets_file
from groundplane.site.yaml_output import to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

OFFBOARDED = "offboarded"
"""Below the site's state folder: where files of customers go that are gone."""
_ENABLED = re.compile(r"^enabled:.*$", re.MULTILINE)
_FIRST_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*:", re.MULTILINE)
_PASSWORD_CHARACTERS = 20
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_]")
_REFERENCE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MAIL = re.compile(r"[^@\s:]+@[^@\s:]+")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who gets an account in the customer's realm."""

    username: str
    email: str = ""
    manager: bool = False

    def secret(self, customer: str) -> str:
        """The name of the secret with the first password."""
        return _NOT_IN_A_NAME.sub("_", f"{customer}_{self.username}_password".lower())


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What `onboard` was told; empty is the default of docs/realms.md."""

    name: str
    display_name: str = ""
    domain: str = ""
    projects: tuple[str, ...] = ()
    manager_group: str = "managers"
    member_group: str = "members"
    people: tuple[Person, ...] = ()


def read_person(written: str, *, manager: bool) -> Person:
    """USERNAME, USERNAME:MAIL, or MAIL alone, whose first part is the username then.

    Raises:
        InputError: it is none of these.
    """
    username, _, email = written.partition(":")
    if not email and "@" in username:
        username, email = username.partition("@")[0], username
    if not username or "@" in username or (email and not _MAIL.fullmatch(email)):
        raise InputError(
            f"'{written}' is nobody's account", cure="Write USERNAME:MAIL, for example alice:alice@acme.test"
        )
    return Person(username.lower(), email, manager)


def customer_text(new: NewCustomer, moment: datetime) -> str:
    """The realm file."""
    member_roles = [{"role": "member", "project": project} for project in new.projects]
    data: dict[str, Any] = {
        "display_name": new.display_name or new.name,
        "domain": new.domain or new.name,
        "projects": [{"name": project} for project in new.projects],
        "groups": [
            {
                "name": new.manager_group,
                "description": "Managers of the domain: they make projects, and say who may what in them.",
                "openstack": [{"role": "manager"}, *member_roles],
            },
            {
                "name": new.member_group,
                "description": "People who use the projects.",
                "openstack": member_roles,
            },
        ],
        "users": [_user(person, new) for person in new.people],
    }
    if not new.projects:
        # Without a project there is nothing that a member could use.
        data["groups"] = data["groups"][:1]
    body = to_yaml({key: value for key, value in data.items() if value})
    return (
        f"# Customer {new.name}, onboarded on {moment:%Y-%m-%d}. What else can stand here: groundplane schema realm,\n"
        f"# and docs/realms.md. After a change: groundplane plan identity\n---\n{body}"
    )


def _user(person: Person, new: NewCustomer) -> dict[str, Any]:
    groups = [new.manager_group] if person.manager or not new.projects else [new.member_group]
    return {
        "username": person.username,
        **({"email": person.email} if person.email else {}),
        "groups": groups,
        "password": f"{{{{ {person.secret(new.name)} }}}}",
        "temporary": True,
    }


def new_password() -> str:
    """Letters, digits and dashes, at least one of each, small and capital; five characters between dashes."""
    alphabet = string.ascii_letters + string.digits
    while True:
        found = [secrets.choice(alphabet) for _ in range(_PASSWORD_CHARACTERS)]
        kinds = (str.islower, str.isupper, str.isdigit)
        if all(any(map(kind, found)) for kind in kinds):
            text = "".join(found)
            return "-".join(text[start : start + 5] for start in range(0, len(text), 5))


def realm_file(site_path: Path, name: str) -> Path:
    return realms_folder(site_path) / f"{name}.yml"


@dataclass(slots=True)
class Changes:
    """What a command changed in the site's files, until somebody says that it stays."""

    before: dict[Path, bytes | None] = field(default_factory=dict)
    kept: bool = False

    def keep(self) -> None:
        self.kept = True

    def remember(self, *paths: Path) -> None:
        for path in paths:
            self.before[path] = path.read_bytes() if path.exists() else None

    def undo(self) -> None:
        for path, content in self.before.items():
            if content is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                write_atomically(path, content, path.stat().st_mode & 0o777)


@contextmanager
def changing() -> Iterator[Changes]:
    """Takes everything back at the end, whatever happened, unless it is kept."""
    changes = Changes()
    try:
        yield changes
    finally:
        if not changes.kept:
            changes.undo()


def add_customer(site_path: Path, password: bytes, new: NewCustomer, moment: datetime, changes: Changes) -> Path:
    """Writes the realm file, and into secrets.yml a first password for each of its people.

    Raises:
        InputError: there is such a customer already, or the secrets can't be opened.
    """
    path = realm_file(site_path, new.name)
    if path.exists():
        raise InputError(
            f"There is a customer {new.name} already",
            cure=f"Change its file and call groundplane apply identity; to lock it out: groundplane identity offboard "
            f"{new.name}, and with --undo to let it in again",
            place=Place(path),
        )
    changes.remember(path, secrets_file(site_path))
    if new.people:
        values = {person.secret(new.name): new_password() for person in new.people}
        change_secrets(site_path, password, values, comment=f"First passwords of the customer {new.name}")
    write_atomically(path, customer_text(new, moment))
    return path


def switch_customer(site_path: Path, name: str, changes: Changes, *, enabled: bool) -> Path:
    """Writes into the realm file whether anybody can log in.

    Raises:
        InputError: there is no such file.
    """
    path = realm_file(site_path, name)
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in realms_folder(site_path).glob("*.yml"))) or "none"
        raise InputError(f"There is no customer '{name}'", why=f"declared are: {known}", place=Place(path))
    changes.remember(path)
    text = path.read_text(encoding="utf-8")
    write_atomically(path, switched(text, enabled=enabled), path.stat().st_mode & 0o777)
    return path


def forget_customer(site_path: Path, state: Path, password: bytes, name: str, moment: datetime) -> Path | None:
    """Moves the realm file to where nobody reads it any more, and takes out secrets that it alone referred to.

    The new place; None where there was no file.

    Raises:
        InputError: the secrets can't be opened.
    """
    path = realm_file(site_path, name)
    if not path.is_file():
        return None
    own = referred(path.read_text(encoding="utf-8"))
    for other in realms_folder(site_path).glob("*.yml"):
        if other != path:
            own -= referred(other.read_text(encoding="utf-8"))
    # A secret that serves others, too, isn't named after the customer.
    prefix = _NOT_IN_A_NAME.sub("_", name) + "_"
    to = state / OFFBOARDED / f"{name}-{moment:%Y%m%dT%H%M%SZ}.yml"
    write_atomically(to, path.read_text(encoding="utf-8"), 0o600)
    path.unlink()
    remove_secrets(site_path, password, sorted(one for one in own if one.startswith(prefix)))
    return to


def record_realm(state: Path, name: str, data: Mapping[str, Any], moment: datetime) -> Path:
    """Writes a realm's export beside the files of customers that are gone."""
    to = state / OFFBOARDED / f"{name}-{moment:%Y%m%dT%H%M%SZ}.json"
    write_atomically(to, json.dumps(data, indent=2, ensure_ascii=False) + "\n", 0o600)
    return to


def referred(text: str) -> set[str]:
    """Variables that a file's text refers to as a whole value: "{{ NAME }}"."""
    return set(_REFERENCE.findall(text))


def switched(text: str, *, enabled: bool) -> str:
    """A realm file's text with the key `enabled` as wanted; the rest stays as a person wrote it."""
    line = f"enabled: {'true' if enabled else 'false'}"
    if _ENABLED.search(text):
        return _ENABLED.sub(line, text, count=1)
    if enabled:
        return text
    first = _FIRST_KEY.search(text)
    at = first.start() if first is not None else len(text)
    return f"{text[:at]}{line}\n{text[at:]}"
