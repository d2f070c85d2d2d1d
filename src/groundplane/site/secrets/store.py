"""secrets.yml: one file of variables, encrypted as a whole, in clear only in memory.

The text is kept as a person wrote it, comments included; completing it appends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from groundplane.errors import InputError, Place, Problem
from groundplane.files import write_atomically
from groundplane.site.secrets.declared import DeclaredSecret, SecretKind
from groundplane.site.secrets.generate import (
    PublicFacts,
    UnusableSecretError,
    fits,
    is_usable,
    new_value,
    public_half,
)
from groundplane.site.secrets.vault_format import (
    VaultFormatError,
    VaultPasswordError,
    decrypt,
    encrypt,
    is_encrypted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


SECRETS_FILE = "secrets.yml"
_MODE = 0o600
_RENEW = "for a new one, give it an empty value there and call groundplane secrets init."
_HEAD = """\
# The site's secrets. Edit them with: groundplane secrets edit
# Each is an ordinary variable; groundplane secrets init adds those that a layer needs and that are missing.
---
"""


@dataclass(frozen=True, slots=True)
class Completed:
    """What `complete_secrets` did; names and files only, never a value."""

    made: tuple[str, ...]
    """Names of the secrets that were made."""
    files: tuple[Path, ...]
    """Files that were written: secrets.yml and public halves."""
    was_in_clear: bool = False
    """secrets.yml stood there unencrypted, and is encrypted now."""


def secrets_file(site_path: Path) -> Path:
    """Where a site's secrets lie."""
    return site_path / SECRETS_FILE


def read_secrets(site_path: Path, password: bytes) -> dict[str, Any]:
    """The site's secrets by name.

    Raises:
        InputError: the file is missing, not encrypted, damaged, not for this password, or no mapping of variables.
    """
    return parse_secrets(read_plain(site_path, password), secrets_file(site_path))


def read_plain(site_path: Path, password: bytes) -> str:
    """The decrypted text, comments included.

    Raises:
        InputError: the file is missing, not encrypted, damaged, or not for this password.
    """
    file = secrets_file(site_path)
    data = _read_bytes(file)
    if not is_encrypted(data):
        raise InputError(
            f"{SECRETS_FILE} is not encrypted",
            why="it does not begin with $ANSIBLE_VAULT",
            cure="groundplane secrets init encrypts it as it is. If it was ever committed or copied in clear, change "
            "the secrets in it as well.",
            place=Place(file, 1),
        )
    return _open(data, password, file)


def parse_secrets(text: str, file: Path) -> dict[str, Any]:
    """The variables in a decrypted text.

    Messages name lines and never quote them: a quoted line could be a secret.

    Raises:
        InputError: broken YAML, no mapping, a key twice or of another type than text.
    """
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None or root.tag == "tag:yaml.org,2002:null":
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise _unreadable(
                file, root.start_mark.line, "It is not a mapping of names to values", "Write NAME: VALUE."
            )
        seen: set[str] = set()
        for key, _ in root.value:
            if not isinstance(key, yaml.ScalarNode) or not key.value.isidentifier():
                raise _unreadable(
                    file,
                    key.start_mark.line,
                    "A name in it is not a variable's",
                    "Names have letters, digits and underscores, and don't begin with a digit.",
                )
            if key.value in seen:
                raise _unreadable(file, key.start_mark.line, f"{key.value} is there twice", "Remove one of them.")
            seen.add(key.value)
        secrets: dict[str, Any] = loader.construct_document(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _unreadable(
            file,
            mark.line if mark is not None else None,
            "It is not YAML",
            "Look at that line: groundplane secrets edit",
        ) from None
    finally:
        loader.dispose()
    return secrets


def write_plain(site_path: Path, text: str, password: bytes) -> None:
    """Encrypts and writes; mode 0600."""
    write_atomically(secrets_file(site_path), encrypt(text.encode(), password), mode=_MODE)


def check_secrets(declared: Mapping[str, DeclaredSecret], secrets: Mapping[str, Any], file: Path) -> list[Problem]:
    """Secrets that the layers need and that are missing, empty or no text."""
    problems = []
    for name, secret in declared.items():
        value = secrets.get(name)
        if name not in secrets:
            problems.append(
                Problem(
                    f"The layer {secret.layer} needs the secret {name}: {secret.description}",
                    "groundplane secrets init makes it.",
                    Place(file),
                )
            )
        elif not is_usable(secret, value):
            pair = secret.kind is SecretKind.SSH_KEY_PAIR
            form = "lacks private_key or public_key" if pair else "is empty or no text"
            problems.append(
                Problem(
                    f"The secret {name} {form}",
                    f"Where it is empty, groundplane secrets init makes a new one; else {_RENEW}",
                    Place(file),
                )
            )
    return problems


def complete_secrets(
    site_path: Path, password: bytes, declared: Mapping[str, DeclaredSecret], facts: PublicFacts
) -> Completed:
    """Makes secrets.yml, or adds what it lacks; writes public halves that are missing. What is there stays.

    A needed secret with an empty value is made anew: that is how a person asks for another one.

    Raises:
        InputError: the file can't be opened with this password, a needed secret is unusable, or a public half that
            is there belongs to another key. Nothing was written then.
    """
    file = secrets_file(site_path)
    was_in_clear = False
    if not file.exists():
        text, exists = _HEAD, False
    else:
        data = _read_bytes(file)
        was_in_clear, exists = not is_encrypted(data), True
        text = data.decode(errors="replace") if was_in_clear else _open(data, password, file)
    secrets = parse_secrets(text, file)
    made = {name: new_value(secret) for name, secret in declared.items() if secrets.get(name) in (None, "")}
    text = _without_empty(text, made)
    everything = {**secrets, **made}
    wrong = check_secrets(declared, everything, file)
    public: dict[Path, str] = {}
    for name, secret in declared.items():
        value = everything[name]
        if secret.public_file is not None and isinstance(value, str):
            path = site_path / secret.public_file
            try:
                if not path.exists():
                    public[path] = public_half(secret, value, facts)
                elif not fits(secret, value, path.read_text(encoding="utf-8", errors="replace")):
                    wrong.append(_other_half(secret, path))
            except UnusableSecretError as error:
                wrong.append(_unusable(secret, error, file))
    if wrong:
        raise InputError("The site's secrets can't be completed", problems=tuple(wrong))
    written = list(public)
    if made or was_in_clear or not exists:
        write_plain(site_path, _appended(text, made, declared), password)
        written.insert(0, file)
    for path, content in public.items():
        write_atomically(path, content)
    return Completed(tuple(made), tuple(written), was_in_clear)


def rekey_secrets(site_path: Path, old: bytes, new: bytes) -> None:
    """Encrypts the same text with another password.

    Raises:
        InputError: the old password doesn't open the file.
    """
    write_plain(site_path, read_plain(site_path, old), new)


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"The site has no {SECRETS_FILE}",
            cure="groundplane secrets init makes it, with all that the site's layers need.",
            place=Place(file),
        ) from None
    except OSError as error:
        raise InputError(
            f"{SECRETS_FILE} can't be read",
            why=error.strerror or str(error),
            cure=f"Check its owner and mode: ls -l {file}",
            place=Place(file),
        ) from error


