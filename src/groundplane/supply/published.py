"""Reaching registries with the accounts and authorities that the site, or this machine, has for them."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.files import write_atomically
from groundplane.machine.memory import temporary_private_folder
from groundplane.site.derived_images import registry_variables
from groundplane.supply.authorities import machine_folder
from groundplane.supply.site_registry import OpenRegistry, open_registry, site_authority
from groundplane.supply.skopeo import inspect_digest, need_skopeo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from groundplane.site.site import Site


@dataclass(frozen=True, slots=True)
class Reached:
    """An image as this machine meets it: its reference, and what skopeo needs; None is left to skopeo."""

    reference: str
    auth_file: Path | None = None
    certificates: Path | None = None


@contextmanager
def open_reach(site: Site, *, memory: Path) -> Iterator[Callable[[str], Reached]]:
    """A function from HOST/PATH with :TAG or @DIGEST to how that is read; may be called by several threads.

    The site's own registry is read with its pull account. For another one the person's own account counts (skopeo
    login). Trusted are the machine's own authorities, and either those that it has for this registry alone
    (`authorities.machine_folder`) or the site's.

    Args:
        memory: Settings.runtime.

    Raises (that function):
        InputError: as `site_registry`, for an image in the site's own.
    """
    own = registry_variables(site.file, site.inventory)["address"]
    authority = site_authority(site)
    with ExitStack() as stack:
        opened: list[OpenRegistry] = []
        trusted: list[Path] = []
        opening = threading.Lock()

        def reach(reference: str) -> Reached:
            host = reference.partition("/")[0]
            if own and host == own and site.secrets_loaded:
                with opening:
                    if not opened:
                        opened.append(stack.enter_context(open_registry(site, memory=memory)))
                found = opened[0]
                address = found.registry.pull_address
                return Reached(reference.replace(own, address, 1), found.pull_auth_file, found.certificates)
            # skopeo looks into one folder alone.
            if authority is None or machine_folder(host) is not None:
                return Reached(reference)
            with opening:
                if not trusted:
                    folder = stack.enter_context(temporary_private_folder(memory, "authority-"))
                    write_atomically(folder / "ca.crt", authority)
                    trusted.append(folder)
            return Reached(reference, certificates=trusted[0])

        yield reach


@contextmanager
def open_asker(site: Site, *, memory: Path) -> Iterator[Callable[[str], str | None]]:
    """A function that gives the digest of HOST/PATH with :TAG or @DIGEST; None where that is missing.

    Args:
        memory: Settings.runtime.

    Raises:
        InputError: skopeo is missing.
    """
    need_skopeo()
    with open_reach(site, memory=memory) as reach:

        def ask(reference: str) -> str | None:
            found = reach(reference)
            return inspect_digest(found.reference, auth=found.auth_file, certificates=found.certificates)

        yield ask
