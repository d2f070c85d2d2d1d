"""Customers' realms as domains, projects and groups of OpenStack, and what Kolla registers in Keystone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.identity.configuration import IdentityConfiguration, effective
from groundplane.identity.openstack.customers import Customers
from groundplane.identity.options import RealmFile
from groundplane.identity.policy_options import RealmDefaults
from groundplane.kolla.federation_mapping import mapping_rules

from ...platform.conftest import Desk, cloud_folder, desk, site_folder  # noqa: TID252
from ...platform.fake_cloud import FakeCloud  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cloud_folder", "desk", "site_folder"]

ACME: dict[str, Any] = {
    "display_name": "Acme Ltd",
    "projects": [{"name": "web", "description": "The shop"}],
    "groups": [
        {"name": "managers", "openstack": [{"role": "manager"}]},
        {"name": "developers", "openstack": [{"role": "member", "project": "web"}]},
        {"name": "canteen"},
    ],
}
ISSUER = "https://login.test:8443/realms/cloud"


class FederatedCloud(FakeCloud):
    """With Keystone's OS-FEDERATION."""

    def call(self, service: str, method: str, path: str, *, body: Any = None, **others: Any) -> dict[str, Any]:
        if not path.startswith("/OS-FEDERATION/"):
            return super().call(service, method, path, body=body, **others)
        self.calls.append(f"{method} {path}")
        collection, id_ = path.split("/")[-2:]
        self.lists[collection].setdefault(id_, {"id": id_}).update(next(iter(body.values())))
        return {}


@pytest.fixture
def at(desk: Desk) -> Desk:
    desk.cloud = FederatedCloud()
    desk.cloud.add("domains", name="keycloak", id="keycloak", enabled=True)
    desk.declare()
    return desk


def asked(**realms: Mapping[str, Any]) -> IdentityConfiguration:
    return IdentityConfiguration(
        url="https://login.test:8443",
        proxy_realm="cloud",
        keystone_provider="keycloak",
        openstack_domain="keycloak",
        login_name="Single sign-on",
        realms=tuple(
            effective(name, RealmFile.model_validate(given), RealmDefaults()) for name, given in realms.items()
        ),
    )


def apply(at: Desk, declared: IdentityConfiguration) -> list[str]:
    told = at.apply(lambda desk: Customers(desk.site, declared, desk.cloud))
    for collection in ("projects", "domains"):
        for one in at.cloud.lists[collection].values():
            one.setdefault("enabled", True)
    return told


def test_a_realm_becomes_a_domain_with_what_its_groups_may(at: Desk) -> None:
    told = apply(at, asked(acme=ACME))
    assert told[:4] == [
        "Domain acme: changed (made)",
        "Project acme/web: changed (made)",
        "Group acme/managers: changed (made)",
        "Group acme/developers: changed (made)",
    ]
    domain, project = at.cloud.named("domains", "acme"), at.cloud.named("projects", "web")
    assert domain["description"] == "Acme Ltd [groundplane test identity]"
    managers, developers = (at.cloud.named("groups", name)["id"] for name in ("managers", "developers"))
    assert at.cloud.grants == {
        ("domains", domain["id"], "groups", managers, "roles", "manager"),
        ("projects", project["id"], "groups", developers, "roles", "member"),
    }
    assert "canteen" not in at.cloud.names("groups")
    assert all(line.endswith(": ok") for line in apply(at, asked(acme=ACME)))


def test_a_realm_that_is_no_customers_gets_no_domain(at: Desk) -> None:
    told = apply(at, asked(internal={**ACME, "broker": False}))
    assert not any("domain" in line.lower() for line in told)


def test_a_customer_that_is_switched_off_is_switched_off_in_keystone_too(at: Desk) -> None:
    apply(at, asked(acme=ACME))
    told = apply(at, asked(acme={**ACME, "enabled": False}))
    assert "Domain acme: changed (enabled yes → no)" in told


def test_what_is_no_longer_declared_is_told_and_left(at: Desk) -> None:
    apply(at, asked(acme=ACME, globex={"projects": [{"name": "web"}]}))
    at.cloud.add("projects", name="theirs", domain_id="default", description="[groundplane test]")
    told = apply(at, asked(acme={**ACME, "groups": []}))
    left = "skipped (no longer declared; left alone (groundplane identity offboard removes a customer))"
    assert [line for line in told if "no longer" in line] == [
        f"Domain globex: {left}",
        f"Project globex/web: {left}",
        f"Group acme/managers: {left}",
        f"Group acme/developers: {left}",
    ]


def test_somebody_elses_domain_isnt_taken_over(at: Desk) -> None:
    at.cloud.add("domains", name="acme", description="another", enabled=True)
    with pytest.raises(FailedError, match="not made by this site"):
        apply(at, asked(acme=ACME))


def test_what_a_customers_manager_wrote_into_a_description_is_put_right(at: Desk) -> None:
    apply(at, asked(acme=ACME))
    at.cloud.named("projects", "web")["description"] = "Anna's"
    at.cloud.named("groups", "developers")["description"] = "Anna's"
    told = apply(at, asked(acme=ACME))
    assert "Project acme/web: changed (description Anna's → The shop)" in told
    assert "Group acme/developers: changed (description Anna's → none)" in told
    assert at.cloud.named("projects", "web")["description"] == "The shop [groundplane test identity]"


def test_nothing_is_taken_over_in_somebody_elses_domain(at: Desk) -> None:
    theirs = at.cloud.add("domains", name="acme", description="Acme Ltd", enabled=True)
    project = at.cloud.add("projects", name="web", domain_id=theirs["id"], description="another", enabled=True)
    with pytest.raises(FailedError, match="project acme/web was not made by this site"):
        apply(at, asked(acme=ACME))
    assert project["description"] == "another"


def test_a_mapping_that_somebody_edited_is_named_and_put_right(at: Desk) -> None:
    apply(at, asked())
    at.cloud.lists["mappings"]["keycloak"]["rules"] = []
    at.cloud.lists["identity_providers"]["keycloak"]["enabled"] = False
    told = apply(at, asked())
    assert "Mapping keycloak of Keystone: changed (rules another one → as declared)" in told
    assert "Identity provider keycloak of Keystone: changed (enabled no → yes)" in told
    assert at.cloud.lists["mappings"]["keycloak"]["rules"] == mapping_rules()
    assert at.cloud.lists["mappings"]["keycloak"]["schema_version"] == "2.0"
    assert at.cloud.lists["identity_providers"]["keycloak"]["remote_ids"] == [ISSUER]
