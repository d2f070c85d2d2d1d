"""What all kinds of objects of a realm share: whose they are, digests of secrets, and who is told what went wrong."""

from __future__ import annotations

import hmac
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.configuration import reveal
from groundplane.identity.keycloak.session import RefusedError
from groundplane.plan.fingerprint import fingerprint_key
from groundplane.platform.reconcile import Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from groundplane.identity.keycloak.session import RealmCalls
    from groundplane.platform.reconcile import Found
    from groundplane.site.site import Site

MARK = "groundplane"
"""The attribute, or the setting, of what this site made; its value is the site's name. Nothing without it is changed or
removed. It is set in the same call that makes the object, so that a run that is killed leaves nothing that nobody owns.
"""
SECRET_MARK = "groundplane_secret"  # noqa: S105 - an attribute's name
"""Keycloak never tells secrets again: a keyed digest of the one that was set."""
DECLARED, ANOTHER = "as declared", "another one"
_HEX_DIGITS = 16


@dataclass(frozen=True, slots=True)
class RealmWork:
    """Work within one realm.

    Attributes:
        prune: what was made here and is no longer declared goes; else `hint` says why it stays.
    """

    site: Site
    calls: RealmCalls
    prune: bool = False
    hint: str = "its realm doesn't say prune: true"

    @property
    def realm(self) -> str:
        return self.calls.realm

    @property
    def after(self) -> str:
        """The name of the thing without which nothing of the realm can be."""
        return realm_name(self.realm)

    @property
    def mark(self) -> str:
        return self.site.file.name

    def marked(self, values: Mapping[str, Any] | None) -> bool:
        """Whether attributes or settings carry the mark; Keycloak has some as lists."""
        found = (values or {}).get(MARK)
        return found in (self.mark, [self.mark])

    def named(self, kind: str, name: str) -> str:
        """For people: "client acme/web"."""
        return f"{kind} {self.realm}/{name}"

    def secret(self, template: str, what: str) -> str:
        """See `configuration.reveal`."""
        return reveal(self.site, template, what)

    def digest(self, secret: str) -> str:
        """Tells two secrets apart for whoever has the site's key."""
        return hmac.digest(fingerprint_key(self.site), secret.encode(), "sha256").hex()[:_HEX_DIGITS]

    def leftover(self, kind: str, name: str, remove: Callable[[], None]) -> Leftover:
        """Something that is no longer declared."""
        return Leftover(self.named(kind, name), remove if self.prune else None, hint=self.hint)


class Part:
    """One kind of objects of a realm; most are never removed (see `reconcile.Kind`)."""

    def leftovers(self) -> Iterable[Leftover]:
        return ()


def realm_name(realm: str) -> str:
    """What people call the thing that is the realm itself."""
    return f"realm {realm}"


def by_name(thing: Thing) -> Thing:
    """The same thing; what Keycloak refuses is told with the thing's name."""

    def look() -> Found | None:
        with _telling(f"The {thing.name} can't be looked at"):
            return thing.look()

    def make() -> None:
        with _telling(f"The {thing.name} can't be made"):
            thing.make()

    def change(seen: Found, names: Sequence[str]) -> None:
        with _telling(f"The {thing.name} can't be changed"):
            thing.change(seen, names)

    return replace(thing, look=look, make=make, change=change)


@contextmanager
def _telling(what: str) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise FailedError(what, why=f"Keycloak says: {error.why}", cure=error.cure) from error
