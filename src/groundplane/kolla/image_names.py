"""The names under which Kolla's modules find images on a host.

kolla_container looks for images by tag alone, and pulls what has none. Images are pinned by digest, so each host gives
the ones that it has pulled a tag made of the digest (the module images_name of roles/images): nothing is pulled from
elsewhere, and another digest is another name.
"""

from __future__ import annotations

DIGEST = "@sha256:"
LENGTH = 12


def kolla_image(reference: str) -> str:
    """HOST:PORT/PATH@sha256:DIGEST as HOST:PORT/PATH:sha256-DIGEST, cut short; anything else as it is."""
    path, found, digest = reference.partition(DIGEST)
    return f"{path}:sha256-{digest[:LENGTH]}" if found else reference
