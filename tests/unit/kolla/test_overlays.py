from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from groundplane.kolla import ini
from groundplane.kolla.overlays import overlay_inputs, overlay_problems, write_overlays
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.secrets.vault_format import encrypt

from .conftest import LAYERS, OVERLAYS

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import CloudSite


def test_the_sites_file_lies_over_the_toolkits_key_by_key(cloud: CloudSite, tmp_path: Path) -> None:
    cloud.write(f"{OVERLAYS}/nova.conf", "[DEFAULT]\ngraceful_shutdown_timeout = 99\n[libvirt]\ncpu_mode = none\n")
    write_overlays(cloud.load(), tmp_path / "made")
    found = ini.parse((tmp_path / "made/nova.conf").read_text())
    assert found["DEFAULT"]["graceful_shutdown_timeout"] == ["99"]
    assert found["DEFAULT"]["ram_allocation_ratio"] == ["{{ openstack_ram_allocation_ratio }}"]
    assert found["libvirt"] == {"cpu_mode": ["none"]}
    assert "enforce_new_defaults = true" in (tmp_path / "made/global.conf").read_text()


def test_what_ceph_hands_over_goes_to_the_roles_folders_and_nobody_else_reads_it(
    cloud: CloudSite, tmp_path: Path
) -> None:
    handed = tmp_path / "handed"
    handed.mkdir()
    (handed / "ceph.conf").write_text("[global]\nfsid = 1\n")
    (handed / "ceph.client.nova.keyring").write_text("[client.nova]\nkey = abc\n")
    cloud.write(f"{OVERLAYS}/nova/ceph.conf", "[global]\nfsid = 2\n")
    write_overlays(cloud.load(), tmp_path / "made", handed)
    keyring = tmp_path / "made/nova/ceph.client.nova.keyring"
    assert keyring.read_text() == "[client.nova]\nkey = abc\n"
    assert stat.S_IMODE(keyring.stat().st_mode) == 0o600
    assert "fsid = 1" in (tmp_path / "made/glance/ceph.conf").read_text()
    assert "fsid = 2" in (tmp_path / "made/nova/ceph.conf").read_text()


def test_each_compute_host_gets_its_certificate_unless_libvirt_goes_without(cloud: CloudSite, tmp_path: Path) -> None:
    write_overlays(cloud.load(), tmp_path / "tls")
    assert (tmp_path / "tls/nova/nova-libvirt/node2/clientkey.pem").is_file()
    cloud.set(libvirt_tls=False)
    write_overlays(cloud.load(), tmp_path / "plain")
    assert not (tmp_path / "plain/nova").exists()


def test_a_plan_names_file_section_and_key(cloud: CloudSite) -> None:
    before = overlay_inputs(cloud.load(), "nova")
    assert before["overlay global.conf [oslo_policy] enforce_scope"] == "true"
    cloud.write(f"{OVERLAYS}/nova.conf", "[DEFAULT]\ndebug = true\n")
    cloud.write(f"{OVERLAYS}/nova/node1/nova.conf", "[DEFAULT]\nmy_ip = 10.0.0.1\n")
    cloud.write(f"{OVERLAYS}/keystone/policy.yaml", "a: b\n")
    site = cloud.load()
    after = overlay_inputs(site, "nova")
    changed = {name: after.get(name) for name in before.keys() ^ after.keys()}
    # What the lab said of its memory was in the file that the test replaced.
    changed.pop("overlay nova.conf [DEFAULT] reserved_host_memory_mb", None)
    assert changed == {
        "overlay nova.conf [DEFAULT] debug": "true",
        "overlay nova/node1/nova.conf [DEFAULT] my_ip": "10.0.0.1",
    }
    assert overlay_inputs(site, "memcached") == {}
    assert overlay_inputs(site, "keystone")["overlay keystone/policy.yaml"] == "a: b\n"
    assert any(name == "certificates libvirt" for name in overlay_inputs(site, "nova-cell"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nvoa.conf", b"[DEFAULT]\n", "reads the override file 'nvoa.conf'"),
        ("cinder.conf", encrypt(b"[DEFAULT]\n", b"x"), "'cinder.conf' is encrypted"),
        ("nova.conf", b"[DEFAULT]\n{% if x %}\n", "can't be laid over the toolkit's: line 2"),
    ],
)
def test_a_file_that_does_nothing_or_cannot_be_used_is_told(
    cloud: CloudSite, name: str, content: bytes, said: str
) -> None:
    cloud.write(f"{OVERLAYS}/{name}", "").write_bytes(content)
    site = cloud.load()
    problems = list(overlay_problems(site, read_catalogue(site.release, site.content)))
    assert [problem.what for problem in problems if said in problem.what], problems
    assert len(problems) == 1
    assert str(problems[0].place).endswith(name)


def test_a_misspelt_files_cure_is_the_nearest_name(cloud: CloudSite) -> None:
    cloud.write(f"{OVERLAYS}/nvoa.conf", "[DEFAULT]\n")
    site = cloud.load()
    (problem,) = overlay_problems(site, read_catalogue(site.release, site.content))
    assert problem.cure == "Did you mean 'nova.conf'?"


def test_what_another_layer_asks_of_openstack_counts_where_the_site_has_it(cloud: CloudSite, tmp_path: Path) -> None:
    assert not any("federation" in name for name in overlay_inputs(cloud.load(), "keystone"))
    cloud.change_site(layers=[*LAYERS, "identity"])
    cloud.write(f"{OVERLAYS}/keystone.conf", "[federation]\ndefault_authorization_ttl = 5\n")
    site = cloud.load()
    write_overlays(site, tmp_path / "made")
    found = ini.parse((tmp_path / "made/keystone.conf").read_text())["federation"]
    assert found == {"attribute_mapping_default_schema_version": ["2.0"], "default_authorization_ttl": ["5"]}
    inputs = overlay_inputs(site, "keystone")
    metadata = [name for name in inputs if name.startswith("overlay keystone/federation/oidc/metadata/")]
    assert [name.rpartition(".")[2] for name in metadata] == ["client", "conf", "provider"]
    assert "overlay keystone/federation/oidc/attribute_maps/keycloak.json" in inputs
    assert list((tmp_path / "made/keystone/federation/oidc/metadata").glob("*.client"))


def test_a_sites_mapping_stands_for_the_toolkits(cloud: CloudSite, tmp_path: Path) -> None:
    cloud.change_site(layers=[*LAYERS, "identity"])
    cloud.write(f"{OVERLAYS}/keystone/federation/oidc/attribute_maps/keycloak.json", "[]\n")
    site = cloud.load()
    write_overlays(site, tmp_path / "made")
    made = tmp_path / "made/keystone/federation/oidc/attribute_maps/keycloak.json"
    assert made.read_text() == "[]\n"
    assert not list(overlay_problems(site, read_catalogue(site.release, site.content)))


def test_a_sites_settings_of_horizon_come_after_the_toolkits(cloud: CloudSite, tmp_path: Path) -> None:
    cloud.change_site(layers=[*LAYERS, "identity"])
    cloud.write(f"{OVERLAYS}/horizon/_9999-custom-settings.py", "SESSION_TIMEOUT = 60\n")
    write_overlays(cloud.load(), tmp_path / "made")
    text = (tmp_path / "made/horizon/_9999-custom-settings.py").read_text()
    assert text.index("WEBSSO_INITIAL_CHOICE") < text.index("SESSION_TIMEOUT")
    # Of each layer's file of this name all is executed.
    assert text.index("DefaultClient") < text.index("WEBSSO_INITIAL_CHOICE")
