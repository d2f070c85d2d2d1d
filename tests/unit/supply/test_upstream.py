"""Images that others publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.site.loading import load_site
from groundplane.supply.model import Maker, NeededImage
from groundplane.supply.upstream import resolve_digests, upstream_references
from tests.unit.supply.cloud_site import make_site
from tests.unit.supply.lock_samples import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.site import Site

__all__ = ["make_site"]

NEEDED = (
    NeededImage("keystone", "openstack", "keystone", Maker.KOLLA, ("control",)),
    NeededImage("ceph", "ceph", "ceph", Maker.OWN, ("storage",)),
    NeededImage("keycloak", "identity", "keycloak", Maker.OWN, ("control",)),
)
UPSTREAM = {
    "kolla": "registry.test/openstack.kolla",
    "ceph": "registry.test/ceph/ceph",
    "keycloak": "registry.test/keycloak/keycloak",
}


def _site(site: Site, tmp_path: Path, **images: object) -> Site:
    """The same site with other settings of its images."""
    path = tmp_path / "site.yml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["images"] |= images
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return load_site(site.path, content=toolkit_content(), strict=False)


def test_references_are_made_of_site_and_release(make_site: Callable[..., Site], tmp_path: Path) -> None:
    site = _site(make_site(["openstack"], source="upstream"), tmp_path, upstream=UPSTREAM)
    found = upstream_references(site, NEEDED)
    assert found["keystone"] == ("registry.test/openstack.kolla/keystone", "2026.1-debian-trixie")
    assert site.release.ceph is not None
    assert site.release.keycloak is not None
    assert found["ceph"] == ("registry.test/ceph/ceph", f"v{site.release.ceph.version}")
    assert found["keycloak"] == ("registry.test/keycloak/keycloak", site.release.keycloak.version)


def test_what_site_yml_does_not_say_is_named_once_a_project(make_site: Callable[..., Site]) -> None:
    two = (*NEEDED, NeededImage("nova-api", "openstack", "nova", Maker.KOLLA, ("control",)))
    with pytest.raises(InputError) as error:
        upstream_references(make_site(["openstack"], source="upstream"), two)
    assert [problem.cure.split()[1] for problem in error.value.problems] == [
        "images.upstream.kolla",
        "images.upstream.ceph",
        "images.upstream.keycloak",
    ]


def test_a_registry_of_ones_own_has_the_release_as_tag(make_site: Callable[..., Site], tmp_path: Path) -> None:
    registry = {"managed": False, "address": "registry.test:5000", "namespace": "cloud"}
    site = _site(make_site(["openstack"], source="registry"), tmp_path, registry=registry)
    assert upstream_references(site, NEEDED[:1])["keystone"] == ("registry.test:5000/cloud/keystone", "2026.1")


def test_tags_become_digests_and_all_missing_ones_are_named() -> None:
    references = {name: (f"registry.test/{name}", "1") for name in "abc"}
    answers = {f"registry.test/{name}:1": digest(name) for name in "abc"}
    assert resolve_digests(references, ask=answers.get)["a"] == ("registry.test/a", "1", digest("a"))
    with pytest.raises(InputError) as error:
        resolve_digests(references, ask=lambda reference: answers[reference] if "/b" in reference else None)
    assert [problem.what for problem in error.value.problems] == [
        "There is no registry.test/a:1",
        "There is no registry.test/c:1",
    ]
