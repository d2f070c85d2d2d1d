"""A site's options as models; and that the models say what the role's argument_specs say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.ceph.configuration import (
    CephUser,
    Devices,
    DriveGroup,
    Erasure,
    Filesystem,
    GatewayUser,
    Pool,
    PoolSettings,
    PoolType,
    read_configuration,
)
from groundplane.errors import InputError

from ..site.conftest import SiteFolder  # noqa: TID252, TC001

if TYPE_CHECKING:
    from pydantic import BaseModel

ROLE = Path(__file__).resolve().parents[3] / "roles" / "ceph"
FILE = "environments/ceph/configuration.yml"
NODES = ("node1", "node2", "node3")


def _option(*path: str) -> dict[str, Any]:
    """The options below an option of any entry point."""
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    found = next(spec["options"][path[0]] for spec in specs.values() if path[0] in spec.get("options", {}))
    for name in path[1:]:
        found = found["options"][name]
    options: dict[str, Any] = found["options"]
    return options


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (DriveGroup, ("ceph_osds",)),
        (Devices, ("ceph_osds", "data_devices")),
        (Devices, ("ceph_osds", "db_devices")),
        (Pool, ("ceph_pools",)),
        (Erasure, ("ceph_pools", "erasure")),
        (CephUser, ("ceph_users",)),
        (GatewayUser, ("ceph_gateway_users",)),
        (Filesystem, ("ceph_filesystems",)),
    ],
)
def test_models_have_the_keys_defaults_and_choices_of_the_argument_specs(
    model: type[BaseModel], path: tuple[str, ...]
) -> None:
    options = _option(*path)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    assert set(fields) == set(options)
    for name, option in options.items():
        field = fields[name]
        assert field.is_required() == bool(option.get("required")), name
        if "choices" in option:
            shown = str(field.annotation)
            annotation: Any = field.annotation
            members = getattr(annotation, "__members__", None) or getattr(annotation.__args__[0], "__members__", {})
            assert {member.value for member in members.values()} == set(map(str, option["choices"])), shown
        if option.get("default") not in (None, [], {}) and name != "min_size":
            assert field.default == option["default"], name


def test_the_layer_as_it_comes(ceph_site: SiteFolder) -> None:
    found = read_configuration(ceph_site.load())
    assert (found.mon_hosts, found.osd_hosts, found.gateway_hosts) == (NODES, NODES, NODES)
    assert found.public_network == "management"
    assert found.cluster_network == ""
    assert found.drive_groups["node2"][0].data_devices.paths == ("/dev/sdb",)
    assert [pool.name for pool in found.pools] == ["images", "volumes", "backups", "vms"]
    assert found.pools[1].bulk is True
    cinder = next(user for user in found.users if user.name == "cinder")
    assert cinder.services == ("cinder", "nova")
    assert (found.gateway_enabled, found.gateway_port, found.gateway_tls) == (True, 7480, True)
    assert found.image == ""
    assert found.places == {}


def test_values_of_the_site_with_templates_worked_out(ceph_site: SiteFolder) -> None:
    ceph_site.write(
        FILE,
        "ceph_pools:\n"
        "  - {name: '{{ groundplane_site }}', size: '{{ 1 + 1 }}', autoscale: off}\n"
        "ceph_pool_defaults: {compression: passive, size: 3}\n"
        "ceph_gateway_tls: 'no'\n"
        "ceph_mgr_group: storage\n",
    )
    ceph_site.write("inventory/host_vars/node1.yml", "rack: r1\navailability_zone: z1\ndisks: [/dev/sdb, /dev/sdc]\n")
    found = read_configuration(ceph_site.load())
    (pool,) = found.pools
    assert (pool.name, pool.size, pool.autoscale, pool.compression) == ("test", 2, "off", "passive")
    assert found.gateway_tls is False
    assert found.locations["node1"] == {"zone": "z1", "rack": "r1"}
    assert found.locations["node2"] == {}
    assert found.drive_groups["node1"][0].data_devices.paths == ("/dev/sdb", "/dev/sdc")
    place = found.places["ceph_pools"]
    assert (place.file.name, place.line) == ("configuration.yml", 1)


def test_a_file_systems_pools_take_the_defaults_of_all_pools(ceph_site: SiteFolder) -> None:
    ceph_site.write(
        FILE, "ceph_pool_defaults: {pg_num: 8, size: 2}\nceph_filesystems: [{name: home, pool: {size: 3}}]\n"
    )
    (one,) = read_configuration(ceph_site.load()).filesystems
    assert (one.pool.pg_num, one.pool.size) == (8, 3)


def test_all_problems_at_once(ceph_site: SiteFolder) -> None:
    ceph_site.write(FILE, "ceph_pools:\n  - {name: a, sise: 1}\n  - {nam: b}\nceph_fsid: '{{ ansible_facts.x }}'\n")
    with pytest.raises(InputError) as caught:
        read_configuration(ceph_site.load())
    assert [problem.place.line for problem in caught.value.problems if problem.place] == [4, 2, 3, 3]
    assert "can't be worked out without Ansible" in caught.value.problems[0].what
    found = read_configuration(ceph_site.load(), strict=False)
    assert (found.fsid, found.pools, found.mon_hosts) == ("", (), NODES)


def test_a_site_without_the_layer(site_folder: SiteFolder) -> None:
    with pytest.raises(InputError, match="not among this site's layers"):
        read_configuration(site_folder.load())


def test_copies_and_parts() -> None:
    assert PoolSettings().parts() == 3
    assert PoolSettings(type=PoolType.ERASURE, erasure=Erasure(k=4, m=2)).parts() == 6
