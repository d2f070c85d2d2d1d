"""Entries as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from groundplane.platform.options import Flavor, Image, RoleGrant, User


def test_a_flavor_may_be_its_name_alone_or_say_more() -> None:
    assert Flavor.model_validate("SCS-2V-8").ram == 8192
    more = Flavor.model_validate({"name": "SCS-2V-8", "ram": 9000, "extra_specs": {"hw:cpu_policy": "dedicated"}})
    assert (more.vcpus, more.ram) == (2, 9000)
    assert more.extra_specs["hw:cpu_policy"] == "dedicated"
    assert more.extra_specs["scs:name-v2"] == "SCS-2V-8"
    bare = Flavor.model_validate({"name": "SCS-2V-8", "extra_specs": None})
    assert bare.extra_specs["scs:cpu-type"] == "shared-core"


@pytest.mark.parametrize("given", ["small", {"name": "small"}, {"name": "SCS-nothing"}, 7])
def test_other_names_need_their_sizes(given: Any) -> None:
    with pytest.raises(ValidationError):
        Flavor.model_validate(given)


def test_properties_are_text() -> None:
    image = Image.model_validate(
        {
            "name": "a",
            "source": "a",
            "checksum": f"sha256:{'0' * 64}",
            "properties": {"os_version": 13, "hw_qemu_guest_agent": True},
        }
    )
    assert image.properties == {"os_version": "13", "hw_qemu_guest_agent": "true"}


def test_a_role_is_on_one_thing() -> None:
    with pytest.raises(ValidationError, match="one of project, domain and system"):
        RoleGrant.model_validate({"role": "member", "project": "a", "domain": "b"})
    assert RoleGrant.model_validate({"role": "admin", "system": True}).system


def test_a_password_is_never_shown() -> None:
    assert "hush" not in repr(User(name="a", password="hush"))
