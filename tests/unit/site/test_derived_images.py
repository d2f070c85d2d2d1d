"""What hosts are told about images: the registry, references by digest, and each host's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from groundplane.site.derived_images import copied_images
from groundplane.site.images_lock import ImagesLock

if TYPE_CHECKING:
    from groundplane.site.site import Site

    from .conftest import SiteFolder

SUPPLY = """\
layers:
  bootstrap:
    groups: [all]
    steps: {}
  supply:
    needs: [bootstrap]
    steps: {}
"""
DIGESTS = {name: f"sha256:{number:064x}" for number, name in enumerate(("base", "nova-api", "ceph"), start=1)}
LOCK: dict[str, Any] = {
    "format": 1,
    "release": "2026.1",
    "source": "build",
    "made_at": "2026-01-01T00:00:00Z",
    "images": {
        "nova-api": {"digest": DIGESTS["nova-api"], "tag": "2026.1-a", "parent": "base", "groups": ["control"]},
        "base": {"digest": DIGESTS["base"], "tag": "2026.1-b", "run": False},
        "ceph": {"digest": DIGESTS["ceph"], "tag": "2026.1-c", "groups": ["storage", "unheard-of"]},
    },
}
HOSTS = """\
all:
  children:
    managers:
      hosts:
        manager: {host_number: 10}
    control:
      hosts:
        node1: {host_number: 11}
    storage:
      hosts:
        node1: {}
        node2: {host_number: 12}
"""


def supplied(folder: SiteFolder, *, lock: dict[str, Any] | str | None = None, images: str = "") -> Site:
    folder.toolkit("playbooks/layers.yml", SUPPLY)
    folder.write("inventory/hosts.yml", HOSTS)
    folder.replace("site.yml", "domain:", f"layers: [bootstrap, supply]\n{images}domain:")
    if lock is not None:
        folder.write("images.lock", lock if isinstance(lock, str) else yaml.safe_dump(lock))
    return folder.load()


def value(site: Site, name: str, host: str = "node1") -> Any:
    found = site.variables.value(name, host)
    assert found is not None
    return found.value


def test_the_registry_is_the_first_manager_by_its_full_name(site_folder: SiteFolder) -> None:
    assert value(supplied(site_folder), "groundplane_registry") == {
        "managed": True,
        "address": "manager.test.example:5000",
        "namespace": "groundplane",
        "host": "manager",
        "pull_port": 5000,
        "push_port": 5001,
    }


def test_each_host_gets_the_images_of_its_groups_by_digest(site_folder: SiteFolder) -> None:
    site = supplied(site_folder, lock=LOCK)
    nova = f"manager.test.example:5000/groundplane/nova-api@{DIGESTS['nova-api']}"
    ceph = f"manager.test.example:5000/groundplane/ceph@{DIGESTS['ceph']}"
    assert value(site, "groundplane_images") == {"nova-api": nova, "ceph": ceph}
    assert value(site, "groundplane_host_images", "node1") == sorted([nova, ceph])
    assert value(site, "groundplane_host_images", "node2") == [ceph]
    assert value(site, "groundplane_host_images", "manager") == []


def test_without_a_lock_or_with_a_damaged_one_there_are_no_images(site_folder: SiteFolder) -> None:
    assert value(supplied(site_folder), "groundplane_images") == {}
    site_folder.write("images.lock", "images: [broken")
    site = site_folder.load()
    assert value(site, "groundplane_images") == {}
    assert value(site, "groundplane_host_images") == []


def test_a_site_without_the_layer_has_neither(site_folder: SiteFolder) -> None:
    site_folder.write("images.lock", yaml.safe_dump(LOCK))
    site = site_folder.load()
    assert value(site, "groundplane_registry") == {}
    assert value(site, "groundplane_images") == {}


def test_a_registry_of_ones_own_and_images_that_stay_where_they_are(site_folder: SiteFolder) -> None:
    images = "images: {source: registry, registry: {managed: false, address: 'registry.test', namespace: cloud}}\n"
    reference = f"registry.test/other/ceph@{DIGESTS['ceph']}"
    locked = {**LOCK["images"], "ceph": {**LOCK["images"]["ceph"], "reference": reference}}
    site = supplied(site_folder, lock={**LOCK, "source": "registry", "images": locked}, images=images)
    assert value(site, "groundplane_registry")["host"] is None
    assert value(site, "groundplane_registry")["pull_port"] == 443
    assert value(site, "groundplane_images") == {
        "nova-api": f"registry.test/cloud/nova-api@{DIGESTS['nova-api']}",
        "ceph": reference,
    }
    assert copied_images(site.file, ImagesLock.model_validate(LOCK)) == {}


def test_what_is_copied_begins_with_parents(site_folder: SiteFolder) -> None:
    site = supplied(site_folder)
    assert list(copied_images(site.file, ImagesLock.model_validate(LOCK))) == ["base", "nova-api", "ceph"]
