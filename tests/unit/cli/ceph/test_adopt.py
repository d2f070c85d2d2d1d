"""groundplane ceph adopt: what is shown, and that check and no write nothing."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from groundplane.ceph.adopt import reading
from groundplane.cli import operations
from groundplane.cli.ceph import adopt
from groundplane.errors import InputError

from ...ceph.adopt.existing_clusters import existing  # noqa: TID252
from ...ceph.conftest import ceph_site, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...site.conftest import SiteFolder  # noqa: TID252

__all__ = ["ceph_site", "site_folder"]


@pytest.fixture
def site(ceph_site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> SiteFolder:
    @contextmanager
    def desk(_obj: object) -> Iterator[Any]:
        yield SimpleNamespace(site=ceph_site.load(), connection=None)

    monkeypatch.setattr(operations, "open_desk", desk)
    monkeypatch.setattr(reading, "read_existing", lambda *_arguments: existing())
    return ceph_site


def test_check_shows_the_difference_and_writes_nothing(site: SiteFolder) -> None:
    ran = CliRunner().invoke(adopt.command, ["node1", "--check"], catch_exceptions=False)
    assert ran.exit_code == 0
    assert "+++ environments/ceph/configuration.yml" in ran.output
    assert "Set osd.lab, osd.lab2, osd.lab3 unmanaged" in ran.output
    assert not (site.path / "environments" / "ceph").exists()


def test_for_programs(site: SiteFolder) -> None:
    ran = CliRunner().invoke(adopt.command, ["node1", "--check", "--json"], catch_exceptions=False)
    told = json.loads(ran.output)
    assert (told["kind"], told["unmanaged"]) == ("adoption", ["osd.lab", "osd.lab2", "osd.lab3"])
    assert "inventory/host_vars/node1.yml" in told["files"]


def test_without_a_yes_nothing_is_written(site: SiteFolder) -> None:
    ran = CliRunner().invoke(adopt.command, ["node1"])
    assert isinstance(ran.exception, InputError)
    assert not (site.path / "environments" / "ceph").exists()


def test_a_host_that_the_inventory_does_not_have(site: SiteFolder) -> None:
    assert isinstance(CliRunner().invoke(adopt.command, ["node7"]).exception, InputError)
