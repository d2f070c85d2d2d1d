"""What is told wrong before the cloud is asked, with its line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from groundplane.errors import InputError
from groundplane.platform.configuration import read_configuration
from groundplane.platform.scs import MANDATORY_FLAVORS
from groundplane.platform.validation import layer_problems

from .conftest import FILE, TOOLKIT, Desk

METADATA = {
    "architecture": "x86_64",
    "os_distro": "debian",
    "os_version": "13",
    "hw_disk_bus": "virtio",
    "image_original_user": "debian",
    "image_description": "x",
    "replace_frequency": "never",
    "provided_until": "none",
    "uuid_validity": "forever",
}


def image(**more: Any) -> dict[str, Any]:
    return {"name": "a", "source": "https://x/a.img", "checksum": f"sha256:{'0' * 64}", **more}


def told(desk: Desk, **options: Any) -> list[str]:
    desk.declare(**options)
    return _told(desk)


def _told(desk: Desk) -> list[str]:
    return [
        f"{problem.place.line if problem.place else ''}: {problem.what} | {problem.cure}"
        for problem in layer_problems(desk.folder.load(secrets=desk.secrets, strict=False))
    ]


def test_nothing_is_wrong_with_the_toolkits_own(desk: Desk) -> None:
    assert told(desk) == []


def test_the_mandatory_flavors_are_asked_for_unless_the_site_is_to_be_another(desk: Desk) -> None:
    flavors = [name for name in MANDATORY_FLAVORS if name != "SCS-1L-1"]
    found = told(desk, scs=True, flavors=flavors)
    assert len(found) == 1
    assert "SCS-0103 asks for 1 flavors more: SCS-1L-1" in found[0]
    assert "platform_scs: false" in found[0]
    assert told(desk, flavors=flavors) == []


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"flavors": ["SCS-1V-4", "SCS-1V-4"]}, "the flavor 'SCS-1V-4' is declared twice"),
        ({"flavors": [{"name": "SCS-1V-4", "ram": 1024}]}, "promises ram 4096 by its name and has 1024"),
        ({"flavors": [{"name": "SCS-X", "vcpus": 1, "ram": 1}]}, "isn't named as SCS-0100 says"),
        ({"flavors": [{"name": "a", "vcpus": 1}]}, "'ram' is missing"),
        (
            {"flavors": [{"name": "a", "vcpus": 1, "ram": 1, "disc": 1}]},
            "the key 'disc' is unknown | Did you mean 'disk'?",
        ),
        ({"flavors": "SCS-1V-4"}, "'platform_flavors' is no list"),
        ({"images": [image(checksum="md5:1")]}, "neither sha256:HEX nor sha512:HEX"),
        ({"images": [image(source="nowhere.img")]}, "nowhere.img, which isn't there"),
        ({"images": [image(source="site.yml", checksum="https://x/S")]}, "its checksum is to be found elsewhere"),
        ({"volume_types": [{"name": "a", "description": "[scs:fast]"}]}, "an aspect that SCS-0114 doesn't know"),
        ({"volume_types": [{"name": "a", "encryption": {}}]}, "nobody to keep the keys | Say enable_barbican: true"),
        ({"networks": [{"name": "a", "subnets": [{"name": "a", "site_network": "managment"}]}]}, "mean 'management'?"),
        ({"networks": [{"name": "a", "subnets": [{"name": "a"}]}]}, "neither cidr nor site_network"),
        ({"routers": [{"name": "r", "external": "public"}]}, "'public', no declared external network"),
        ({"routers": [{"name": "r", "subnets": ["x"]}]}, "an interface in 'x', which isn't declared"),
        ({"users": [{"name": "a", "password": "clear"}]}, "stands there in clear | Move it to secrets.yml"),
        ({"users": [{"name": "a", "password": "{{ b }}", "domain": "x"}]}, "the domain 'x' isn't declared"),
        ({"groups": [{"name": "a", "roles": [{"role": "r"}]}]}, "a role is on one of project, domain and system"),
        ({"services": [{"name": "a", "type": "b", "endpoints": {"public": "s3"}}]}, "is no URL: 's3'"),
        ({"services": [{"name": "a", "type": "b", "endpoints": {"outside": "s3"}}]}, "outside"),
        ({"prune": ["flavor"]}, "'flavor' can't be pruned | Did you mean 'flavors'?"),
        ({"flavors": "{{ nothing_like_this }}"}, "the value of 'platform_flavors' can't be worked out"),
    ],
)
def test_each_mistake_is_told_with_its_cure(desk: Desk, options: dict[str, Any], what: str) -> None:
    found = told(desk, **options)
    assert len(found) == 1, found
    assert what in found[0]


def test_it_is_told_where_the_mistake_stands(desk: Desk) -> None:
    text = "platform_scs: false\nplatform_flavors:\n  - SCS-1V-4\n  - name: a\n    vcpus: one\n    ram: 1\n"
    desk.folder.write(FILE, text)
    assert [line.partition(":")[0] for line in _told(desk)] == ["5"]


def test_metadata_that_scs_asks_for(desk: Desk) -> None:
    base: dict[str, Any] = {"scs": True, "flavors": list(MANDATORY_FLAVORS)}
    whole = image(min_disk=1, min_ram=64, properties=METADATA)
    assert told(desk, **base, images=[whole]) == []
    found = told(desk, **base, images=[image(properties={**METADATA, "replace_frequency": "often"})])
    assert "lacks what SCS-0102 asks for: min_disk, min_ram" in found[0]
    assert "replace_frequency 'often'" in found[1]
    assert told(desk, **base, images=[image(visibility="private")]) == []


def test_what_a_site_begins_with_is_right(desk: Desk) -> None:
    templates = TOOLKIT / "src/groundplane/site/scaffold/templates"
    text = (templates / "production/environments/platform/configuration.yml.j2").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("[%")]
    written = yaml.safe_load("\n".join(lines))
    written["platform_networks"][0]["subnets"] = [{"name": "public", "site_network": "management"}]
    desk.folder.write(FILE, yaml.safe_dump(written))
    assert _told(desk) == []


def test_whoever_works_gets_all_problems_at_once(desk: Desk) -> None:
    desk.declare(flavors=[{"name": "a"}], prune=["x"])
    with pytest.raises(InputError, match="3 problems"):
        read_configuration(desk.site)


def test_a_site_without_the_layer_has_no_problems(desk: Desk) -> None:
    desk.declare(flavors=[{"name": "a"}])
    text = (desk.folder.path / "site.yml").read_text()
    desk.folder.write("site.yml", text.replace(", platform]", "]"))
    assert _told(desk) == []
