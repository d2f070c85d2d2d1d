"""Checks that need more than one file: layers and their groups, quorums, names, disks, secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundplane.errors import Problem
    from groundplane.site.loading import Site


def validate_site(site: Site) -> list[Problem]:
    """What is wrong with a site whose files can be read one by one."""
    return []
