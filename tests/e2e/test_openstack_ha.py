"""Three controllers, one of which goes: `./scripts/test cloud_ha`. In the order of the file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cloud import NODES, Cloud
from tests.e2e.conftest import Lab, standing_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.cloud_ha

FROM_NOTHING = 4 * 3600
"""Seconds for scripts/lab where every image has to be built, too."""
LONGEST_GAP = 30
"""Seconds that a client may wait for an answer while a controller goes."""


@pytest.fixture(scope="module")
def ha_lab() -> Iterator[Lab]:
    with standing_lab("-ha", "--profile", "ha", timeout=FROM_NOTHING) as made:
        yield made


@pytest.fixture(scope="module")
def cloud(ha_lab: Lab) -> Cloud:
    return Cloud(ha_lab)


def galera_size(lab: Lab, host: str) -> int:
    """How many members the host's database sees."""
    question = "SHOW STATUS LIKE 'wsrep_cluster_size'"
    client = ("mariadb", "--defaults-file=/etc/mysql/healthcheck.cnf", "-Nse", question)
    return int(lab.on(host, "docker", "exec", "mariadb", *client).split()[-1])


@pytest.mark.timeout(FROM_NOTHING + 600)
def test_three_controllers_make_a_cloud(ha_lab: Lab, cloud: Cloud) -> None:
    assert cloud.token()
    assert {galera_size(ha_lab, host) for host in NODES} == {len(NODES)}
    ha_lab.wait_until_verified("openstack")


@pytest.mark.timeout(3600)
def test_the_api_goes_on_while_the_controller_with_the_address_is_gone(ha_lab: Lab, cloud: Cloud) -> None:
    gone = cloud.holder()
    left = [host for host in NODES if host != gone]
    with cloud.asked_all_the_time() as met:
        time.sleep(10)
        before = met.rounds
        assert before > 0, met.failures
        assert ha_lab.lab("stop", "--kill", gone).code == 0
        try:
            time.sleep(120)
            assert met.rounds > before, met.failures
            assert {galera_size(ha_lab, host) for host in left} == {len(left)}
            # Not only what is cached or read: databases and the message queue take work without it.
            name = "while-one-is-gone"
            made = cloud.call("network", "POST", "/v2.0/networks", {"network": {"name": name}})
            cloud.call("network", "DELETE", f"/v2.0/networks/{made['network']['id']}")
            made = cloud.call("block-storage", "POST", "/volumes", {"volume": {"name": name, "size": 1}})
            path = f"/volumes/{made['volume']['id']}"
            ha_lab.wait_for(
                lambda: cloud.call("block-storage", "GET", path)["volume"]["status"] == "available", "a volume", 120
            )
            cloud.call("block-storage", "DELETE", path)
            red = ha_lab.groundplane("verify", "openstack", timeout=1800)
            assert red.code == 1, str(red)
            assert gone in red.out + red.err
        finally:
            started = ha_lab.lab("start", gone)
        assert started.code == 0, str(started)
        ha_lab.wait_until_verified("openstack")
    assert met.longest_gap < LONGEST_GAP, met.failures
    assert {galera_size(ha_lab, host) for host in NODES} == {len(NODES)}
    found = ha_lab.groundplane("openstack", "status", "--json").json()["findings"]
    assert [one["what"] for one in found if one["severity"] == "error"] == []
    answer, steps = ha_lab.plan()
    assert (answer.code, steps) == (0, {}), str(answer)
