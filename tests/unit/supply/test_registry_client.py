"""Questions to a registry, and what a person reads where it can't be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.supply.registry_client import RegistryClient, _next_page
from groundplane.supply.skopeo import UnauthorisedError, UnreachableError, UntrustedError
from tests.unit.supply.fake_registry import ACCOUNT, PASSWORD, FakeRegistry, certificate, fake_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as found:
        found.manifests["site/nova", "one"] = (b"{}", "application/json")
        yield found


def client(registry: FakeRegistry, *, password: str = PASSWORD, authority: str | None = None) -> RegistryClient:
    authority = certificate()[0] if authority is None else authority
    return RegistryClient(registry.address, account=ACCOUNT, password=password, authority=authority)


def test_a_manifests_digest_or_nothing(registry: FakeRegistry) -> None:
    with client(registry) as asking:
        digest = asking.digest("site/nova", "one")
        assert digest is not None
        assert digest.startswith("sha256:")
        assert asking.digest("site/nova", "two") is None
        assert asking.tags("site/nova") == ("one",)


def test_a_connection_that_was_closed_meanwhile_is_made_anew(registry: FakeRegistry) -> None:
    with client(registry) as asking:
        asking.digest("site/nova", "one")
        assert asking._connection is not None
        assert asking._connection.sock is not None
        asking._connection.sock.close()
        assert asking.digest("site/nova", "one") is not None


def test_deleting_what_is_gone_is_fine(registry: FakeRegistry) -> None:
    with client(registry) as asking:
        asking.delete("site/nova", "one")
        asking.delete("site/nova", "one")
        assert asking.digest("site/nova", "one") is None


def test_a_wrong_password_a_wrong_certificate_and_nobody_are_told_apart(registry: FakeRegistry) -> None:
    with client(registry, password="wrong") as asking, pytest.raises(UnauthorisedError, match="'push'"):
        asking.digest("site/nova", "one")
    with client(registry, authority="") as asking, pytest.raises(UntrustedError, match="can't be trusted"):
        asking.digest("site/nova", "one")
    nobody = RegistryClient("127.0.0.1:1", account=ACCOUNT, password=PASSWORD)
    with nobody, pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1 can't be reached"):
        nobody.digest("site/nova", "one")


@pytest.mark.parametrize(
    ("link", "page"),
    [
        (None, None),
        ('</v2/_catalog?last=b&n=2>; rel="next"', "/v2/_catalog?last=b&n=2"),
        ('<https://registry.test/v2/_catalog?n=2>; rel="next"', "/v2/_catalog?n=2"),
    ],
)
def test_long_lists_come_in_pages(link: str | None, page: str | None) -> None:
    assert _next_page(link) == page
