"""Images that others made: locked, mirrored and verified against real registries with TLS and accounts."""

from __future__ import annotations

import base64
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.machine.podman import host_podman
from groundplane.site.loading import load_site
from groundplane.supply.catalogue import needed_images
from groundplane.supply.skopeo import copy
from groundplane.supply.store import open_store
from groundplane.supply.store.container import ensure_store_image
from groundplane.supply.upstream import upstream_references
from tests.command import PROGRAM, run
from tests.integration.conftest import make_site
from tests.integration.real_registry import Authority, RealRegistry, real_registry
from tests.unit.supply.oci_folder import make_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.conftest import SiteFolder

pytestmark = [
    pytest.mark.skipif(
        shutil.which("podman") is None or shutil.which("skopeo") is None or os.geteuid() != 0,
        reason="runs containers as root",
    ),
    pytest.mark.timeout(300),
]
READER = ("reader", "reads-upstream")


@dataclass
class Registries:
    """A site with the images of ceph and identity, where they are published, and the site's own registry."""

    site: SiteFolder
    upstream: RealRegistry
    own: RealRegistry

    @property
    def home(self) -> Path:
        return Path(self.site.env["HOME"])

    def choose(self, source: str) -> None:
        def change(data: dict[str, Any]) -> None:
            data["layers"] = ["bootstrap", "supply"]
            data["images"] = {
                "source": source,
                "layers": ["ceph", "identity"],
                "upstream": {
                    "kolla": f"{self.upstream.address}/kolla",
                    "ceph": f"{self.upstream.address}/ceph/ceph",
                    "keycloak": f"{self.upstream.address}/keycloak/keycloak",
                },
                "registry": {"managed": False, "address": self.own.address, "namespace": "cloud"},
            }

        self.site.edit("site.yml", change)

    def published(self) -> dict[str, tuple[str, str]]:
        """Image to its path and tag where site.yml says that it comes from."""
        site = load_site(self.site.path, content=toolkit_content(), strict=False)
        found = upstream_references(site, needed_images(site))
        return {name: (repository.partition("/")[2], tag) for name, (repository, tag) in found.items()}

    def trust(self, registry: RealRegistry) -> None:
        """As its operator does it: a file for this registry alone."""
        folder = self.home / ".config/containers/certs.d" / registry.address
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ca.crt").write_text(registry.authority.pem)

    def images(self, *words: str, code: int = 0) -> str:
        answer = self.site.groundplane("images", *words)
        assert answer.code == code, str(answer)
        return answer.out + answer.err

    def locked(self) -> dict[str, str]:
        lock = yaml.safe_load((self.site.path / "images.lock").read_text(encoding="utf-8"))
        return {name: image["digest"] for name, image in lock["images"].items()}


def _set_passwords(site: SiteFolder, **passwords: str) -> None:
    """As a person does it, in the editor."""
    words = " ".join(f"-e 's/^{name}:.*/{name}: {word}/'" for name, word in passwords.items())
    edited = run(PROGRAM, "secrets", "edit", cwd=site.path, env={**site.env, "EDITOR": f"sed -i {words}"})
    assert edited.code == 0, str(edited)


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    base, podman = tmp_path_factory.mktemp("published"), host_podman()
    site = make_site(base, "lab")
    ensure_store_image(podman, Path(site.env["XDG_CACHE_HOME"]) / "groundplane")
    with (
        real_registry(base / "upstream", Authority(), podman=podman, accounts=dict([READER])) as upstream,
        real_registry(
            base / "own", Authority(), podman=podman, accounts={"pull": "may-pull", "push": "may-push"}
        ) as own,
    ):
        found = Registries(site, upstream, own)
        found.choose("upstream")
        made = site.groundplane("secrets", "init")
        assert made.code == 0, str(made)
        yield found


