"""Which checks there are; how they run is a matter of stages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks import verify as verify_module
from groundplane.checks.verify import Check, checks_of, verify
from groundplane.errors import InputError

from ..run.builders import graph, step  # noqa: TID252
from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.layers.model import Graph

__all__ = ["site_folder"]

PLAYBOOK = Path("ceph/verify.yml")


def layers() -> Graph:
    found = graph(step("ceph.hosts"), step("ceph.pools"), step("bare.one"), hosts=("node2", "node1"))
    return replace(
        found,
        layers={
            **found.layers,
            "ceph": replace(found.layers["ceph"], verify=PLAYBOOK, steps=("ceph.hosts", "ceph.pools")),
        },
    )


def test_a_whole_layer_has_no_tags_and_hosts_stand_in_the_inventorys_order(site_folder: SiteFolder) -> None:
    assert checks_of(site_folder.load(), layers()) == [Check("ceph", PLAYBOOK, ("node1", "node2"))]


def test_some_steps_are_tags_and_a_limit_leaves_hosts_out(site_folder: SiteFolder) -> None:
    found = checks_of(site_folder.load(), layers(), selection=["ceph.pools"], limit="node2")
    assert found == [Check("ceph", PLAYBOOK, ("node2",), ("pools",))]


def test_nothing_to_verify_is_refused(site_folder: SiteFolder) -> None:
    with pytest.raises(InputError, match="nothing to verify"):
        checks_of(site_folder.load(), layers(), selection=["bare"])


def test_a_failed_check_keeps_no_other_from_being_made(
    site_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(verify_module, "run_stages", lambda _site, stages, **more: given.update(more, stages=stages))
    site = site_folder.load()
    nothing = cast("Any", None)
    verify(
        site,
        [Check("ceph", PLAYBOOK, ("node1",), ("pools",))],
        journal=nothing,
        runtime=nothing,
        connection=nothing,
        secrets={},
        vault_password=b"",
        memory=site.path,
        holder="me@here",
        watchers=[],
        cancel=nothing,
    )
    assert (given["command"], given["changes"], given["keep_going"]) == ("verify", False, True)
    (stage,) = given["stages"]
    assert (stage.id, stage.tags, stage.timeout_minutes) == ("ceph.verify", ("pools",), 30)
