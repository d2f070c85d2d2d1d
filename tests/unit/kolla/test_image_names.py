"""The names under which Kolla's modules find images."""

from __future__ import annotations

from groundplane.kolla.image_names import kolla_image


def test_an_images_name_for_kolla_carries_its_digest() -> None:
    assert kolla_image("r:5000/c/cron@sha256:e114a5b33846ef08") == "r:5000/c/cron:sha256-e114a5b33846"
    assert kolla_image("r:5000/c/cron:1") == "r:5000/c/cron:1"
