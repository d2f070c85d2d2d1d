"""kolla-build is told of Debian, and of nobody else's archive."""

from __future__ import annotations

import configparser
from pathlib import Path

import yaml

from groundplane.supply.kolla.configuration import DISABLED, disabled_repositories, kolla_configuration


def test_the_configuration_is_what_kolla_reads() -> None:
    text = kolla_configuration(series="2026.1", suite="trixie", repositories=Path("/r.yaml"), additions=Path("/more"))
    parser = configparser.ConfigParser()
    parser.read_string(text)
    values = parser["DEFAULT"]
    assert (values["base"], values["base_tag"], values["openstack_release"]) == ("debian", "trixie", "2026.1")
    assert (values["repos_yaml"], values["docker_dir"]) == ("/r.yaml", "/more")
    assert "docker_dir" not in kolla_configuration(series="2026.1", suite="trixie", repositories=Path("/r.yaml"))


def test_every_repository_stays_known_and_none_is_asked() -> None:
    kolla = "deb:\n  grafana: {url: 'https://a.test', suite: s, component: c, gpg_key: k}\ndebian:\n  mariadb: {url: 'https://b.test'}\n"
    found = yaml.safe_load(disabled_repositories(kolla))
    assert {name for group in found.values() for name in group} == {"grafana", "mariadb"}
    for group in found.values():
        for repository in group.values():
            assert repository["url"] == DISABLED
            assert {"suite", "component", "gpg_key"} <= set(repository)
