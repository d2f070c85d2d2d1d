"""The mark of what this site's platform layer made: nothing without it is changed or removed.

It is set in the same call that makes the object, so that a run that is killed leaves nothing that nobody owns:

- flavors, networks, subnets, routers, rules of new security groups, domains, projects, groups, users and services of
  the catalogue have `[groundplane SITE]` at the end of their description, where people read it, too;
- images have the property `groundplane_site`;
- volume types have the extra spec `groundplane:site`: Cinder's scheduler passes over namespaces that aren't its own.

Roles are made and never changed; endpoints belong to their service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundplane.site.site import Site

SPEC = "groundplane:site"
PROPERTY = "groundplane_site"


def mark(site: Site) -> str:
    """The value of a property: the site's name."""
    return site.file.name


def marked(site: Site, description: str) -> str:
    """A description with the mark."""
    return f"{description} {_end(site)}".lstrip()


def has_mark(site: Site, description: str | None) -> bool:
    return (description or "").endswith(_end(site))


def without_mark(site: Site, description: str | None) -> str:
    """A description as it was declared."""
    return (description or "").removesuffix(_end(site)).rstrip()


def _end(site: Site) -> str:
    return f"[groundplane {mark(site)}]"
