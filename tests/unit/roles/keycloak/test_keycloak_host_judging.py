"""What keeps logins from working is told, host and cause and cure, before anything is touched."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

judging: Any = import_module("keycloak_host_judging")

HEALTHY: dict[str, Any] = {
    "clock": 1001.0,
    "engine": "",
    "running": False,
    "image": True,
    "listeners": {},
    "memory_mb": 4000,
    "certificate": "",
    "door": {},
    "database": "",
}
IMAGE = "registry.test:5000/cloud/keycloak@sha256:1"


def problems(*, wanted: str = IMAGE, **differs: Any) -> list[str]:
    found: list[str] = judging.host_problems(
        HEALTHY | differs,
        image=wanted,
        address="172.31.1.11",
        url="https://cloud.test:8443",
        database="172.31.1.250:3306",
        minimum_memory_mb=700,
        clock=1000.0,
        furthest_clock_seconds=30,
    )
    return found


def test_a_healthy_host_has_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"engine": "no daemon"}, ["container engine doesn't answer: no daemon", "groundplane apply bootstrap.docker"]),
        ({"image": False}, [f"lacks the image {IMAGE}", "groundplane apply supply"]),
        (
            {"listeners": {"8443": "ceph-mgr"}},
            ["ceph-mgr listens on port 8443 of 172.31.1.11", "keycloak_port"],
        ),
        ({"memory_mb": 300}, ["300 MiB of memory left", "keycloak_minimum_memory_mb (700)", "keycloak_java_heap"]),
        ({"clock": 1090.0}, ["90 s ahead of", "the 30 s", "chronyc makestep"]),
        ({"clock": 910.0}, ["90 s behind"]),
        ({"certificate": "certificate has expired"}, ["certificate has expired", "bootstrap.certificates"]),
        (
            {"door": {"kind": "name", "why": "Name or service not known"}},
            ["doesn't know the name in https://cloud.test:8443", "identity_fqdn"],
        ),
        (
            {"door": {"kind": "away", "why": "Connection refused"}},
            ["nobody answers it at https://cloud.test:8443: Connection refused", "openstack.loadbalancer"],
        ),
        (
            {"door": {"kind": "trust", "why": "self-signed certificate", "issuer": "CN = Other"}},
            ["doesn't trust", "(signed by CN = Other): self-signed certificate", "certificates/external.crt"],
        ),
        (
            {"database": "Connection refused"},
            ["the database at 172.31.1.250:3306 doesn't answer it: Connection refused", "openstack.mariadb"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(differs: dict[str, Any], said: list[str]) -> None:
    (found,) = problems(**differs)
    for words in said:
        assert words in found


def test_a_site_without_the_image_is_told_how_it_comes_by_one() -> None:
    (found,) = problems(wanted="")
    assert "images.lock has no image keycloak" in found
    assert "groundplane images build" in found


def test_keycloak_itself_may_have_its_ports_and_its_memory() -> None:
    assert problems(running=True, listeners={"8443": "java"}, memory_mb=100) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(problems(clock=0.0, database="Connection refused", certificate="missing")) == 3
