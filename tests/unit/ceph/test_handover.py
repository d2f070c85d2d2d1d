"""What the Ceph layer hands over, from a host's answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.ceph import handover as module
from groundplane.ceph.configuration import CephConfiguration, CephUser, Filesystem, GatewayUser
from groundplane.ceph.handover import fetch, question, understand, users_for
from groundplane.errors import FailedError, InputError
from groundplane.layers.model import Handover
from groundplane.ssh.asking import HostAnswer

from ..site.conftest import SiteFolder  # noqa: TID252, TC001

if TYPE_CHECKING:
    from groundplane.layers.handovers import HandedOver

ROLES = Path(__file__).resolve().parents[3] / "roles"
KEY = "AQAnotAkeyButLongEnough=="
CONF = "# minimal ceph.conf for 1\n[global]\n\tfsid = 1\n\tmon_host = [v2:10.0.0.1:3300/0]\n"


def user(name: str, *services: str, **more: Any) -> CephUser:
    return CephUser.model_validate({"name": name, "caps": {"mon": "allow r"}, "for": services, **more})


def test_files_are_as_kolla_wants_them() -> None:
    found = {
        "conf": CONF,
        "keys": {"client.glance": KEY},
        "gateway_users": {
            "backup": {
                "keys": [{"user": "backup", "access_key": "A", "secret_key": "S"}],
                "swift_keys": [{"user": "backup:swift", "secret_key": "T"}],
            }
        },
    }
    handed = understand(found, ["client.glance", "client.nova"], ["backup", "other"])
    assert handed.files["ceph.conf"] == (
        "# minimal ceph.conf for 1\n[global]\nfsid = 1\nmon_host = [v2:10.0.0.1:3300/0]\n"
    )
    assert handed.files["ceph.client.glance.keyring"] == f"[client.glance]\nkey = {KEY}\n"
    assert json.loads(handed.files["gateway.backup.json"]) == {
        "user": "backup",
        "access_key": "A",
        "secret_key": "S",
        "swift_user": "backup:swift",
        "swift_secret_key": "T",
    }
    assert handed.keys == {"client.glance": KEY, "gateway user backup": "S", "gateway user backup (Swift)": "T"}
    assert handed.missing == {"client.nova": "ceph.users", "gateway user other": "ceph.gateway"}
    assert KEY not in repr(handed)


def test_users_are_found_by_what_they_are_for() -> None:
    manila = user("manila", "manila", only_with_filesystems=True)
    users = (user("glance", "glance"), user("cinder", "cinder", "nova"), user("nova", "nova"), manila)
    gateway_users = (GatewayUser.model_validate({"name": "g", "for": ["glance"]}),)
    configuration = CephConfiguration(users=users, gateway_users=gateway_users)
    assert users_for(configuration, "nova") == (("client.cinder", "client.nova"), ())
    assert users_for(configuration, "glance") == (("client.glance",), ("g",))
    assert users_for(configuration, "manila") == ((), ())
    with_files = CephConfiguration(users=users, filesystems=(Filesystem(name="shares"),))
    assert users_for(with_files, "manila") == (("client.manila",), ())


def test_the_script_is_python_and_brings_the_roles_modules() -> None:
    text = question(ROLES, ["client.glance"], []).decode()
    compile(text, "script", "exec")
    assert "class Session" in text
    assert "class Administration" in text


class Asked:
    def __init__(self, site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site = site.load()
        self.answers: dict[str, HostAnswer] = {}
        monkeypatch.setattr("groundplane.ceph.asking.ask_first", lambda *_args, **_more: self.answers)
        monkeypatch.setattr(module, "question", lambda *_args: b"")

    def fetch(self, service: str, *, named: bool = False) -> HandedOver:
        return fetch(self.site, cast("Any", None), Handover("ceph", service, named=named))


@pytest.fixture
def asked(ceph_site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(ceph_site, monkeypatch)


def test_the_first_host_that_answers_counts(asked: Asked) -> None:
    found = {"conf": CONF, "keys": {"client.glance": KEY}, "gateway_users": {}}
    asked.answers = {
        "node1": HostAnswer("node1", reachable=False, error="no answer"),
        "node2": HostAnswer("node2", reachable=True, data=found),
    }
    assert asked.fetch("glance").keys == {"client.glance": KEY}


def test_a_service_that_nobody_is_made_for_is_refused_where_it_was_named(asked: Asked) -> None:
    with pytest.raises(InputError, match="no key for 'glanse'") as caught:
        asked.fetch("glanse", named=True)
    assert "glance" in caught.value.cure
    asked.answers = {"node1": HostAnswer("node1", reachable=True, data={"conf": CONF, "keys": {}, "gateway_users": {}})}
    assert asked.fetch("rbd-check").files.keys() == {"ceph.conf"}


def test_a_cluster_that_nobody_can_speak_for_is_told(asked: Asked) -> None:
    data = {"clusters": ["1"], "fsid": "1", "error": "The cluster doesn't answer: timed out", "unanswered": {}}
    asked.answers = {"node1": HostAnswer("node1", reachable=True, data=data)}
    with pytest.raises(FailedError, match="No host can speak"):
        asked.fetch("glance")
