"""What the smoke test takes of what a cloud offers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from groundplane.errors import InputError
from groundplane.openstack.smoke.choosing import (
    GIB,
    choose_flavor,
    choose_image,
    choose_network,
    free_cidr,
    volume_gib,
)


def image(name: str, size: int = 100, **more: Any) -> SimpleNamespace:
    fields = {"status": "active", "visibility": "public", "disk_format": "qcow2", "min_ram": 0, "min_disk": 0}
    return SimpleNamespace(**{"id": name, "name": name, "size": size, "virtual_size": None, **fields, **more})


def flavor(name: str, ram: int, disk: int = 0, vcpus: int = 1) -> SimpleNamespace:
    return SimpleNamespace(name=name, ram=ram, disk=disk, vcpus=vcpus)


def network(name: str, *, external: bool = True, default: bool = False) -> SimpleNamespace:
    return SimpleNamespace(name=name, is_router_external=external, is_default=default)


def test_the_smallest_public_image_that_is_ready_is_taken() -> None:
    offered = [
        image("big", 900),
        image("small", 200),
        image("queued", 1, status="queued"),
        image("iso", 1, disk_format="iso"),
        image("private", 1, visibility="private"),
    ]
    assert choose_image(offered).name == "small"
    assert choose_image(offered, "big").name == "big"
    assert choose_image(offered, "private").name == "private"


def test_a_cloud_without_images_says_so() -> None:
    with pytest.raises(InputError, match="no public image"):
        choose_image([])
    with pytest.raises(InputError, match="no image 'Debian'"):
        choose_image([image("debian")], "Debian")


def test_the_smallest_flavor_with_the_memory_that_the_image_wants() -> None:
    offered = [flavor("4", 4096), flavor("2-20", 2048, 20), flavor("2", 2048), flavor("1", 1024)]
    assert choose_flavor(offered, image("any", min_ram=1500)).name == "2"
    assert choose_flavor(offered, image("any")).name == "1"
    assert choose_flavor(offered, image("any"), "4").name == "4"
    with pytest.raises(InputError) as caught:
        choose_flavor(offered, image("any"), "2-2")
    assert "Did you mean '2-20'?" in caught.value.cure
    with pytest.raises(InputError, match="8192 MiB"):
        choose_flavor(offered, image("any", min_ram=8192))
    with pytest.raises(InputError, match="no flavor"):
        choose_flavor([], image("any"))


def test_the_default_external_network_comes_first() -> None:
    offered = [network("b"), network("a"), network("c", default=True), network("inner", external=False)]
    assert choose_network(offered).name == "c"
    assert choose_network(offered[:2]).name == "a"
    assert choose_network(offered, "b").name == "b"
    with pytest.raises(InputError, match="no external network 'inner'"):
        choose_network(offered, "inner")
    with pytest.raises(InputError, match="no external network"):
        choose_network([offered[3]])


@pytest.mark.parametrize(
    ("fields", "size"),
    [({}, 1), ({"min_disk": 8}, 8), ({"size": 2 * GIB + 1}, 3), ({"virtual_size": 5 * GIB}, 5)],
)
def test_a_volume_is_never_smaller_than_the_image_unpacked(fields: dict[str, int], size: int) -> None:
    assert volume_gib(image("any", **fields)) == size


def test_a_network_that_nobody_has() -> None:
    assert free_cidr([]) == "192.168.0.0/24"
    assert free_cidr(["192.168.0.0/23", "10.0.0.0/8", "fd00::/64"]) == "192.168.2.0/24"
    with pytest.raises(InputError):
        free_cidr(["192.168.0.0/16"])
