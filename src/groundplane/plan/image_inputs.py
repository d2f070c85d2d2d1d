"""Which inputs of a step come from images.lock: a run that builds images changes these, and nothing else, under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.plan.references import IMAGES
from groundplane.site.derived_images import IMAGE_VARIABLES

if TYPE_CHECKING:
    from groundplane.plan.model import Fingerprint

OF_A_CONTAINER = "image "
"""Before the name of an image that a container of Kolla's is made from (plan.kolla_inputs)."""


def is_image_input(name: str) -> bool:
    """Whether an input's name is that of an image, or of several."""
    return name in IMAGE_VARIABLES or name.startswith((OF_A_CONTAINER, f"{IMAGES}."))


def differs_by_images_alone(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints are the same but for the images that images.lock names."""

    def rest(inputs: dict[str, str]) -> dict[str, str]:
        return {name: digest for name, digest in inputs.items() if not is_image_input(name)}

    return one.content == other.content and one.release == other.release and rest(one.inputs) == rest(other.inputs)