def _open(data: bytes, password: bytes, file: Path) -> str:
    try:
        return decrypt(data, password).decode()
    except VaultPasswordError:
        raise InputError(
            f"The vault password does not open {SECRETS_FILE}",
            why="another password, or the file was altered",
            cure="Check where the password comes from: GROUNDPLANE_VAULT_PASSWORD_FILE, then vault in site.yml, then "
            "the agent (groundplane secrets lock forgets what it holds).",
            place=Place(file),
        ) from None
    except (VaultFormatError, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, VaultFormatError) else "its content is not UTF-8 text"
        raise InputError(
            f"{SECRETS_FILE} is damaged",
            why=why,
            cure=f"Restore it from git: git log -- {SECRETS_FILE}, then git checkout COMMIT -- {SECRETS_FILE}",
            place=Place(file, 1),
        ) from None


def _appended(text: str, made: Mapping[str, str | dict[str, str]], declared: Mapping[str, DeclaredSecret]) -> str:
    parts = [text if text.endswith("\n") else text + "\n"]
    for name, value in made.items():
        parts.append(f"# {declared[name].description}.\n{_entry(name, value)}")
    return "".join(parts)


def _entry(name: str, value: str | dict[str, str]) -> str:
    if isinstance(value, dict):
        entries = "".join(_entry(half, text) for half, text in value.items())
        return f"{name}:\n" + "".join(f"  {line}\n" for line in entries.splitlines())
    return _block(name, value) if "\n" in value else yaml.safe_dump({name: value}, width=4096)


def _without_empty(text: str, made: Iterable[str]) -> str:
    """The text without lines that name a secret and give it no value."""
    for name in made:
        text = re.sub(rf"^{re.escape(name)}:[ \t]*(?:''|\"\"|~|null)?[ \t]*(?:#.*)?\n?", "", text, flags=re.MULTILINE)
    return text


def _block(name: str, value: str) -> str:
    """A literal block, as a person would paste a key."""
    return f"{name}: |\n" + "".join(f"  {line}\n" for line in value.splitlines())


def _unreadable(file: Path, line: int | None, what: str, cure: str) -> InputError:
    place = Place(file, None if line is None else line + 1)
    return InputError(
        f"{SECRETS_FILE} can't be used",
        problems=(Problem(f"{what} (the line is the decrypted text's)", cure, place),),
    )


def _other_half(secret: DeclaredSecret, path: Path) -> Problem:
    return Problem(
        f"{secret.public_file} does not belong to the secret {secret.name}",
        f"If the secret is right, move the file away (mv {path} {path}.old) and call groundplane secrets init again; "
        "it then writes the one that fits.",
        Place(path),
    )


def _unusable(secret: DeclaredSecret, error: UnusableSecretError, file: Path) -> Problem:
    return Problem(
        f"The secret {secret.name} can't be used: {error}",
        f"Correct it with groundplane secrets edit, or {_RENEW}",
        Place(file),
    )
