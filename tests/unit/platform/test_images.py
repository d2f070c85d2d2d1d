"""Images: verified, uploaded, replaced by new ones of the same name."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.platform.images import CHECKSUM, Images, ImageWork

from .conftest import Desk  # noqa: TC001

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = b"first content", b"second"


class Glance:
    """Takes what is sent and computes its digest; `damage` changes it on the way."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.damage = False

    def put(self, path: str, *, data: Any, headers: dict[str, str]) -> Any:
        assert headers["Content-Type"] == "application/octet-stream"
        sent = b"".join(iter(lambda: data.read(4), b""))
        assert len(data) == len(sent)
        one = self.desk.cloud.lists["images"][path.split("/")[2]]
        assert one["visibility"] == "private"
        digest = hashlib.sha512(sent + (b"x" if self.damage else b"")).hexdigest()
        one |= {"os_hash_algo": "sha512", "os_hash_value": digest, "status": "active"}
        return SimpleNamespace(status_code=204, ok=True)


@pytest.fixture
def glance(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Glance:
    made = Glance(desk)
    desk.cloud.connection = SimpleNamespace(image=made)  # type: ignore[assignment]
    monkeypatch.setattr("openstack.exceptions.raise_from_response", lambda _: None)
    return made


def working(desk: Desk) -> Images:
    return Images(desk.site, desk.asked, desk.cloud, ImageWork(desk.cache, lambda: False))


def looking(desk: Desk) -> Images:
    return Images(desk.site, desk.asked, desk.cloud)


def declare(desk: Desk, content: bytes = FIRST, **more: Any) -> None:
    (desk.folder.path / "guest.raw").write_bytes(content)
    image = {
        "name": "guest",
        "source": "guest.raw",
        "checksum": f"sha512:{hashlib.sha512(content).hexdigest()}",
        "disk_format": "raw",
        "min_disk": 1,
        "properties": {"os_version": 13, "hw_qemu_guest_agent": True},
        **more,
    }
    desk.declare(images=[image])


def test_an_image_is_shown_once_its_content_was_verified(desk: Desk, glance: Glance) -> None:
    declare(desk)
    assert desk.apply(working) == ["Image guest: changed (made)"]
    one = desk.cloud.named("images", "guest")
    assert (one["visibility"], one["image_source"], one["os_version"]) == ("public", "private", "13")
    assert one["hw_qemu_guest_agent"] == "true"
    assert one[CHECKSUM].startswith("sha512:")
    assert len(one["image_build_date"]) == 10
    assert one["groundplane_site"] == "test"
    assert desk.apply(working) == ["Image guest: ok"]


def test_a_file_with_another_checksum_is_never_sent(desk: Desk, glance: Glance) -> None:
    declare(desk)
    (desk.folder.path / "guest.raw").write_bytes(b"tampered")
    with pytest.raises(FailedError, match="another checksum"):
        desk.apply(working)
    assert desk.cloud.lists["images"] == {}


def test_what_arrives_damaged_is_removed_again(desk: Desk, glance: Glance) -> None:
    glance.damage = True
    declare(desk)
    with pytest.raises(FailedError, match="arrived damaged"):
        desk.apply(working)
    assert desk.cloud.lists["images"] == {}


def test_new_content_is_a_new_image_and_the_old_one_is_renamed_and_hidden(desk: Desk, glance: Glance) -> None:
    declare(desk)
    desk.apply(working)
    old = desk.cloud.named("images", "guest")
    declare(desk, SECOND)
    assert "content sha512:" in desk.apply(working)[0]
    new = desk.cloud.named("images", "guest")
    assert new["id"] != old["id"]
    assert (old["name"], old["os_hidden"]) == (f"guest ({old['image_build_date']})", True)
    assert desk.apply(working) == ["Image guest: ok"]


def test_an_upload_that_was_cut_off_is_done_again(desk: Desk, glance: Glance) -> None:
    declare(desk)
    left = desk.cloud.add("images", name="guest", visibility="private", status="queued", groundplane_site="test")
    desk.apply(working)
    assert left["id"] not in desk.cloud.lists["images"]
    assert desk.cloud.names("images") == ["guest"]


def test_metadata_is_put_right_in_place(desk: Desk, glance: Glance) -> None:
    declare(desk)
    desk.apply(working)
    one = desk.cloud.named("images", "guest")
    one |= {"os_version": "12", "min_ram": 64}
    told = desk.apply(working)
    assert told == ["Image guest: changed (least RAM in MiB 64 → 0; property os_version 12 → 13)"]
    assert (one["os_version"], one["min_ram"]) == ("13", 0)


def test_a_plan_looks_at_nothing_but_the_cloud(desk: Desk, glance: Glance) -> None:
    declare(desk, checksum="https://localhost:1/SHA512SUMS", source="https://localhost:1/guest.raw")
    assert desk.state(looking) == {"image guest": "missing"}
    desk.cloud.add("images", name="guest", visibility="public", disk_format="raw", groundplane_site="test", min_disk=1)
    assert "content none; format raw" in desk.state(looking)["image guest"]


def test_other_projects_images_are_none_of_our_business(desk: Desk, glance: Glance) -> None:
    desk.cloud.add("images", name="guest", visibility="private", owner="somebody")
    declare(desk)
    assert desk.apply(working) == ["Image guest: changed (made)"]


def test_a_protected_image_is_pruned_too(desk: Desk, glance: Glance) -> None:
    declare(desk, protected=True)
    desk.apply(working)
    desk.declare(images=[], prune=["images"])
    assert desk.apply(working) == ["Image guest: changed (no longer declared: removed)"]
    assert desk.cloud.lists["images"] == {}


def test_the_cache_isnt_touched_for_a_file_of_the_site(desk: Desk, glance: Glance) -> None:
    declare(desk)
    desk.apply(working)
    cache: Path = desk.cache
    assert not cache.exists()
