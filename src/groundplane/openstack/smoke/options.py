"""What a smoke test may be told: by the site's variables, and by the command line, which beats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site

PARTS = {
    "ping": "the ping from this machine to the floating address",
    "ssh": "the login by ssh from this machine",
    "backup": "the backup of the volume and its restoration",
}
"""What can be left out: where this machine can't reach the external network, or a cloud has no backups."""
BOOT_MINUTES = 10.0
_PUBLIC_KEY = "Name a public key, such as id_ed25519.pub."


@dataclass(frozen=True, slots=True)
class SmokeOptions:
    """Empty names mean that the test chooses.

    Attributes:
        image, flavor, network: names in the cloud.
        skip: parts of `PARTS`.
        boot_minutes: from the server's start to the end of cloud-init.
        public_keys: may log in to the server, too; for `keep`.
        keep: leave everything as it is at the end.
        clean: only remove what earlier tests left.
    """

    image: str = ""
    flavor: str = ""
    network: str = ""
    skip: tuple[str, ...] = ()
    boot_minutes: float = BOOT_MINUTES
    public_keys: tuple[str, ...] = ()
    keep: bool = False
    clean: bool = False


def options_of(
    site: Site,
    *,
    image: str = "",
    flavor: str = "",
    network: str = "",
    skip: tuple[str, ...] = (),
    public_keys: tuple[str, ...] = (),
    keep: bool = False,
    clean: bool = False,
) -> SmokeOptions:
    """What is given here, else the site's variables smoke_image, smoke_flavor, smoke_network, smoke_skip and
    smoke_boot_minutes.

    Raises:
        InputError: a part that can't be left out, or a variable of the wrong kind.
    """
    left_out = skip or tuple(str(part) for part in _variable(site, "smoke_skip", list, []))
    for part in left_out:
        if part not in PARTS:
            raise InputError(
                f"The smoke test has no part '{part}' to leave out",
                cure=suggest(part, PARTS, f"It has: {', '.join(PARTS)}."),
            )
    return SmokeOptions(
        image=image or _variable(site, "smoke_image", str, ""),
        flavor=flavor or _variable(site, "smoke_flavor", str, ""),
        network=network or _variable(site, "smoke_network", str, ""),
        skip=left_out,
        boot_minutes=float(_variable(site, "smoke_boot_minutes", (int, float), BOOT_MINUTES)),
        public_keys=public_keys,
        keep=keep,
        clean=clean,
    )


def read_public_keys(file: Path | None) -> tuple[str, ...]:
    """The keys in a .pub file, a line each.

    Raises:
        InputError: it can't be read, or has none; a private key is refused.
    """
    if file is None:
        return ()
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file} can't be read", why=str(error), cure="Name a public key, such as id_ed25519.pub."
        ) from error
    keys = tuple(line for line in lines if line.startswith(("ssh-", "ecdsa-", "sk-")))
    if not keys:
        raise InputError(f"{file} holds no public key", cure=_PUBLIC_KEY)
    return keys


def _variable(site: Site, name: str, kind: type | tuple[type, ...], otherwise: Any) -> Any:
    found = site.variables.value(name, None)
    if found is None:
        return otherwise
    if not isinstance(found.value, kind) or isinstance(found.value, bool):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = {str: "a text", list: "a list", int: "a number"}[kinds[0]]
        raise InputError(f"{name} has to be {wanted}", place=found.place)
    return found.value
