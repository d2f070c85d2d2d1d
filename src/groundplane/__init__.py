"""Groundplane takes bare servers to a sovereign cloud, layer by layer, and keeps them there."""

__version__ = "0.1.0"
