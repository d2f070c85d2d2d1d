"""Signatures by OpenSSH (`ssh-keygen -Y`): who may sign stands in a file of allowed signers, keys stay in an agent.

Source: ssh-keygen(1), -Y sign and ALLOWED SIGNERS. A namespace says what a signature is for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from groundplane.errors import FailedError, InputError, Place
from groundplane.files import write_atomically
from groundplane.machine.host_commands import need_programs, run_command
from groundplane.machine.memory import temporary_private_folder
from groundplane.ssh.agent import run_agent

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNING_KEY = "images_signing_private_key"
"""The secret that signs."""
SIGNERS_FILE = Path("inventory") / "images_signers"
"""Who may sign, in the site's folder; `groundplane secrets init` writes the site's own line."""
_FINGERPRINT = re.compile(r"\b(SHA256:\S+)")
_GET_ANEW = "Get the file and its signature anew from where they come from."
_PROGRAMS = {"ssh-keygen": "openssh-client"}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the name in the file of allowed signers, and the key's fingerprint."""

    name: str
    fingerprint: str


def signature_path(file: Path) -> Path:
    """FILE.sig, beside the file."""
    return file.with_name(f"{file.name}.sig")


def signing_key(secrets: Mapping[str, object], site_path: Path) -> str:
    """The site's signing key from its opened secrets.

    Raises:
        InputError: it isn't among them.
    """
    key = secrets.get(SIGNING_KEY)
    if not isinstance(key, str) or not key.strip():
        raise InputError(
            "Nothing can be signed: the site has no key for it",
            why=f"secrets.yml has no {SIGNING_KEY}",
            cure="Name the layer supply in site.yml, then: groundplane secrets init",
            place=Place(site_path / "secrets.yml"),
        )
    return key


def sign(content: bytes, *, private_key: str, namespace: str, runtime: Path) -> str:
    """The armoured signature of some bytes. The key goes from memory to an agent of our own, and never to a disk.

    Args:
        private_key: in OpenSSH's format, without a pass phrase.
        runtime: Settings.runtime, a folder in memory.

    Raises:
        InputError: ssh-keygen is missing, or the key can't be used.
        FailedError: signing failed.
    """
    need_programs(_PROGRAMS)
    public = _public_half(private_key)
    with temporary_private_folder(runtime, "sign-") as folder, run_agent(private_key, folder) as sock:
        key_file = folder / "key.pub"
        write_atomically(key_file, public + "\n", 0o600)
        words = ["env", f"SSH_AUTH_SOCK={sock}", "ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(key_file)]
        return run_command(words, doing="Signing", stdin=content)


def verify(
    content: bytes,
    signature: Path,
    allowed_signers: Path,
    *,
    namespace: str,
    what: str,
    place: Path,
    cure: str = _GET_ANEW,
) -> Signer:
    """Checks a signature of bytes that were read already, so that what is verified is what is used; says who signed.

    Args:
        signature: a file, armoured.
        allowed_signers: as in ssh-keygen(1).
        what, place, cure: for errors: what it is, its file, and how to get one that can be used.

    Raises:
        InputError: there is no signature; what was signed isn't this; nobody who may sign signed it; ssh-keygen is
            missing.
    """
    need_programs(_PROGRAMS)
    if not signature.is_file():
        raise InputError(
            f"{what} is not signed",
            why=f"there is no {signature.name} beside it",
            cure=cure,
            place=Place(place),
        )
    base = ["ssh-keygen", "-Y"]
    where = ["-n", namespace, "-s", str(signature)]
    try:
        said = run_command([*base, "check-novalidate", *where], doing="Checking", stdin=content)
    except FailedError as error:
        raise InputError(
            f"{what} isn't what was signed: it, or its signature, was changed",
            why=_last(error),
            cure=cure,
            place=Place(place),
        ) from error
    found = _FINGERPRINT.search(said)
    fingerprint = found[1] if found else "unknown"
    if not allowed_signers.is_file():
        raise InputError(
            f"Nobody is known who may sign {what}",
            why=f"{allowed_signers} is missing; {fingerprint} signed it",
            cure="groundplane secrets init writes the site's own signer; add the lines of others whom you trust.",
            place=Place(allowed_signers),
        )
    try:
        names = run_command(
            [*base, "find-principals", "-s", str(signature), "-f", str(allowed_signers)], doing="Finding the signer"
        ).split()
        run_command(
            [*base, "verify", *where, "-f", str(allowed_signers), "-I", names[0]], doing="Checking", stdin=content
        )
    except (FailedError, IndexError) as error:
        raise InputError(
            f"{what} was signed by somebody who may not sign it",
            why=f"the key {fingerprint} isn't allowed to sign {namespace}",
            cure=f"If you trust that key, add its line to {allowed_signers}; otherwise don't use {what}.",
            place=Place(allowed_signers),
        ) from error
    return Signer(names[0], fingerprint)


def _public_half(private_key: str) -> str:
    try:
        key = load_ssh_private_key(private_key.strip().encode() + b"\n", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable() from error
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _unusable() -> InputError:
    return InputError(
        f"The secret {SIGNING_KEY} can't sign",
        why="it has to be a private key in OpenSSH's format without a pass phrase",
        cure="Correct it with groundplane secrets edit; with an empty value, groundplane secrets init makes a new one.",
    )


def _last(error: FailedError) -> str:
    lines = error.why.strip().splitlines()
    return lines[-1] if lines else error.what
