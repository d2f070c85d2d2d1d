"""Pushing the locked images: what is missing, once, and never half of one."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import CancelledError, FailedError, InputError
from groundplane.site.images_file import ImagesFile, ImageSource
from groundplane.site.images_lock import ImagesLock, LockedImage
from groundplane.supply import push, skopeo
from groundplane.supply import site_registry as site_registry_module
from groundplane.supply.published import Reached
from groundplane.supply.push import PushResult, push_images
from groundplane.supply.site_registry import Account, SiteRegistry
from tests.unit.supply.fake_registry import ACCOUNT, PASSWORD, FakeRegistry, certificate, fake_registry
from tests.unit.supply.oci_folder import make_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from groundplane.site.site import Site

pytestmark = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")

TREE = {"base": None, "openstack-base": "base", "nova-base": "openstack-base", "nova-api": "nova-base", "ceph": None}


class Told:
    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: dict[str, str] = {}

    def begin(self, name: str, *, number: int, of: int, size: int | None) -> None:
        self.begun.append(f"{name} {number}/{of} {size}")

    def end(self, name: str, *, seconds: float, error: str = "") -> None:
        assert seconds >= 0
        self.ended[name] = error


@dataclass
class FolderStore:
    """Stands in for the store: an OCI folder."""

    folder: Path
    digests: dict[str, str] = field(default_factory=dict)
    auth_file: Path | None = None

    def add(self, name: str) -> str:
        self.digests[name] = make_image(self.folder, name, content=name)
        return self.digests[name]

    def has_digest(self, name: str, digest: str) -> bool:
        return self.digests.get(name) == digest

    def reference(self, name: str, _digest: str) -> str:
        return f"oci:{self.folder}:{name}"


class Pushing:
    """A site, a store with images, and a registry without."""

    def __init__(self, registry: FakeRegistry, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.registry, self.folder = registry, folder
        self.store = FolderStore(folder / "store")
        self.lock = ImagesLock(
            release="2026.1",
            source=ImageSource.BUILD,
            made_at="2026-01-01T00:00:00Z",
            images={
                name: LockedImage(digest=self.store.add(name), tag="2026.1-abc", parent=parent, stored_bytes=100)
                for name, parent in TREE.items()
            },
        )
        self.told = Told()
        self.site = cast("Site", SimpleNamespace(file=SimpleNamespace(images=ImagesFile())))
        account = Account(ACCOUNT, PASSWORD)
        found = SiteRegistry(
            address="manager.test:5000",
            namespace="groundplane",
            pull_address=registry.address,
            push_address=registry.address,
            pull=account,
            push=account,
            authority=certificate()[0],
            host="manager",
        )
        for module in (push, site_registry_module):
            monkeypatch.setattr(module, "site_registry", lambda _site: found)
        monkeypatch.setattr(push, "_store", lambda *_: self.store)

    def run(self, *names: str, stopped: Callable[[], bool] = lambda: False, **more: Any) -> PushResult:
        self.told = Told()
        return push_images(
            self.site,
            self.lock,
            names=names,
            cache=self.folder,
            memory=self.folder / "memory",
            watcher=self.told,
            stopped=stopped,
            **more,
        )

    def tags(self) -> set[str]:
        return {name.removeprefix("groundplane/") for name, tag in self.registry.manifests if tag == "2026.1-abc"}


@pytest.fixture
def pushing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushing]:
    with fake_registry() as registry:
        yield Pushing(registry, tmp_path, monkeypatch)


def test_parents_come_first_and_a_second_push_has_nothing_to_do(pushing: Pushing) -> None:
    result = pushing.run()
    assert set(result.pushed) == set(TREE)
    assert result.bytes == 500
    begun = [line.split()[0] for line in pushing.told.begun]
    assert begun.index("base") < begun.index("openstack-base") < begun.index("nova-base") < begun.index("nova-api")
    assert pushing.told.begun[-1].split()[1:] == ["5/5", "100"]
    assert pushing.tags() == set(TREE)
    again = pushing.run()
    assert (again.pushed, set(again.present), pushing.told.begun) == ((), set(TREE), [])


def test_only_what_is_named_with_its_parents(pushing: Pushing) -> None:
    assert pushing.run("nova-base").pushed == ("base", "openstack-base", "nova-base")
    with pytest.raises(InputError) as refused:
        pushing.run("nova-apy")
    assert refused.value.problems[0].cure == "Did you mean 'nova-api'?"


def test_check_pushes_nothing(pushing: Pushing) -> None:
    assert set(pushing.run(check=True).pushed) == set(TREE)
    assert pushing.tags() == set()


def test_a_registry_that_goes_away_is_named_with_the_image_and_a_later_push_goes_on(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    # skopeo would try again for seconds.
    monkeypatch.setattr(push, "copy", lambda *words, **more: skopeo.copy(*words, **more, retries=0))
    pushing.registry.dies_after = 3
    with pytest.raises(FailedError) as failed:
        pushing.run(parallel=1)
    assert "Pushing the image openstack-base (2026.1-abc) to manager.test:5000 failed" in failed.value.what
    assert "1 of 5 missing images came to the registry whole" in failed.value.why
    assert "goes on with it" in failed.value.cure
    assert pushing.tags() == {"base"}
    assert pushing.told.ended["openstack-base"]
    pushing.registry.dies_after = None
    again = pushing.run()
    assert (again.present, len(again.pushed)) == (("base",), 4)
    assert pushing.tags() == set(TREE)


def test_an_image_that_is_nowhere_is_said_before_anything_is_pushed(pushing: Pushing) -> None:
    del pushing.store.digests["ceph"]
    with pytest.raises(InputError) as refused:
        pushing.run()
    assert "1 image of images.lock" in refused.value.what
    assert "ceph" in refused.value.problems[0].what
    assert "groundplane images build" in refused.value.problems[0].cure
    assert pushing.tags() == set()


def test_stopping_leaves_what_is_complete(pushing: Pushing) -> None:
    with pytest.raises(CancelledError) as stopped:
        pushing.run(parallel=1, stopped=lambda: "base" in pushing.told.ended)
    assert "1 of 5 missing images" in stopped.value.why
    assert pushing.tags() == {"base"}


def test_images_that_hosts_take_from_elsewhere_are_not_pushed(pushing: Pushing) -> None:
    images = ImagesFile.model_validate({"source": "upstream", "upstream": {"mirror": False}})
    pushing.site = cast("Site", SimpleNamespace(file=SimpleNamespace(images=images)))
    assert pushing.run() == PushResult(registry="")
    with pytest.raises(InputError, match="Nothing is pushed") as refused:
        pushing.run("ceph")
    assert "images.source" in refused.value.why


class Upstream:
    """Where a project publishes its images: a folder, or nobody who answers."""

    def __init__(self, pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers = True
        self._pushing = pushing
        images = ImagesFile.model_validate({"source": "upstream"})
        pushing.site = cast("Site", SimpleNamespace(file=SimpleNamespace(images=images)))
        pushing.lock = pushing.lock.model_copy(
            update={
                "images": {
                    name: image.model_copy(update={"parent": None, "reference": f"upstream.test/{name}@{image.digest}"})
                    for name, image in pushing.lock.images.items()
                }
            }
        )
        monkeypatch.setattr(push, "open_reach", lambda _site, *, memory: nullcontext(self.reach))
        # skopeo would try again for seconds.
        monkeypatch.setattr(push, "copy", lambda *words, **more: skopeo.copy(*words, **more, retries=0))

    def reach(self, reference: str) -> Reached:
        name = reference.partition("/")[2].partition("@")[0]
        self.asked.append(name)
        return Reached(f"oci:{self._pushing.store.folder}:{name}" if self.answers else f"127.0.0.1:1/{name}:1")


def test_what_the_store_has_is_not_asked_for_upstream(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = Upstream(pushing, monkeypatch)
    stored = {name: pushing.store.digests[name] for name in ("base", "ceph")}
    pushing.store.digests = {**stored, "nova-api": "sha256:another"}
    monkeypatch.setattr(push, "_has_store", lambda _cache: True)
    assert set(pushing.run().pushed) == set(TREE)
    assert sorted(upstream.asked) == ["nova-api", "nova-base", "openstack-base"]
    assert pushing.tags() == set(TREE)


def test_a_machine_without_a_store_takes_everything_from_upstream(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = Upstream(pushing, monkeypatch)
    monkeypatch.setattr(push, "_store", lambda *_: pytest.fail("a store was opened"))
    assert set(pushing.run().pushed) == set(TREE) == set(upstream.asked)


def test_an_upstream_that_cannot_be_reached_is_named_with_the_way_round_it(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    Upstream(pushing, monkeypatch).answers = False
    with pytest.raises(FailedError) as failed:
        pushing.run("ceph")
    assert "Pushing the image ceph (2026.1-abc) from upstream.test to manager.test:5000" in failed.value.what
    assert "groundplane bundle load" in failed.value.cure
    assert pushing.tags() == set()
