"""Domains and projects by the names that people write: PROJECT, or DOMAIN/PROJECT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.platform.options import DEFAULT_DOMAIN
from groundplane.platform.rest import IDENTITY

if TYPE_CHECKING:
    from groundplane.platform.rest import Rest


class Scopes:
    """Looks names up, each once. `admin` is the project that objects without one belong to."""

    def __init__(self, rest: Rest, *, admin: str = "admin") -> None:
        self._rest = rest
        self._admin = admin
        self._domains: dict[str, dict[str, Any]] | None = None
        self._projects: dict[tuple[str, str], dict[str, Any]] = {}

    def domain(self, name: str) -> dict[str, Any] | None:
        """A domain as Keystone has it; None where there is none of that name."""
        if self._domains is None or name not in self._domains:
            self._domains = {one["name"]: one for one in self._rest.all(IDENTITY, "/domains", "domains")}
        return self._domains.get(name)

    def domain_id(self, name: str) -> str:
        """Raises FailedError where there is no such domain."""
        found = self.domain(name)
        if found is None:
            raise FailedError(
                f"There is no domain {name}",
                why=f"Keystone has no domain of the name {name}",
                cure="Declare it in platform_domains.",
            )
        return str(found["id"])

    def project(self, written: str, domain: str = DEFAULT_DOMAIN) -> dict[str, Any] | None:
        """A project as Keystone has it, by PROJECT in `domain` or DOMAIN/PROJECT; None where there is none."""
        place = split_project(written or self._admin, domain)
        if place not in self._projects:
            of = self.domain(place[0])
            if of is None:
                return None
            params = {"domain_id": of["id"], "name": place[1]}
            found = self._rest.all(IDENTITY, "/projects", "projects", params=params)
            if not found:
                return None
            self._projects[place] = found[0]
        return self._projects[place]

    def found_id(self, written: str) -> str | None:
        """A project's id; None where there is none."""
        found = self.project(written)
        return str(found["id"]) if found is not None else None

    def project_id(self, written: str, domain: str = DEFAULT_DOMAIN) -> str:
        """Raises FailedError where there is no such project."""
        found = self.project(written, domain)
        if found is None:
            raise FailedError(
                f"There is no project {written or self._admin}",
                why=f"Keystone has no project {'/'.join(split_project(written or self._admin, domain))}",
                cure="Declare it in platform_projects.",
            )
        return str(found["id"])


def split_project(written: str, domain: str = DEFAULT_DOMAIN) -> tuple[str, str]:
    """Domain and name."""
    of, slash, name = written.rpartition("/")
    return (of, name) if slash else (domain, name)
