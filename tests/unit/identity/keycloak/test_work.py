"""What all kinds of objects of a realm share."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.keycloak.session import RefusedError
from groundplane.identity.keycloak.work import by_name
from groundplane.platform.reconcile import Found, Thing

from .conftest import Office  # noqa: TC001


def test_the_mark_is_the_sites_name_however_keycloak_keeps_it(office: Office) -> None:
    work = office.work()
    assert work.marked({"groundplane": "test"})
    assert work.marked({"groundplane": ["test"]})
    assert not work.marked({"groundplane": "another"})
    assert not work.marked(None)


def test_digests_tell_secrets_apart_and_nothing_else(office: Office) -> None:
    work = office.work()
    assert work.digest("a") == work.digest("a") != work.digest("b")
    assert len(work.digest("a")) == 16


def test_what_keycloak_refuses_is_told_with_the_things_name() -> None:
    def refuse(*_: object) -> None:
        raise RefusedError("Keycloak refuses", why="too short (PUT /acme)", status=400)

    thing = by_name(Thing("realm acme", {}, lambda: Found("1", {}), make=refuse, change=refuse))
    assert thing.look() is not None
    with pytest.raises(FailedError, match="The realm acme can't be made") as caught:
        thing.make()
    assert caught.value.why == "Keycloak says: too short (PUT /acme)"
