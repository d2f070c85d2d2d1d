"""skopeo, which copies images between registries and folders as they are, and the errors that it hides in its log.

Images are named by the transport's name and a colon (`oci:/folder:tag`); a name without one is a registry's,
HOST[:PORT]/PATH:TAG or HOST[:PORT]/PATH@DIGEST. Passwords reach skopeo in files alone, never as words.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import re
import subprocess
from typing import TYPE_CHECKING, Any

from groundplane.errors import CancelledError, FailedError, GroundplaneError
from groundplane.files import write_atomically
from groundplane.machine.host_commands import ERROR_LINES, need_programs, run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PROGRAMS = {"skopeo": "skopeo"}
"""Program to the Debian package that has it."""

TRANSPORTS = ("containers-storage", "dir", "docker", "docker-archive", "docker-daemon", "oci", "oci-archive")

ASK_SECONDS = 120.0
CANCEL_SECONDS = 0.2

ACCOUNT_CURE = (
    "The registry that the site runs: groundplane apply supply.registry. One of your own (images.registry): "
    "registry_pull_account, registry_push_account and their passwords in secrets.yml. Any other: skopeo login HOST:PORT"
)
TRUST_CURE = (
    "The registry that the site runs: groundplane apply bootstrap.certificates supply.registry. Any other: put its "
    "authority (PEM) on this machine as /etc/containers/certs.d/HOST:PORT/ca.crt"
)

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "ppc64le": "ppc64le", "s390x": "s390x"}


class MissingImageError(FailedError):
    """The source has no such image."""


class UnreachableError(FailedError):
    """Nobody answers at the registry's address, or it went away in the middle."""


class UnauthorisedError(FailedError):
    """The registry refuses the account, or wants one."""


class NoSpaceError(FailedError):
    """A disk is full: this machine's, or the registry's."""


class UntrustedError(FailedError):
    """The registry's certificate isn't one that we trust."""


class DamagedImageError(FailedError):
    """What was read isn't what its digest says."""


def need_skopeo() -> None:
    """Checks that skopeo is there.

    Raises:
        InputError: with the command that installs it.
    """
    need_programs(PROGRAMS)


def image_name(reference: str) -> str:
    """skopeo's name of an image: `docker://` is put before a registry's own."""
    transport = reference.partition(":")[0]
    return reference if transport in TRANSPORTS else f"docker://{reference}"


def write_auth_file(path: Path, accounts: Mapping[str, tuple[str, str]]) -> None:
    """A file of accounts as skopeo, podman and docker read it, for the owner alone.

    Args:
        path: in memory (`memory.temporary_private_folder`): the passwords are in it in clear.
        accounts: HOST[:PORT] to name and password.

    Raises:
        FailedError: the file can't be written.
    """
    auths = {
        address: {"auth": base64.b64encode(f"{name}:{password}".encode()).decode()}
        for address, (name, password) in accounts.items()
    }
    write_atomically(path, json.dumps({"auths": auths}), 0o600)


def copy(
    source: str,
    destination: str,
    *,
    source_auth: Path | None = None,
    destination_auth: Path | None = None,
    source_certificates: Path | None = None,
    destination_certificates: Path | None = None,
    source_tls: bool = True,
    destination_tls: bool = True,
    doing: str | None = None,
    retries: int = 2,
    cancel: Callable[[], bool] = lambda: False,
) -> None:
    """Copies one image as it is: the same manifest, the same layers, the same digest. Layers already there stay.

    The manifest, and with it the tag, is written last: half a copy has no name.

    Args:
        source: the image, by digest where it matters which one.
        destination: where to, with a tag.
        source_certificates: a folder with the authority that the registry is trusted by (`ca.crt`); the machine's own
            authorities count besides.
        source_tls: False for a registry without TLS, or whose certificate doesn't matter.
        doing: what this is for, as the beginning of an error; it has to name the image.
        retries: how often skopeo tries again where a connection breaks, after one and two and four seconds.
        cancel: asked several times a second; True ends the copy.

    Raises:
        FailedError: one of this module's errors, or another one with skopeo's last lines; it names the image.
        CancelledError: `cancel` said so.
    """
    words = ["skopeo", "--insecure-policy", "copy", "--quiet", "--preserve-digests", "--retry-times", str(retries)]
    words += _side("src", source, source_auth, source_certificates, tls=source_tls)
    words += _side("dest", destination, destination_auth, destination_certificates, tls=destination_tls)
    words += [image_name(source), image_name(destination)]
    doing = doing or f"Copying the image {source} to {destination}"
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    except FileNotFoundError as missing:
        need_skopeo()
        raise FailedError(f"{doing} failed", why=str(missing)) from missing
    with process:
        try:
            said = _wait(process, cancel)
        except BaseException:
            process.terminate()
            raise
    if said is None:
        raise CancelledError(f"{doing} was stopped", cure="Call again: what is complete stays.")
    if process.returncode != 0:
        raise told(doing, said)


def inspect_digest(
    reference: str, *, auth: Path | None = None, certificates: Path | None = None, tls: bool = True
) -> str | None:
    """The digest of the image's manifest, None where the registry (or folder) hasn't the image.

    Of an image for several architectures it's the digest of this machine's.

    Raises:
        FailedError: the question can't be answered (see `copy`).
    """
    text = read_manifest(reference, auth=auth, certificates=certificates, tls=tls)
    if text is None:
        return None
    try:
        return choose_digest(text, _ARCHITECTURES.get(platform.machine(), platform.machine()))
    except ValueError as error:
        raise FailedError(f"{reference} can't be used", why=str(error)) from error