def test_images_of_others_from_their_tags_to_the_sites_registry(registries: Registries) -> None:
    upstream, own = registries.upstream, registries.own

    # Whom nobody trusts is not asked; an account is wanted; what isn't there is named.
    said = registries.images("lock", code=1)
    assert "its certificate isn't trusted" in said
    assert f"/etc/containers/certs.d/{upstream.address}/ca.crt" in said
    registries.trust(upstream)
    said = registries.images("lock", code=1)
    assert f"skopeo login {upstream.address}" in said
    _log_in(registries.home, upstream)
    said = registries.images("lock", code=2)
    paths = registries.published()
    assert set(paths) == {"ceph", "keycloak"}
    assert all(f"There is no {upstream.address}/{path}:{tag}" in said for path, tag in paths.values())

    digests = {name: upstream.put(path, tag, name) for name, (path, tag) in paths.items()}
    assert "written and signed: 2 images" in registries.images("lock")
    assert registries.locked() == digests
    assert "stands: 2 images" in registries.images("lock")

    # A tag moved: the lock stays until somebody asks, and then says from what to what.
    moved = upstream.put(*paths["ceph"], "a newer ceph")
    assert registries.locked() == digests
    said = registries.images("lock")
    assert digests["ceph"].removeprefix("sha256:")[:12] in said
    assert moved.removeprefix("sha256:")[:12] in said
    digests["ceph"] = moved
    assert registries.locked() == digests

    # Into a registry of one's own, whose authority is the machine's business as well.
    _set_passwords(registries.site, registry_pull_password="wrong", registry_push_password="may-push")
    assert f"/etc/containers/certs.d/{own.address}/ca.crt" in registries.images("push", code=1)
    registries.trust(own)
    assert "refuses the account 'pull'" in registries.images("push", code=1)
    _set_passwords(registries.site, registry_pull_password="may-pull")
    assert "1 image pushed" in registries.images("push", "ceph")
    assert "1 image pushed (0 MB), 1 image there before" in registries.images("push")
    assert "0 images pushed (0 MB), 2 images there before" in registries.images("push")
    assert "as locked" in registries.images("verify")
    with own.client() as client:
        for name, (_, tag) in paths.items():
            assert client.digest(f"cloud/{name}", tag) == digests[name]


def test_behind_an_air_gap_the_store_serves_what_a_bundle_brought(registries: Registries) -> None:
    paths, upstream = registries.published(), registries.upstream
    registries.trust(upstream)
    registries.trust(registries.own)
    _log_in(registries.home, upstream)
    _set_passwords(registries.site, registry_pull_password="may-pull", registry_push_password="may-push")
    for name, (path, tag) in paths.items():
        upstream.put(path, tag, f"{name} of the bundle")
    registries.images("lock")
    layout = registries.home / "bundle"
    path, tag = paths["ceph"]
    assert make_image(layout, "ceph", "ceph of the bundle") == registries.locked()["ceph"]
    cache = Path(registries.site.env["XDG_CACHE_HOME"]) / "groundplane"
    with open_store(cache=cache, podman=host_podman()) as store:
        target = store.reference("ceph", tag)
        copy(f"oci:{layout}:ceph", target, destination_auth=store.auth_file, destination_tls=False)

    with _away(upstream):
        assert "1 image pushed" in registries.images("push", "ceph")
        said = registries.images("push", code=1)
        assert f"Pushing the image keycloak ({paths['keycloak'][1]}) from {upstream.address}" in said
        assert "groundplane bundle load" in said
        said = registries.images("verify", code=1)
        assert "keycloak" in said
        assert "ceph" not in said.partition("difference")[2]
        said = registries.images("lock", code=1)
        assert f"{upstream.address}/{path}:{tag} failed: the registry can't be reached" in said
    assert "1 image pushed" in registries.images("push")
    assert "as locked" in registries.images("verify")


def test_a_registry_that_others_fill_is_only_read(registries: Registries) -> None:
    registries.choose("registry")
    # Who only reads knows no other password.
    _set_passwords(registries.site, registry_pull_password="may-pull", registry_push_password="nobody-knows")
    registries.trust(registries.own)
    assert f"There is no {registries.own.address}/cloud/ceph:2026.1" in registries.images("lock", code=2)
    digests = {name: registries.own.put(f"cloud/{name}", "2026.1", f"own {name}") for name in ("ceph", "keycloak")}
    registries.images("lock")
    assert registries.locked() == digests
    assert "Nothing to push" in registries.images("push")
    assert "as locked" in registries.images("verify")
    with registries.own.client() as client:
        client.delete("cloud/ceph", digests["ceph"])
    assert f"cloud/ceph@{digests['ceph']}" in registries.images("verify", code=1)


def _log_in(home: Path, registry: RealRegistry) -> None:
    """What `skopeo login` leaves behind."""
    token = base64.b64encode(":".join(READER).encode()).decode()
    file = home / ".docker/config.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"auths": {registry.address: {"auth": token}}}), encoding="utf-8")


@contextmanager
def _away(registry: RealRegistry) -> Iterator[None]:
    registry.podman.run("stop", "--time", "0", registry.container, doing="Stopping a registry")
    try:
        yield
    finally:
        registry.podman.run("start", registry.container, doing="Starting a registry")
        registry.wait()
