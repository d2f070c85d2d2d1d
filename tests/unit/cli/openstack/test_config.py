from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from groundplane.cli.main import groundplane

from ...kolla.conftest import cloud  # noqa: TID252

if TYPE_CHECKING:
    from click.testing import Result

    from ...kolla.conftest import CloudSite  # noqa: TID252

__all__ = ["cloud"]


def run(cloud: CloudSite, *words: str) -> Result:
    # A site that was never initialised: what it lacks is told, and it is shown nevertheless.
    return CliRunner().invoke(groundplane, ["--site", str(cloud.path), "openstack", "config", *words])


def test_a_person_sees_values_groups_files_and_certificates(cloud: CloudSite) -> None:
    result = run(cloud, "--service", "nova", "--host", "node2")
    assert result.exit_code == 0, result.output
    assert "kolla_internal_vip_address" in result.stdout
    assert "172.31.0.240" in result.stdout
    assert "enforce_new_defaults = true" in result.stdout
    assert "certificate external 172.31.0.241" in result.stdout
    assert "problem" in result.stderr


def test_a_program_gets_all_of_it(cloud: CloudSite) -> None:
    result = run(cloud, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["variables"]["network_interface"]["written"].startswith("{{")
    assert found["groups"]["rabbitmq"] == ["node1", "node2", "node3"]
    assert found["overlays"]["nova.conf"]["files"] == [
        "environments/openstack/overlays/nova.conf",
        "environments/openstack/overlays/nova.conf",
    ]
    assert "nova.conf" in found["reads"]["nova"]
    assert found["certificates"]["internal"] == ["172.31.0.240", "internal.cloud.test"]


def test_an_unknown_service_ends_with_2(cloud: CloudSite) -> None:
    result = run(cloud, "--service", "nvoa")
    assert result.exit_code != 0
    assert "no service 'nvoa'" in str(result.exception)
