"""What HAProxy is told of Keycloak: the override file, worked out as Kolla does it."""

from __future__ import annotations

import re
from typing import Any

import jinja2
import pytest

from groundplane.content import toolkit_content

FILE = ("identity", "overlays", "haproxy", "services.d", "keycloak.cfg")
GIVEN: dict[str, Any] = {
    "kolla_enable_tls_external": True,
    "kolla_enable_tls_internal": True,
    "kolla_external_vip_address": "203.0.113.250",
    "kolla_internal_vip_address": "10.40.10.250",
    "identity_port": 8443,
    "identity_fqdn": "cloud.test",
    "identity_admin_networks": [],
    "keycloak_port": 8543,
    "keycloak_management_port": 9000,
    "groups": {"control": ["node1", "node2.cloud.test"]},
    "groundplane_domain": "cloud.test",
    "groundplane_hosts": {
        "node1": {"addresses": {"internal": "10.40.10.11"}},
        "node2.cloud.test": {"addresses": {"internal": "fd00::12"}},
    },
    "openstack_api_network": "internal",
}


def told(**differs: Any) -> list[str]:
    """Lines without comments."""
    environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    environment.filters["bool"] = bool
    environment.filters["put_address_in_context"] = lambda address, _: f"[{address}]" if ":" in address else address
    text = toolkit_content().environments.joinpath(*FILE).read_text(encoding="utf-8")
    lines = environment.from_string(text).render(GIVEN | differs).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def binds(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines if line.startswith("bind ")]


def test_people_come_by_both_addresses_with_the_addresses_own_certificates() -> None:
    lines = told()
    assert binds(lines) == ["203.0.113.250:8443", "10.40.10.250:8443"]
    assert [re.findall(r"crt \S+/(\S+)", line)[0] for line in lines if line.startswith("bind ")] == [
        "haproxy.pem",
        "haproxy-internal.pem",
    ]


@pytest.mark.parametrize(
    ("differs", "wanted"),
    [
        ({"kolla_internal_vip_address": "203.0.113.250"}, ["203.0.113.250:8443"]),
        ({"kolla_enable_tls_internal": False}, ["203.0.113.250:8443"]),
        ({"kolla_external_vip_address": "2001:db8::1"}, ["[2001:db8::1]:8443", "10.40.10.250:8443"]),
    ],
)
def test_an_address_that_is_the_same_or_has_no_tls_is_left_out(differs: dict[str, Any], wanted: list[str]) -> None:
    assert binds(told(**differs)) == wanted


def test_without_tls_anywhere_there_is_nothing() -> None:
    assert told(kolla_enable_tls_external=False, kolla_enable_tls_internal=False) == []


def test_each_member_is_verified_by_its_hosts_name_and_asked_whether_it_is_ready() -> None:
    members = [line for line in told() if line.startswith("server ")]
    assert [line.split()[:3] for line in members] == [
        ["server", "node1", "10.40.10.11:8543"],
        ["server", "node2", "[fd00::12]:8543"],
    ]
    for line, name in zip(members, ("node1.cloud.test", "node2.cloud.test"), strict=True):
        assert "check port 9000 check-ssl" in line
        assert line.endswith(f"ssl verify required ca-file ca-certificates.crt verifyhost {name}")


def test_nobody_says_where_they_come_from_themselves() -> None:
    lines = told()
    for header in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host"):
        assert lines.index(f"http-request del-header {header}") < lines.index("option forwardfor")


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        ("/admin", True),
        ("/admin/master/console/", True),
        ("/realms/master/protocol/openid-connect/token", True),
        ("//ADMIN/realms", True),
        ("/realms/acme/../../admin/realms", True),
        ("/realms/acme/protocol/openid-connect/token", False),
        ("/realms/administration/account", False),
        ("/resources/abc/login/keycloak/css/styles.css", False),
    ],
)
def test_the_administration_can_be_kept_from_others(path: str, *, hidden: bool) -> None:
    assert not any("deny" in line for line in told())
    (line,) = (line for line in told(identity_admin_networks=["10.40.0.0/24", "192.0.2.7"]) if "deny" in line)
    assert line.endswith("!{ src 10.40.0.0/24 192.0.2.7 }")
    (pattern,) = re.findall(r"-i '([^']+)'", line)
    assert bool(re.search(pattern, path, re.IGNORECASE)) is hidden
