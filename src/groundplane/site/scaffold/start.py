"""From what a person types after `init` to a site: names, the release, the password."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.files import write_atomically
from groundplane.machine.memory import private_folder
from groundplane.site.scaffold.create import create_site, refuse_used
from groundplane.site.scaffold.examples import lab_parameters, production_parameters
from groundplane.site.scaffold.parameters import Template
from groundplane.site.secrets.password import VaultPassword, read_password_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.content import Content

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_LEAST_CHARACTERS = 8
_GENERATED_BYTES = 32


@dataclass(frozen=True, slots=True)
class StartedSite:
    """A new site, and where its vault password lies (None: in somebody's head)."""

    path: Path
    files: tuple[Path, ...]
    secrets: tuple[str, ...]
    password_file: Path | None


def start_site(
    folder: Path,
    template: str,
    *,
    name: str | None,
    domain: str | None,
    release: str | None,
    vault_password_file: Path | None,
    override: Path | None,
    config: Path,
    ask: Callable[[], str] | None,
    content: Content,
) -> StartedSite:
    """Makes a site.

    `vault_password_file` is named in site.yml; `override` is Settings.vault_password_file, which holds for the person
    who set it and isn't named. `config` is Settings.config; `ask` gets a new password from a person, None where nobody
    is there.

    Raises:
        InputError: a name that can't be one, an unknown release, no password, or a folder in use. Nothing was made.
        FailedError: see `create_site`.
    """
    path = folder.expanduser().resolve()
    refuse_used(path)
    site_name = _site_name(name, path)
    if domain is not None and not _DOMAIN.match(domain):
        raise InputError(
            f"{domain!r} can't be a domain", cure="Labels of letters, digits and hyphens, with dots between them."
        )
    pinned = _release(release, content)
    kind = Template(template)
    password_file = vault_password_file.expanduser().absolute() if vault_password_file is not None else None
    if password_file is not None:
        _keep_outside(password_file, path)
        password = read_password_file(password_file, client_id=site_name, named_by="--vault-password-file")
    elif override is not None:
        _keep_outside(override.absolute(), path)
        password = read_password_file(override, client_id=site_name, named_by="GROUNDPLANE_VAULT_PASSWORD_FILE")
    elif kind is Template.LAB:
        password_file = lab_password_file(config, site_name)
        password = make_lab_password(config, site_name)
    else:
        password = _asked(ask)
    named = _home_relative(password_file) if password_file is not None else None
    parameters = (lab_parameters if kind is Template.LAB else production_parameters)(
        site_name, domain=domain, release=pinned, password_file=named
    )
    created = create_site(path, kind, parameters, password=password, content=content)
    return StartedSite(created.path, created.files, created.secrets, password_file)


def lab_password_file(config: Path, name: str) -> Path:
    """Where a lab's vault password lies; `config` is Settings.config."""
    return config / "labs" / f"{name}.password"


def make_lab_password(config: Path, name: str) -> VaultPassword:
    """The lab's vault password: the one that is there, else a new one (mode 0600 in a folder of mode 0700).

    Raises:
        InputError: the file is there and can't be read.
    """
    file = lab_password_file(config, name)
    if not file.exists():
        private_folder(file.parent)
        write_atomically(file, secrets.token_urlsafe(_GENERATED_BYTES) + "\n", mode=0o600)
    return read_password_file(file, client_id=name)


def _keep_outside(password_file: Path, site: Path) -> None:
    if password_file.is_relative_to(site):
        raise InputError(
            "The vault password file lies inside the new site's folder",
            why="it would be committed beside what it opens",
            cure="Keep it elsewhere, for example in ~/.config/groundplane/",
        )


def _site_name(given: str | None, path: Path) -> str:
    if given is not None:
        if not _NAME.fullmatch(given):
            raise InputError(
                f"{given!r} can't be a site's name",
                cure="A small letter first, then small letters, digits, - and _; 63 characters at most.",
            )
        return given
    made = re.sub(r"[^a-z0-9_-]+", "-", path.name.lower()).strip("-")
    if not _NAME.fullmatch(made):
        raise InputError(f"The folder's name {path.name!r} gives no site's name", cure="Name the site: --name NAME")
    return made


def _release(given: str | None, content: Content) -> str:
    known = sorted(file.stem for file in content.releases.glob("*.yml"))
    if given is None:
        if not known:
            raise InputError("The toolkit has no release file", cure="Name one: --release RELEASE")
        return known[-1]
    if known and given not in known:
        raise InputError(f"There is no release {given!r}", cure=f"Known here: {', '.join(known)}")
    return given


def _asked(ask: Callable[[], str] | None) -> VaultPassword:
    if ask is None:
        raise InputError(
            "A vault password for the new site is needed, and nobody can be asked here",
            cure="Name a file that holds it: --vault-password-file FILE (for example made by: "
            "openssl rand -base64 32 > FILE; chmod 600 FILE)",
        )
    password = VaultPassword(ask().strip().encode())
    if len(password) < _LEAST_CHARACTERS:
        raise InputError(
            f"The vault password is too short: it needs {_LEAST_CHARACTERS} characters",
            why="secrets.yml is meant to lie in git, where anybody who gets at it can try passwords at leisure",
            cure="A pass phrase of some words is easy to keep in mind.",
        )
    return password


def _home_relative(file: Path) -> str:
    """With ~ where it can be, so that a colleague's clone finds their own."""
    home = Path("~").expanduser()
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)
