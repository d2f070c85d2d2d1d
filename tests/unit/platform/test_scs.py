"""What names promise, and how metadata is written."""

from __future__ import annotations

import pytest

from groundplane.platform.scs import ASPECTS, IMAGE_PROPERTIES, MANDATORY_FLAVORS, parse_flavor_name


def test_the_fifteen_mandatory_flavors_are_named_as_the_standard_says() -> None:
    assert len(set(MANDATORY_FLAVORS)) == 15
    assert all(parse_flavor_name(name) is not None for name in MANDATORY_FLAVORS)


@pytest.mark.parametrize(
    ("name", "vcpus", "ram", "disk", "specs"),
    [
        ("SCS-1L-1", 1, 1024, 0, {"scs:cpu-type": "crowded-core", "scs:name-v1": "SCS-1L:1"}),
        ("SCS-8V-32", 8, 32768, 0, {"scs:cpu-type": "shared-core", "scs:name-v1": "SCS-8V:32"}),
        ("SCS-4V-16-100s", 4, 16384, 100, {"scs:disk0-type": "ssd", "scs:name-v1": "SCS-4V:16:100s"}),
        ("SCS-1V-4-10", 1, 4096, 10, {"scs:disk0-type": "network"}),
        ("SCS-2C-0.5-2x20p_kvm_ib", 2, 512, 20, {"scs:cpu-type": "dedicated-core", "scs:disk0-type": "nvme"}),
    ],
)
def test_a_name_says_all(name: str, vcpus: int, ram: int, disk: int, specs: dict[str, str]) -> None:
    found = parse_flavor_name(name)
    assert found is not None
    assert (found.vcpus, found.ram, found.disk) == (vcpus, ram, disk)
    assert found.extra_specs["scs:name-v2"] == name
    assert specs.items() <= found.extra_specs.items()
    assert ("scs:disk0-type" in found.extra_specs) == (disk > 0)


@pytest.mark.parametrize("name", ["SCS-4-8", "SCS-4X-8", "SCS-4V-8-", "SCS-04V-8", "SCS-4V:8", "scs-4V-8"])
def test_other_names_promise_nothing(name: str) -> None:
    assert parse_flavor_name(name) is None


def test_how_metadata_is_written() -> None:
    assert IMAGE_PROPERTIES["uuid_validity"].fullmatch("last-3")
    assert IMAGE_PROPERTIES["provided_until"].fullmatch("2027-04-30")
    assert not IMAGE_PROPERTIES["replace_frequency"].fullmatch("sometimes")
    assert not IMAGE_PROPERTIES["hw_disk_bus"].fullmatch("ide")
    assert ASPECTS.match("[scs:encrypted, replicated] both")
    assert not ASPECTS.match("[scs:fast] x")
