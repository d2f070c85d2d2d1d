from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.images.databases import PASSWORD, start_mariadb

if TYPE_CHECKING:
    from tests.images.containers import Container, Machine

HEALTH = "http://127.0.0.1:9000/health/ready"
SETTINGS = {
    "KC_DB_URL": "jdbc:mariadb://127.0.0.1/keycloak",
    "KC_DB_USERNAME": "root",
    "KC_DB_PASSWORD": PASSWORD,
    "KC_HTTP_ENABLED": "true",
    "KC_HOSTNAME": "http://127.0.0.1:8080",
    "KC_BOOTSTRAP_ADMIN_USERNAME": "first",
    "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
    "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx400m",
}


def status(keycloak: Container, address: str, *words: str) -> str:
    return keycloak.exec(
        "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", *words, address
    ).out


@pytest.mark.timeout(400)
def test_it_becomes_ready_on_mariadb_and_issues_a_token(machine: Machine) -> None:
    database = start_mariadb(machine, machine.volume())
    database.said("mariadb", "--user=root", f"--password={PASSWORD}", "--execute", "CREATE DATABASE keycloak")
    variables = [word for key, value in SETTINGS.items() for word in ("--env", f"{key}={value}")]
    keycloak = machine.start("keycloak", options=["--network", f"container:{database.name}", *variables])
    keycloak.until(lambda: status(keycloak, HEALTH) == "200", seconds=300, what=f"HTTP 200 at {HEALTH}")
    assert "keycloak" in keycloak.said("id", "-un")
    assert status(keycloak, "http://127.0.0.1:9000/metrics") == "200"
    assert status(keycloak, "http://127.0.0.1:8080/realms/master/.well-known/openid-configuration") == "200"
    token_address = "http://127.0.0.1:8080/realms/master/protocol/openid-connect/token"
    form = ["--data", "grant_type=password", "--data", "client_id=admin-cli", "--data", "username=first"]
    answer = json.loads(keycloak.said("curl", "--silent", *form, "--data", f"password={PASSWORD}", token_address))
    assert answer["token_type"] == "Bearer"
    refused = json.loads(keycloak.said("curl", "--silent", *form, "--data", "password=wrong", token_address))
    assert refused["error"] == "invalid_grant"
    # Nothing is built at start: that would cost half a minute each time.
    assert "Quarkus augmentation" not in keycloak.logs()


def test_what_it_is_made_of_belongs_to_somebody_else(machine: Machine) -> None:
    words = "touch /opt/keycloak/lib/x || touch /opt/keycloak/bin/x || touch /opt/keycloak/conf/x || touch data/x"
    said = machine.said("keycloak", "bash", "-c", f"({words}) 2>&1; ls data/x; id -u")
    assert said.count("Permission denied") == 3
    assert said.splitlines()[-2:] == ["data/x", "42900"]
