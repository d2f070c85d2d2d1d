"""What runs on a node, in words: from its groups and the layers that were applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_WORDS = (
    ("managers", "supply", "image registry"),
    ("managers", "bootstrap", "time for the others"),
    ("control", "openstack", "cloud's APIs, database, Horizon"),
    ("control", "identity", "Keycloak"),
    ("network", "openstack", "routers"),
    ("compute", "openstack", "virtual machines"),
    ("control", "ceph", "Ceph's monitor"),
    ("storage", "ceph", "Ceph's disks"),
)
"""Group, the layer that brings it, and what it is."""


def roles_in_words(groups: Collection[str], applied: Collection[str]) -> tuple[str, ...]:
    """For example ("virtual machines", "Ceph's disks"); a node on which nothing was applied is bare."""
    found = tuple(words for group, layer, words in _WORDS if group in groups and layer in applied)
    return found or (("managed, and free",) if "bootstrap" in applied else ("bare",))
