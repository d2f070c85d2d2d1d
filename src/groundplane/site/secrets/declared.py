"""Which secrets the layers need: environments/LAYER/secrets.yml of the toolkit, and a site's own list beside it.

A site lists what its own files ask for there, such as passwords of users; `groundplane secrets init` makes those, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import Field, ValidationError

from groundplane.errors import FailedError, InputError, Place, Problem
from groundplane.site.source import Source, read_source
from groundplane.site.strict import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from groundplane.content import Content


LIST = "secrets.yml"


class SecretKind(StrEnum):
    """How a secret is made."""

    PASSWORD = "password"  # noqa: S105 - the kind's name
    """Letters and digits, so that no quoting anywhere can break it; `length` characters."""
    HEX = "hex"
    """`length` hexadecimal digits."""
    BASE64 = "base64"
    """`length` random bytes in base64."""
    FERNET = "fernet"
    """A key for Fernet: 32 random bytes in URL-safe base64."""
    SSH_KEY = "ssh_key"
    """An ed25519 key in OpenSSH's format, without a pass phrase."""
    SIGNING_KEY = "signing_key"
    """As ssh_key, for signing files; its public half is a line of allowed signers (ssh-keygen(1), ALLOWED SIGNERS)."""
    SSH_KEY_PAIR = "ssh_key_pair"
    """A mapping of private_key (RSA, PKCS#8 PEM) and public_key (OpenSSH), as kolla-ansible wants its own keys."""
    PRIVATE_KEY = "private_key"
    """A server's private key (EC P-256, PKCS#8 PEM); an RSA key that a person puts there will do as well."""
    UUID = "uuid"
    """A random UUID (version 4) in its canonical form."""
    CERTIFICATE_AUTHORITY = "certificate_authority"
    """The private key of an authority (EC P-384, PKCS#8 PEM)."""
    FINGERPRINT_KEY = "fingerprint_key"
    """The HMAC key that keeps fingerprints of secrets from being guessed: 64 hexadecimal digits."""


_WITH_PUBLIC_FILE = frozenset({SecretKind.SSH_KEY, SecretKind.SIGNING_KEY, SecretKind.CERTIFICATE_AUTHORITY})


class DeclaredSecretFile(Strict):
    """One secret in environments/LAYER/secrets.yml."""

    kind: SecretKind
    description: str = Field(min_length=1)
    length: int = Field(default=32, ge=8, le=4096, description="Characters, digits or bytes; see the kind.")
    public_file: str | None = Field(
        default=None, description="Where the public half goes, relative to the site: a public key or a certificate."
    )


@dataclass(frozen=True, slots=True)
class DeclaredSecret:
    """A secret that a layer needs."""

    name: str
    layer: str
    kind: SecretKind
    description: str
    length: int
    public_file: str | None
    place: Place


def load_declared(
    content: Content, layers: Iterable[str], *, site_path: Path | None = None
) -> dict[str, DeclaredSecret]:
    """The secrets that the layers need, by name, in the order of layers and files; with `site_path` the site's, too.

    A layer without the file needs none. A name that two layers declare belongs to the first one.

    Raises:
        FailedError: the toolkit's own file is broken.
        InputError: the site's is; its `problems` say where.
    """
    found: dict[str, DeclaredSecret] = {}
    wanted = tuple(layers)
    for layer in wanted:
        file = content.environments / layer / LIST
        if file.is_file():
            for name, secret in _read(file, layer).items():
                found.setdefault(name, secret)
    if site_path is not None:
        problems: list[Problem] = []
        for layer in wanted:
            file = site_path / "environments" / layer / LIST
            if file.is_file():
                for name, secret in _of_the_site(file, layer, problems).items():
                    found.setdefault(name, secret)
        if problems:
            raise InputError("The site's list of its own secrets is wrong", problems=tuple(problems))
    return found


def _of_the_site(file: Path, layer: str, problems: list[Problem]) -> dict[str, DeclaredSecret]:
    from groundplane.site.model_problems import read_model  # noqa: PLC0415 - only sites with a list carry the weight

    source = read_source(file, problems)
    if source is None or source.data is None:
        return {}
    if not isinstance(source.data, dict):
        problems.append(Problem("is no mapping", "Write NAME: {kind: password, description: …}.", source.place()))
        return {}
    found: dict[str, DeclaredSecret] = {}
    for name, data in source.data.items():
        place = source.place(name)
        if not str(name).isidentifier():
            cure = "Use letters, digits and underscores."
            problems.append(Problem(f"{name!r} can't be a variable's name", cure, place))
            continue
        lines = {keys[1:]: at for keys, at in source.lines.items() if keys[:1] == (name,)}
        entry = read_model(DeclaredSecretFile, Source(file, data, lines), problems)
        if entry is None:
            continue
        if (entry.public_file is not None) != (entry.kind in _WITH_PUBLIC_FILE):
            what = f"the secret '{name}' of the kind {entry.kind.value} has a wrong public_file"
            cure = "ssh_key, signing_key and certificate_authority need one, the other kinds have none."
            problems.append(Problem(what, cure, place))
            continue
        found[str(name)] = _declared(str(name), layer, entry, place)
    return found


def _declared(name: str, layer: str, entry: DeclaredSecretFile, place: Place) -> DeclaredSecret:
    return DeclaredSecret(
        name=name,
        layer=layer,
        kind=entry.kind,
        description=entry.description,
        length=entry.length,
        public_file=entry.public_file,
        place=place,
    )


def _read(file: Path, layer: str) -> dict[str, DeclaredSecret]:
    try:
        data: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        entries = {name: DeclaredSecretFile.model_validate(entry) for name, entry in (data or {}).items()}
    except (yaml.YAMLError, ValidationError, AttributeError, OSError) as error:
        raise FailedError(
            f"The toolkit's list of secrets of the layer {layer} is broken",
            why=str(error),
            cure="Install groundplane again, or restore the file from git.",
            place=Place(file),
        ) from error
    for name, entry in entries.items():
        if (entry.public_file is not None) != (entry.kind in _WITH_PUBLIC_FILE):
            raise FailedError(
                f"The toolkit's secret {name} of kind {entry.kind.value} has a wrong public_file",
                why="ssh_key, signing_key and certificate_authority need one, the other kinds have none",
                place=Place(file),
            )
    return {name: _declared(name, layer, entry, Place(file)) for name, entry in entries.items()}
