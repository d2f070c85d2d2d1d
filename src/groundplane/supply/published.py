"""Asking registries for digests with the accounts that the site has for them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from groundplane.site.derived_images import registry_variables
from groundplane.supply.skopeo import inspect_digest, need_skopeo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from groundplane.site.site import Site


@contextmanager
def open_asker(site: Site, *, memory: Path) -> Iterator[Callable[[str], str | None]]:
    """A function that gives the digest of HOST/PATH with :TAG or @DIGEST; None where that is missing.

    The site's own registry is asked with its account and its authority, others with what skopeo finds by itself.

    Args:
        memory: Settings.runtime.

    Raises:
        InputError: skopeo is missing.
    """
    need_skopeo()
    own = registry_variables(site.file, site.inventory)["address"]
    with ExitStack() as stack:
        opened: list[Callable[[str], str | None]] = []

        def ask(reference: str) -> str | None:
            host = reference.partition("/")[0]
            if not own or host != own:
                return inspect_digest(reference)
            return opened[0](reference)

        if own and site.secrets_loaded:
            from groundplane.supply.site_registry import open_registry  # noqa: PLC0415

            found = stack.enter_context(open_registry(site, memory=memory))
            reach = partial(inspect_digest, auth=found.auth_file, certificates=found.certificates)
            opened.append(lambda reference: reach(reference.replace(own, found.registry.pull_address, 1)))
        else:
            opened.append(inspect_digest)
        yield ask
