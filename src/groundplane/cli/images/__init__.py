"""The command `images`: one module per sub-command."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "plan": ("groundplane.cli.images.plan", "Say which images the site needs, what would be built, and why."),
    "build": ("groundplane.cli.images.build", "Build what is missing or changed, side by side."),
    "list": ("groundplane.cli.images.list", "List the site's images: version, digest, size, where they are."),
    "verify": ("groundplane.cli.images.verify", "Prove that lock, store, registry and hosts hold the same images."),
    "push": ("groundplane.cli.images.push", "Copy the locked images to the site's registry."),
    "lock": ("groundplane.cli.images.lock", "Write images.lock: digests, package versions, checksums; signed."),
    "sbom": ("groundplane.cli.images.sbom", "Print an image's bill of materials (CycloneDX)."),
    "prune": ("groundplane.cli.images.prune", "Remove images that no lock and no plan needs."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Plan, build, list, check and push the cloud's container images."""
