"""Which checks there are; how they run is a matter of stages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks import verify as verify_module
from groundplane.checks.verify import Check, checks_of, verify
from groundplane.errors import InputError
from groundplane.run.means import Means

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
    assert found == [Check("ceph", PLAYBOOK, ("node2",), ("pools",), whole=False)]


def test_a_layer_of_which_something_is_left_out_is_no_whole_one(site_folder: SiteFolder) -> None:
    site = site_folder.load()
    assert [check.whole for check in checks_of(site, layers())] == [True]
    assert [check.whole for check in checks_of(site, layers(), selection=["ceph"])] == [True]
    assert [check.whole for check in checks_of(site, layers(), selection=["ceph.pools"])] == [False]
    assert [check.whole for check in checks_of(site, layers(), limit="node2")] == [False]
    left_out = [(check.layer, check.whole) for check in checks_of(site, cloud(), skip=["smoke"])]
    assert left_out == [("openstack", True), ("platform", False)]


def test_nothing_to_verify_is_refused(site_folder: SiteFolder) -> None:
    with pytest.raises(InputError, match="nothing to verify"):
        checks_of(site_folder.load(), layers(), selection=["bare"])


def cloud() -> Graph:
    found = graph(step("openstack.nova"), step("openstack.glance"), step("platform.flavors"), hosts=("node1", "node2"))
    return replace(
        found,
        layers={
            "openstack": replace(found.layers["openstack"], steps=("openstack.nova", "openstack.glance")),
            "platform": replace(found.layers["platform"], steps=("platform.flavors",)),
        },
    )


def test_layers_have_checks_of_the_engines_own(site_folder: SiteFolder) -> None:
    site = site_folder.load()
    found = checks_of(site, cloud())
    assert [(check.layer, check.engine and check.engine.name, check.hosts) for check in found] == [
        ("openstack", "services", ("node1", "node2")),
        ("platform", "declared", ("node1", "node2")),
        ("platform", "smoke", ("node1", "node2")),
    ]
    stage = found[0].stage(site, cast("Any", None), site.path, "me@here")
    assert (stage.id, stage.playbook, stage.act is not None) == ("openstack.services", None, True)
    (some,) = checks_of(site, cloud(), selection=["openstack.nova"])
    assert some.tags == ("nova",)


def test_checks_can_be_left_out_by_name(site_folder: SiteFolder) -> None:
    found = checks_of(site_folder.load(), cloud(), skip=["smoke"])
    assert [check.engine and check.engine.name for check in found] == ["services", "declared"]
    with pytest.raises(InputError) as caught:
        checks_of(site_folder.load(), cloud(), skip=["smok"])
    assert "Did you mean 'smoke'?" in caught.value.cure


def test_a_failed_check_keeps_no_other_from_being_made(
    site_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(verify_module, "run_stages", lambda _site, stages, **more: given.update(more, stages=stages))
    site = site_folder.load()
    nothing = cast("Any", None)
    means = Means(
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
    checks = [
        Check("ceph", PLAYBOOK, ("node1",), ("pools",), whole=False),
        Check("bootstrap", PLAYBOOK, ("node1",)),
    ]
    verify(site, checks, means=means)
    assert json.loads(given["plan"]) == {"whole": ["bootstrap"]}
    assert (given["command"], given["changes"], given["keep_going"]) == ("verify", False, True)
    stage = given["stages"][0]
    assert (stage.id, stage.tags, stage.timeout_minutes) == ("ceph.verify", ("pools",), 30)
