"""The mark of what this site's platform layer made: nothing without it is changed or removed.

It is set in the same call that makes the object, so that a run that is killed leaves nothing that nobody owns:

- flavors, networks, subnets, routers, rules of new security groups, domains, projects, groups, users and services of
  the catalogue have `[groundplane SITE]` at the end of their description, where people read it, too; what the layer
  identity made of these has `[groundplane SITE identity]`, and neither layer takes the other's for its own;
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


def marked(site: Site, description: str, layer: str = "") -> str:
    """A description with the mark; `layer` is another one than platform."""
    return f"{description} {_end(site, layer)}".lstrip()


def has_mark(site: Site, description: str | None, layer: str = "") -> bool:
    return (description or "").endswith(_end(site, layer))


def without_mark(site: Site, description: str | None, layer: str = "") -> str:
    """A description as it was declared."""
    return (description or "").removesuffix(_end(site, layer)).rstrip()


def _end(site: Site, layer: str) -> str:
    return f"[groundplane {mark(site)}{f' {layer}' if layer else ''}]"
