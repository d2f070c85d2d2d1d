"""Lock, store, registry and hosts held against each other."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import ImagesLock, LockedImage
from groundplane.supply.running_images import HostImages, RunningContainer
from groundplane.supply.skopeo import UnreachableError
from groundplane.supply.verification import repository, verify_hosts, verify_registry, verify_store
from tests.unit.supply.cloud_site import make_site
from tests.unit.supply.lock_samples import MADE_AT, digest
from tests.unit.supply.store_folder import StoreFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.supply.site_registry import SiteRegistry
    from groundplane.supply.verification import Checked

__all__ = ["make_site"]

REGISTRY = "manager1.test.example:5000/groundplane"


def _lock(digests: dict[str, str], source: ImageSource = ImageSource.BUILD, **more: Any) -> ImagesLock:
    """Every image is one of compute hosts."""
    return ImagesLock(
        release="2026.1",
        source=source,
        made_at=MADE_AT,
        images={
            name: LockedImage(
                digest=found,
                image_id=digest(f"{name} configuration"),
                tag=f"2026.1-{name}",
                identity="ab" * 32 if source is ImageSource.BUILD else None,
                groups=("compute",),
                **more,
            )
            for name, found in digests.items()
        },
    )


def _said(checked: Checked) -> list[tuple[str, str]]:
    return [(finding.image, finding.what) for finding in checked.findings]


@pytest.fixture
def store(tmp_path: Path) -> StoreFolder:
    return StoreFolder(tmp_path / "cache")


def test_a_whole_store_is_as_locked(store: StoreFolder) -> None:
    lock = _lock({"a": store.add("a", "2026.1-a", b"layer"), "b": store.add("b", None, b"layer", b"more")})
    for deep in (False, True):
        checked = verify_store(lock, store.files, deep=deep)
        assert (checked.images, checked.findings) == (2, ())


def test_an_image_in_the_lock_that_is_missing_is_named_with_what_brings_it(store: StoreFolder) -> None:
    store.add("a", "2026.1-a", b"layer")
    checked = verify_store(_lock({"b": digest("nowhere")}), store.files)
    (finding,) = checked.findings
    assert finding.image == "b"
    assert "missing" in finding.what
    assert "images build" in finding.cure
    assert "bundle load" in finding.cure


def test_a_layer_cut_short_is_found_by_its_size_and_a_flipped_bit_by_reading(store: StoreFolder) -> None:
    lock = _lock({"a": store.add("a", "2026.1-a", b"a layer of ours")})
    blob, _ = store.blob(b"a layer of ours")
    store.files.blob_path(blob).write_bytes(b"a layer of curs")
    assert not verify_store(lock, store.files).findings
    assert blob[:19] in _said(verify_store(lock, store.files, deep=True))[0][1]
    store.files.blob_path(blob).write_bytes(b"a la")
    assert "cut short" in _said(verify_store(lock, store.files))[0][1]


def test_a_machine_that_built_nothing_has_no_differences(store: StoreFolder) -> None:
    checked = verify_store(_lock({"a": digest("a")}), store.files)
    assert not checked.findings
    assert "another one" in checked.note


class _Registry:
    """Answers by path and reference."""

    address = "manager1.test.example:5000"

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers

    def path(self, name: str) -> str:
        return f"groundplane/{name}"

    @contextmanager
    def reader(self) -> Iterator[Any]:
        yield SimpleNamespace(digest=lambda path, reference: self.answers.get(f"{path} {reference}"))


def _registry(site: Site, lock: ImagesLock, answers: dict[str, str]) -> Checked:
    return verify_registry(site, lock, lambda: cast("SiteRegistry", _Registry(answers)), ask=lambda _reference: None)


def test_the_registry_has_the_digests_and_tags_still_mean_them(make_site: Callable[..., Site]) -> None:
    lock = _lock({name: digest(name) for name in "abc"})
    answers = {f"groundplane/{name} {digest(name)}": digest(name) for name in "ab"}
    answers |= {"groundplane/a 2026.1-a": digest("a"), "groundplane/b 2026.1-b": digest("other")}
    checked = _registry(make_site(["ceph"]), lock, answers)
    found = {finding.image: finding for finding in checked.findings}
    assert set(found) == {"b", "c"}
    assert digest("other")[:19] in found["b"].what
    assert "missing" in found["c"].what
    assert found["c"].cure == "groundplane images push c"


def test_a_registry_that_can_not_be_asked_is_a_difference(make_site: Callable[..., Site]) -> None:
    def unreachable() -> SiteRegistry:
        raise UnreachableError("The registry can't be reached", why="Connection refused", cure="Start it.")

    checked = verify_registry(make_site(["ceph"]), _lock({"a": digest("a")}), unreachable, ask=lambda _reference: None)
    assert _said(checked) == [("", "can't be asked: The registry can't be reached: Connection refused")]
    assert checked.findings[0].cure == "Start it."


def test_registries_of_others_are_asked_by_reference(make_site: Callable[..., Site]) -> None:
    lock = _lock({"a": digest("a")}, ImageSource.REGISTRY)
    image = lock.images["a"].model_copy(update={"reference": f"registry.test/kolla/a@{digest('a')}"})
    other = image.model_copy(update={"reference": f"registry.test/kolla/b@{digest('b')}"})
    broken = image.model_copy(update={"reference": f"registry.test/kolla/c@{digest('c')}"})
    lock = lock.model_copy(update={"images": {"a": image, "b": other, "c": broken}})

    def ask(reference: str) -> str | None:
        if "/c@" in reference:
            raise FailedError("It went away", cure="Try again.")
        return digest("a") if "/a@" in reference else None

    checked = verify_registry(make_site(["ceph"], source="registry"), lock, lambda: pytest.fail("not ours"), ask=ask)
    assert [finding.image for finding in checked.findings] == ["b", "c"]
    assert checked.findings[1].what == "can't be asked: It went away"


def test_a_registry_of_others_that_can_not_be_asked_is_one_difference(make_site: Callable[..., Site]) -> None:
    hosts = {"x": "a.test", "y": "a.test", "z": "b.test"}
    lock = _lock({name: digest(name) for name in hosts}, ImageSource.REGISTRY)
    images = {
        name: image.model_copy(update={"reference": f"{hosts[name]}/{name}@{image.digest}"})
        for name, image in lock.images.items()
    }
    lock = lock.model_copy(update={"images": images})

    def ask(reference: str) -> str | None:
        raise FailedError(f"Asking for {reference} failed")

    checked = verify_registry(make_site(["ceph"], source="registry"), lock, lambda: pytest.fail("not ours"), ask=ask)
    assert [(finding.place, finding.image) for finding in checked.findings] == [
        ("a.test", "x and 1 more"),
        ("b.test", "z"),
    ]


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(["ceph"])


def _hosts(site: Site, *found: HostImages) -> list[Checked]:
    return verify_hosts(site, _lock({"nova": digest("nova")}), {images.host: images for images in found})


def test_a_host_that_runs_what_is_locked(site: Site) -> None:
    reference = f"{REGISTRY}/nova@{digest('nova')}"
    image_id = digest("nova configuration")
    (checked,) = _hosts(
        site,
        HostImages(
            "node1",
            images={image_id: (reference,)},
            containers=(RunningContainer("nova_compute", reference, image_id),),
        ),
    )
    assert (checked.images, checked.containers, checked.findings) == (1, 1, ())


def test_a_container_of_another_image_is_named_with_both_digests(site: Site) -> None:
    image_id = digest("old configuration")
    old = f"{REGISTRY}/nova@{digest('old')}"
    (checked,) = _hosts(
        site,
        HostImages(
            "node1",
            images={image_id: (old,), digest("nova configuration"): ()},
            containers=(RunningContainer("nova_compute", f"{REGISTRY}/nova:2026.1-old", image_id),),
        ),
    )
    assert _said(checked) == [
        ("nova", f"nova_compute runs {digest('old')[:19]}, the lock says {digest('nova')[:19]}"),
    ]
    assert "groundplane plan --limit node1" in checked.findings[0].cure


def test_a_container_of_our_registry_that_nobody_locked_is_named(site: Site) -> None:
    stray = RunningContainer("stray", f"{REGISTRY}/gone:1", digest("gone"))
    others = RunningContainer("others", "registry.test/others/thing:1", digest("others"))
    (checked,) = _hosts(site, HostImages("manager1", containers=(stray, others)))
    assert _said(checked) == [("gone", f"stray runs {REGISTRY}/gone:1, which isn't in the lock")]
    assert checked.containers == 1


def test_only_hosts_that_need_an_image_have_to_have_pulled_it(site: Site) -> None:
    manager, node = _hosts(site, HostImages("manager1"), HostImages("node2"))
    assert (manager.images, manager.findings) == (0, ())
    assert _said(node)[0][0] == "nova"
    assert "not pulled" in _said(node)[0][1]
    assert node.findings[0].cure == "groundplane apply supply.pull --limit node2"


def test_a_host_that_can_not_be_asked_is_a_difference(site: Site) -> None:
    (checked,) = _hosts(site, HostImages("node1", error="connection refused"))
    assert _said(checked) == [("", "can't be asked: connection refused")]


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("manager1:5000/groundplane/nova:2026.1-ab", "manager1:5000/groundplane/nova"),
        (f"manager1:5000/groundplane/nova@{digest('x')}", "manager1:5000/groundplane/nova"),
        (f"manager1:5000/nova:tag@{digest('x')}", "manager1:5000/nova"),
        ("manager1:5000/nova", "manager1:5000/nova"),
    ],
)
def test_a_references_repository(reference: str, path: str) -> None:
    assert repository(reference) == path
