"""The site's files before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.ceph.adopt.adoption import Adoption
from groundplane.ceph.adopt.files import changes, write
from groundplane.errors import InputError

if TYPE_CHECKING:
    from ...site.conftest import SiteFolder  # noqa: TID252


def adoption(values: dict[str, object], **host_values: dict[str, object]) -> Adoption:
    return Adoption("fsid", values, host_values, ())


def test_files_are_made_and_a_second_time_nothing_is_to_do(ceph_site: SiteFolder) -> None:
    ceph_site.replace("site.yml", "layers: [bootstrap, ceph]", "layers: [bootstrap]  # more to come")
    told = adoption({"ceph_fsid": "abc", "ceph_pools": [{"name": "volumes"}]}, node1={"ceph_osds": []})
    site = ceph_site.load()
    found = changes(site, told)
    assert [change.path.relative_to(site.path).as_posix() for change in found] == [
        "site.yml",
        "environments/ceph/configuration.yml",
        "inventory/host_vars/node1.yml",
    ]
    assert "-layers: [bootstrap]  # more to come\n+layers: [bootstrap, ceph]  # more to come\n" in found[0].diff(
        site.path
    )
    assert found[1].after.endswith(
        "# The cluster that ran before this site knew it. Nothing is ever bootstrapped while this is set.\n"
        "ceph_fsid: abc\n"
        "# The pools that there were; without this the layer makes those that OpenStack uses.\n"
        "ceph_pools:\n- name: volumes\n"
    )
    write(found)
    assert changes(ceph_site.load(), told) == []


def test_what_a_file_says_besides_stays(ceph_site: SiteFolder) -> None:
    ceph_site.write(
        "environments/ceph/configuration.yml",
        "---\n# ours\nceph_gateway_port: 80  # plain\nceph_pools:\n  - name: old\n  - name: older\n\n# theirs\n"
        "ceph_config: {}\n",
    )
    ceph_site.write("inventory/host_vars/node1/main.yml", "rack: r1\n")
    site = ceph_site.load()
    told = adoption({"ceph_pools": [{"name": "new"}], "ceph_gateway_port": 80}, node1={"ceph_osds": []})
    environment, host = changes(site, told)
    assert environment.after == (
        "---\n# ours\nceph_gateway_port: 80  # plain\nceph_pools:\n- name: new\n# theirs\nceph_config: {}\n"
    )
    assert host.path.relative_to(site.path).as_posix() == "inventory/host_vars/node1/ceph.yml"


@pytest.mark.parametrize("written", ["layers: [bootstrap]", "layers:\n  - bootstrap"])
def test_the_layer_is_added_however_layers_are_written(ceph_site: SiteFolder, written: str) -> None:
    ceph_site.replace("site.yml", "layers: [bootstrap, ceph]", written)
    (change,) = changes(ceph_site.load(), adoption({}))[:1]
    assert "layers: [bootstrap, ceph]\n" in change.after


def test_a_file_that_only_a_person_should_change(ceph_site: SiteFolder) -> None:
    ceph_site.write("environments/ceph/configuration.yml", "{ceph_gateway_port: 80}\n")
    with pytest.raises(InputError, match=r"configuration.yml is written in a way that only you should change"):
        changes(ceph_site.load(), adoption({"ceph_fsid": "abc"}))