def read_manifest(
    reference: str, *, auth: Path | None = None, certificates: Path | None = None, tls: bool = True
) -> str | None:
    """The manifest (or the list of manifests) as it is, byte for byte; None where there is no such image.

    Raises:
        FailedError: the question can't be answered (see `copy`).
    """
    words = ["skopeo", "--insecure-policy", "inspect", "--raw"]
    if _is_registry(reference):
        words += [] if auth is None else ["--authfile", str(auth)]
        words += [] if certificates is None else ["--cert-dir", str(certificates)]
        words += [f"--tls-verify={str(tls).lower()}"]
    doing = f"Asking for the image {reference}"
    need_skopeo()
    try:
        return run_command([*words, image_name(reference)], doing=doing, timeout=ASK_SECONDS)
    except FailedError as failed:
        error = told(doing, failed.why) if "ended with" in failed.why else failed
        if isinstance(error, MissingImageError):
            return None
        raise error from failed


def choose_digest(manifest: str, architecture: str) -> str:
    """The digest of a manifest's own bytes, or of the entry for an architecture (Go's name) where it's a list.

    Raises:
        ValueError: the list has nothing for the architecture.
    """
    data: dict[str, Any] = json.loads(manifest)
    if "manifests" not in data:
        return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
    offered = []
    for entry in data["manifests"]:
        where = entry.get("platform") or {}
        if where.get("os") == "linux" and where.get("architecture") == architecture:
            return str(entry["digest"])
        offered.append(f"{where.get('os')}/{where.get('architecture')}")
    raise ValueError(f"there is nothing in it for linux/{architecture}, only {', '.join(offered) or 'nothing at all'}")


def cure_for(cure: str, address: str) -> str:
    """One of this module's cures, with the registry's address."""
    return cure.replace("HOST:PORT", address)


def told(doing: str, said: str) -> GroundplaneError:
    """What skopeo said, as an error that names the cause and the cure."""
    text = _last_line(said)
    lower = said.lower()
    for kind, pattern, why, cure in _CAUSES:
        if re.search(pattern, lower):
            # Requests are named by their URL, and references by skopeo's own.
            asked = re.search(r"https?://([^/\s\"\\]+)/", text) or re.search(r"docker://([^/\s\"\\]+)/", text)
            return kind(f"{doing} failed: {why}", why=text, cure=cure_for(cure, asked[1] if asked else "HOST:PORT"))
    last = said.strip().splitlines()[-ERROR_LINES:]
    return FailedError(f"{doing} failed", why="\n".join(last))


_CAUSES: Sequence[tuple[type[FailedError], str, str, str]] = (
    (
        NoSpaceError,
        "no space left on device|disk quota exceeded|500 internal server error|507 insufficient",
        "a disk is full, or the registry failed within",
        "Free some space here and on the registry's host (df -h), then call again: what is complete stays.",
    ),
    (
        UnauthorisedError,
        r"unauthorized|authentication required|resource is denied|403 \(?forbidden|status 40[13]",
        "the registry refuses the account",
        ACCOUNT_CURE,
    ),
    (
        MissingImageError,
        (
            r"(?:manifest|name|blob) unknown|404 \(?not found|no image found|(?:image|repository name) not known"
            r"|no descriptor found|(?:index\.json|manifest\.json|oci-layout): no such file"
        ),
        "there is no such image",
        "Build it (groundplane images build), or correct its name in images.lock (groundplane images lock).",
    ),
    (
        UntrustedError,
        "x509:|tls: |certificate signed by|server gave http response to https",
        "its certificate isn't trusted",
        TRUST_CURE,
    ),
    (
        UnreachableError,
        (
            r"connection refused|no such host|i/o timeout|connection reset|broken pipe|\beof\b|server closed"
            r"|no route to host|network is unreachable|deadline exceeded|50[234] |bad gateway|client\.timeout"
        ),
        "the registry can't be reached, or went away",
        "Check that it runs and can be reached from here, then call again: what is complete stays.",
    ),
    (
        DamagedImageError,
        "not match|mismatch|digest verification|would change|checksum|unexpected end of json|invalid character",
        "what was read isn't what its digest says",
        "The source is damaged: build or fetch the image anew, then call again.",
    ),
)


def _side(side: str, reference: str, auth: Path | None, certificates: Path | None, *, tls: bool) -> list[str]:
    if not _is_registry(reference):
        return []
    words = [f"--{side}-tls-verify={str(tls).lower()}"]
    if auth is not None:
        words += [f"--{side}-authfile", str(auth)]
    if certificates is not None:
        words += [f"--{side}-cert-dir", str(certificates)]
    return words


def _is_registry(reference: str) -> bool:
    return image_name(reference).startswith("docker://")


def _wait(process: subprocess.Popen[str], cancel: Callable[[], bool]) -> str | None:
    """What the process said on standard error at its end; None where it was to end before."""
    while True:
        try:
            return process.communicate(timeout=CANCEL_SECONDS)[1]
        except subprocess.TimeoutExpired:
            if cancel():
                process.terminate()
                return None


def _last_line(said: str) -> str:
    """skopeo's `time="…" level=fatal msg="…"`, without what is for programs."""
    line = (said.strip().splitlines() or [""])[-1]
    found = re.search(r'msg="((?:[^"\\]|\\.)*)"', line)
    return found.group(1).replace('\\"', '"') if found else line
