"""How the users that a site declares come into its cloud: their entries for clouds.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.openstack.api import SiteVariables
from groundplane.openstack.clouds import CloudEntry
from groundplane.platform.configuration import LAYER, read_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.openstack.api import Entrance
    from groundplane.platform.options import User
    from groundplane.site.site import Site


def users_entries(site: Site, where: Entrance) -> Iterator[CloudEntry]:
    """One for each declared user with a project: SITE-USER, and SITE-USER-DOMAIN outside of the domain Default.

    Raises:
        InputError: the layer's options are wrong, or the secrets are closed.
    """
    if LAYER not in site.file.layers:
        return
    variables = SiteVariables(site)
    for user in read_configuration(site).users:
        project = _project_of(user)
        if not project:
            continue
        domain, _, name = project.rpartition("/")
        yield CloudEntry(
            name=f"{site.file.name}-{user.name}{'' if user.domain == 'Default' else f'-{user.domain}'}",
            auth_url=where.auth_url,
            region=where.region,
            user=user.name,
            project=name,
            user_domain=user.domain,
            project_domain=domain or user.domain,
            password=str(variables.resolve(user.password)),
            authority=where.authority if where.auth_url.startswith("https:") else None,
        )


def _project_of(user: User) -> str:
    """The project that the user logs in to: the default one, else the first one with a role."""
    granted = [grant.project for grant in user.roles if grant.project]
    return user.default_project or (granted[0] if granted else "")
