"""The lab's site: what a person's own site would be, with the nodes' addresses and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.content import toolkit_content
from groundplane.lab.site import (
    ensure_site,
    host_target,
    pin_host_keys,
    read_public_keys,
    site_parameters,
    toolkit_layers,
)
from groundplane.lab.state import LabFolder
from groundplane.layers.loading import load_graph
from groundplane.site.loading import load_site
from groundplane.ssh.known_hosts import HostKey, read_known_hosts
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = HostKey("ssh-ed25519", "QUFBQQ=="), HostKey("ssh-ed25519", "QkJCQg==")


def test_networks_nodes_and_the_apt_cache_reach_the_template() -> None:
    parameters = site_parameters(small_lab(), release="2026.1", password_file="/p", layers=("bootstrap",))
    assert parameters.networks["management"].gateway == "172.31.0.1"
    assert parameters.networks["tunnel"].gateway is None
    assert parameters.networks["external"].interface == "ext0"
    assert parameters.nodes[0].variables == {"networks": ["management", "tunnel"]}
    assert parameters.nodes[1].variables["disks"] == ["/dev/disk/by-id/lab-disk1"]
    assert [(node.name, node.host_number) for node in parameters.nodes] == [("manager", 10), ("node1", 11)]
    assert parameters.packages_apt_proxy == "http://192.168.128.2:3142"


def test_a_cloud_has_virtual_addresses_where_no_host_has_one() -> None:
    parameters = site_parameters(small_lab(), release="2026.1", password_file="/p", layers=("bootstrap", "openstack"))
    assert {name: vip.address for name, vip in parameters.vips.items()} == {
        "internal": "172.31.0.240",
        "external": "172.31.0.241",
    }
    assert {vip.network for vip in parameters.vips.values()} == {"management"}
    assert not site_parameters(small_lab(), release="2026.1", password_file="/p", layers=("bootstrap",)).vips


def test_keys_are_pinned_once_and_again_when_a_node_is_new(tmp_path: Path) -> None:
    lab = small_lab()
    keys = {"manager": [ONE], "node1": [ONE]}
    assert pin_host_keys(tmp_path, lab, keys) == ["manager", "node1"]
    file = tmp_path / "inventory" / "known_hosts"
    before = file.read_bytes()
    assert pin_host_keys(tmp_path, lab, keys) == []
    assert file.read_bytes() == before
    assert pin_host_keys(tmp_path, lab, {**keys, "node1": [TWO]}) == ["node1"]
    assert read_known_hosts(file).keys_of("172.31.0.11") == (TWO,)
    assert read_known_hosts(file).keys_of("172.31.0.10") == (ONE,)


def test_a_node_is_known_by_all_its_names_and_addresses() -> None:
    lab = small_lab()
    assert host_target(lab, lab.node("node1")).names() == (
        "172.31.0.11",
        "node1",
        "node1.tiny.test",
        "172.31.1.11",
    )


def test_public_keys_are_read_and_other_lines_left_out() -> None:
    assert read_public_keys("ssh-ed25519 QUFBQQ== root@build\nunprepared\n") == (ONE,)


def test_a_lab_with_room_for_a_cloud_wants_its_images(tmp_path: Path) -> None:
    folder, lab = LabFolder(tmp_path, "tiny"), small_lab().model_copy(update={"profile": "cloud"})
    assert ensure_site(folder, lab, config=tmp_path / "config", content=toolkit_content())
    site = load_site(folder.site, content=toolkit_content())
    assert site.file.layers[:3] == ("bootstrap", "supply", "ceph")
    assert site.file.images.layers == ("ceph", "openstack", "identity")
    graph = load_graph(site)
    assert graph.hosts["supply.registry"] == graph.hosts["supply.images"] == ("manager",)
    assert graph.order.index("bootstrap.docker") < graph.order.index("supply.registry")
    supply = {name for name in graph.order if name.startswith("supply.")}
    ahead = {"supply.registry", "supply.ceph_build", "supply.ceph_images", "supply.ceph_pull"}
    assert supply == {*ahead, "supply.build", "supply.images", "supply.pull"}
    assert {need.step for need in graph.steps["ceph.hosts"].needs if need.step in supply} == ahead
    assert supply <= {need.step for need in graph.steps["openstack.hosts"].needs}
    assert not graph.steps["supply.build"].needs
    assert not graph.steps["supply.ceph_build"].needs
    # Seen on a lab: a registry that gets Ceph's image from two steps at once answers 500.
    assert "supply.ceph_images" in {need.step for need in graph.steps["supply.images"].needs}


def test_a_lab_has_every_layer_of_the_toolkit() -> None:
    assert toolkit_layers(toolkit_content())[0] == "bootstrap"
