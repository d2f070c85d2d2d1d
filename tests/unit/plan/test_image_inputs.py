from __future__ import annotations

import pytest

from groundplane.plan.image_inputs import differs_by_images_alone, is_image_input
from groundplane.plan.model import Fingerprint


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("groundplane_images", True),
        ("groundplane_host_images", True),
        ("groundplane_images.ceph", True),
        ("image nova-api", True),
        ("images_parallel", False),
        ("groundplane_registry", False),
    ],
)
def test_inputs_that_come_from_the_lock(name: str, is_one: bool) -> None:
    assert is_image_input(name) is is_one


def fingerprint(**more: object) -> Fingerprint:
    return Fingerprint.model_validate({"inputs": {"image a": "1", "zone": "1"}, "digest": "d", **more})


def test_only_images_may_differ() -> None:
    one = fingerprint()
    assert differs_by_images_alone(one, fingerprint(inputs={"image a": "2", "image b": "1", "zone": "1"}))
    assert not differs_by_images_alone(one, fingerprint(inputs={"image a": "2", "zone": "2"}))
    assert not differs_by_images_alone(one, fingerprint(content={"file": "1"}))
    assert not differs_by_images_alone(one, fingerprint(release="another"))
