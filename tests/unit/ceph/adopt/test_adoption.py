"""The whole of an adoption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.adopt.adoption import adopting, plan_adoption
from groundplane.errors import InputError

from ..cluster_states import FSID  # noqa: TID252
from .existing_clusters import existing

if TYPE_CHECKING:
    from ...site.conftest import SiteFolder  # noqa: TID252


def test_what_a_site_has_to_say_of_the_cluster(ceph_site: SiteFolder) -> None:
    adoption = plan_adoption(ceph_site.load(), existing())
    assert adoption.values["ceph_fsid"] == FSID
    assert set(adoption.values) == {
        "ceph_fsid",
        "ceph_public_network",
        "ceph_osd_memory_maximum_mb",
        "ceph_pools",
        "ceph_users",
        "ceph_gateway_port",
        "ceph_gateway_tls",
    }
    assert adoption.values["ceph_users"][1]["for"] == ["cinder", "nova"]
    assert set(adoption.host_values) == {"node1", "node2", "node3"}
    assert adoption.unmanaged == ("osd.lab", "osd.lab2", "osd.lab3")
    assert adoption.summary == (
        f"Cluster {FSID}, Ceph 18.2.7, HEALTH_OK",
        "3 hosts: node1, node2, node3",
        "3 monitors, 3 OSDs (3 up and in), 3 gateways",
        "2 pools and 2 users that people made",
    )
    assert adoption.warnings == (
        "images.lock has no image of Ceph yet: groundplane images build ceph, or images lock.",
    )


def test_the_plan_to_say_yes_to(ceph_site: SiteFolder) -> None:
    site = ceph_site.load()
    operation = adopting(site, plan_adoption(site, existing()), [site.path / "site.yml"], "node1")
    assert operation.command == "ceph adopt node1"
    assert operation.lines[0] == "Write site.yml, as shown above"
    (stage,) = operation.stages
    assert (stage.hosts, stage.variables) == (
        ("node1",),
        {"ceph_adopted_specifications": ["osd.lab", "osd.lab2", "osd.lab3"]},
    )
    assert stage.playbook is not None
    assert stage.playbook.is_file()


def test_a_site_that_says_all_of_it(ceph_site: SiteFolder) -> None:
    def unmanaged(raw: dict[str, Any]) -> None:
        for service in raw["services"]:
            service["unmanaged"] = True

    site = ceph_site.load()
    assert adopting(site, plan_adoption(site, existing(unmanaged)), [], "node1").nothing


def test_all_problems_at_once(ceph_site: SiteFolder) -> None:
    def foreign(raw: dict[str, Any]) -> None:
        raw["hosts"][0]["hostname"] = "alpha"
        raw["config"][0]["value"] = "10.0.0.0/24"

    with pytest.raises(InputError, match="can't be adopted as the site is now: 3 problems") as caught:
        plan_adoption(ceph_site.load(), existing(foreign))
    assert "nothing was changed" in caught.value.cure


def test_a_site_has_one_cluster(ceph_site: SiteFolder) -> None:
    ceph_site.write("environments/ceph/configuration.yml", "ceph_fsid: other\n")
    with pytest.raises(InputError, match="The site has another cluster already: other"):
        plan_adoption(ceph_site.load(), existing())


@pytest.mark.parametrize(
    ("account", "value", "note"),
    [
        ("ceph-admin", "ceph-admin", ()),
        ("root", None, ("The orchestrator comes to hosts as root; the layer lets it in as cephadm instead.",)),
    ],
)
def test_the_orchestrators_account(
    ceph_site: SiteFolder, account: str, value: str | None, note: tuple[str, ...]
) -> None:
    adoption = plan_adoption(ceph_site.load(), existing(lambda raw: raw.update(account=account)))
    assert adoption.values.get("ceph_account") == value
    assert adoption.notes == note


def test_what_a_person_should_know_first(ceph_site: SiteFolder) -> None:
    def unwell(raw: dict[str, Any]) -> None:
        raw["health"] = {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": {"summary": {"message": "1 osds down"}}}}
        raw["osd_dump"]["flags_set"] = ["noout"]
        raw["orchestrator"]["paused"] = True

    warnings = plan_adoption(ceph_site.load(), existing(unwell)).warnings
    assert warnings[0] == "The cluster is HEALTH_WARN: 1 osds down. Put it right first if you can."
    assert warnings[1] == "Flags are set for the whole cluster: noout."
    assert "ceph orch resume" in warnings[3]
