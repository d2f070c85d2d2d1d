"""Which registry is asked with which account."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.supply import published
from groundplane.supply.published import Reached, open_asker, open_reach
from tests.unit.supply.cloud_site import make_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from groundplane.site.site import Site

__all__ = ["make_site"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What skopeo was asked, and with which account."""
    found: list[tuple[str, Any]] = []

    def inspect(reference: str, *, auth: Path | None = None, certificates: Path | None = None) -> str:
        found.append((reference, (auth, certificates)))
        return "sha256:1"

    monkeypatch.setattr(published, "need_skopeo", lambda: None)
    monkeypatch.setattr(published, "inspect_digest", inspect)
    return found


def test_the_sites_own_registry_is_reached_with_its_account(
    make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]]
) -> None:
    @contextmanager
    def opened(_site: Site, *, memory: Path) -> Iterator[Any]:
        registry = SimpleNamespace(pull_address="172.31.0.10:5000")
        yield SimpleNamespace(registry=registry, pull_auth_file=memory / "pull", certificates=memory / "ca")

    monkeypatch.setattr(published, "open_registry", opened)
    site = make_site(["ceph"])
    object.__setattr__(site, "secrets_loaded", True)
    with open_asker(site, memory=tmp_path) as ask:
        assert ask("manager1.test.example:5000/groundplane/a:1") == "sha256:1"
        assert ask("registry.test/kolla/a:1") == "sha256:1"
    assert asked == [
        ("172.31.0.10:5000/groundplane/a:1", (tmp_path / "pull", tmp_path / "ca")),
        ("registry.test/kolla/a:1", (None, None)),
    ]


def test_without_open_secrets_nobody_has_an_account(
    make_site: Callable[..., Site], tmp_path: Path, asked: list[tuple[str, Any]]
) -> None:
    with open_asker(make_site(["ceph"]), memory=tmp_path) as ask:
        ask("manager1.test.example:5000/groundplane/a:1")
    assert asked == [("manager1.test.example:5000/groundplane/a:1", (None, None))]


def test_other_registries_may_have_a_certificate_of_the_sites_authority(
    make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # skopeo would look nowhere else, so what the machine has for a registry itself is left to it.
    monkeypatch.setattr(published, "machine_folder", lambda host: tmp_path if host == "known.test" else None)
    monkeypatch.setattr(published, "site_authority", lambda _site: "the authority\n")
    site = make_site(["ceph"])
    # The registry's passwords don't matter as long as it isn't asked.
    object.__setattr__(site, "secrets_loaded", True)
    memory = tmp_path / "memory"
    with open_reach(site, memory=memory) as reach:
        first, second, known = reach("registry.test/a:1"), reach("other.test/b:1"), reach("known.test/a:1")
        assert first.certificates is not None
        assert (first.certificates / "ca.crt").read_text() == "the authority\n"
        assert (first.certificates, first.auth_file) == (second.certificates, None)
        assert known == Reached("known.test/a:1")
    assert list(memory.iterdir()) == []
