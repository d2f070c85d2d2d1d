"""What a lab with a cloud says of itself is true: `./scripts/test cloud`, on the lab of test_openstack.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import FROM_NOTHING, HOSTS

if TYPE_CHECKING:
    from tests.e2e.cloud import Cloud
    from tests.e2e.conftest import Lab

# Whichever test comes first waits for the lab.
pytestmark = [pytest.mark.cloud, pytest.mark.timeout(FROM_NOTHING + 600)]

LAYERS = {"bootstrap", "supply", "ceph", "openstack", "identity", "platform"}
MOST_SECONDS = 30
GIB = 1024**3


@pytest.fixture(scope="module")
def told(cloud_lab: Lab) -> dict[str, Any]:
    """`lab status --json`."""
    answer = cloud_lab.lab("status", "--json")
    assert answer.code == 0, str(answer)
    found: dict[str, Any] = answer.json()
    return found


def test_every_door_opens_by_its_address_and_the_named_certificate(told: dict[str, Any], cloud: Cloud) -> None:
    ways = told["ways_in"]
    assert set(ways["doors"]) == {"Horizon", "Keycloak", "Keystone"}
    assert ways["authority"] == str(cloud.lab.site / "certificates" / "ca.crt")
    for url in ways["doors"].values():
        with urlopen(url, context=cloud.trust, timeout=60) as answer:  # noqa: S310 - https, to the lab
            assert answer.status == 200, url


def test_named_passwords_are_there_and_named_entries_are_given(
    told: dict[str, Any], cloud_lab: Lab, cloud: Cloud
) -> None:
    accounts = {one["name"]: one for one in told["ways_in"]["accounts"]}
    assert {"anna", "alice", "bob", "demo", "admin"} <= set(accounts)
    secrets = cloud.secrets()
    assert all(secrets[one["secret"]] for one in accounts.values())
    revealed = cloud_lab.groundplane("secrets", "show", "--reveal", accounts["anna"]["secret"])
    assert revealed.out.strip() == secrets[accounts["anna"]["secret"]]
    given = cloud_lab.groundplane("openstack", "clouds", *told["ways_in"]["clouds"])
    assert given.code == 0, str(given)


def test_times_and_memory_are_of_this_lab(told: dict[str, Any]) -> None:
    assert set(told["times"]["layers"]) == LAYERS
    assert all(layer["applied"] > 0 and layer["verified"] > 0 for layer in told["times"]["layers"].values())
    assert told["times"]["critical_path"]
    now, highest = told["memory"]["now"], told["memory"]["highest"]
    assert set(now["nodes"]) == set(highest["nodes"]) == set(HOSTS)
    # A cloud doesn't fit into less, and the nodes are not more than the machine.
    assert GIB < highest["together"] <= highest["machine"]


def test_the_summary_is_shown_and_fits(cloud_lab: Lab) -> None:
    shown = cloud_lab.lab("status")
    assert shown.code == 0, str(shown)
    for words in ("sshuttle -r", "acme_anna_password", "critical path", "groundplane openstack smoke"):
        assert words in shown.out, str(shown)


def test_groundplane_alone_agrees_with_a_plan_of_the_same_files(cloud_lab: Lab) -> None:
    alone = cloud_lab.groundplane("--json", timeout=MOST_SECONDS)
    assert alone.code == 0, str(alone)
    found = alone.json()
    assert (found["valid"], found["secrets"], found["compared"]) == (True, "open", True)
    assert found["lab"] == {"name": cloud_lab.name, "nodes": len(HOSTS), "running": len(HOSTS)}
    plan = cloud_lab.groundplane("plan", "--no-probe", "--json").json()
    due = {step["step"] for step in plan["steps"] if any(host["action"] == "run" for host in step["hosts"])}
    seen = {
        f"{name}.{step}"
        for name, layer in found["layers"].items()
        for step, state in layer["steps"].items()
        if state != "up to date"
    }
    assert seen == due
