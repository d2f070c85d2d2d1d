"""Building images: which are needed anew, in which order, side by side, and what happens when one fails."""

from groundplane.supply.build.builder import Preparation, build_images
from groundplane.supply.build.result import BuildResult, ImageOutcome, ImageState

__all__ = ["BuildResult", "ImageOutcome", "ImageState", "Preparation", "build_images"]
