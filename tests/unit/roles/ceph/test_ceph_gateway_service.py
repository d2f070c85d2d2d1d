"""The gateways' service and settings, against a cluster that remembers what it is told."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

gateway: Any = importlib.import_module("ceph_gateway_service")
CephError: Any = importlib.import_module("ceph_session").CephError

FOLDER = "/etc/groundplane/certificates"
NODES = ["node1", "node2"]
TLS = gateway.Gateways(port=7480, folder=FOLDER, settings={})


class Cluster:
    """A session; `config` are the settings of the gateways' section, `started` is host to when its gateway did."""

    def __init__(self) -> None:
        self.specifications: list[dict[str, Any]] = []
        self.config: dict[str, str] = {}
        self.store: dict[str, str] = {}
        self.changed: list[str] = []
        self.frontend = TLS.frontend
        self.started = dict.fromkeys(NODES, "2026-11-21T10:00:00.5+0000")

    def call(self, prefix: str, **asked: Any) -> Any:
        match prefix:
            case "orch ls":
                return self.specifications
            case "config dump":
                mine = [
                    {"section": gateway.SECTION, "name": name, "value": value} for name, value in self.config.items()
                ]
                return [*mine, {"section": "global", "name": "rgw_x", "value": "theirs"}]
            case "config help":
                return {"name": asked["key"], "can_update_at_runtime": asked["key"] != "rgw_thread_pool_size"}
            case "config-key get":
                if asked["key"] not in self.store:
                    raise CephError("ceph config-key get: No such file or directory", -2)
                return json.loads(self.store[asked["key"]])
            case _:
                assert prefix == "service dump"
                daemons = {
                    host: {
                        "start_stamp": at,
                        "metadata": {"hostname": host, "id": f"main.{host}.abc", "frontend_config#0": self.frontend},
                    }
                    for host, at in self.started.items()
                }
                return {"services": {"rgw": {"daemons": {"summary": "", **daemons}}}}

    def text(self, prefix: str, **asked: Any) -> str:
        self.changed.append(prefix)
        match prefix:
            case "orch apply":
                self.specifications = [json.loads(asked["data"])]
            case "orch rm":
                self.specifications = []
            case "config assimilate-conf":
                header, *lines = asked["data"].splitlines()
                assert header == f"[{gateway.SECTION}]"
                refused = [line for line in lines if line.startswith("unknown")]
                self.config.update(dict(line.split(" = ", 1) for line in lines if line not in refused))
                return "".join(refused)
            case "config rm":
                assert asked["who"] == gateway.SECTION
                del self.config[asked["name"]]
            case "config-key set":
                self.store[asked["key"]] = asked["val"]
            case _:
                assert prefix == "orch redeploy"
                self.frontend = TLS.frontend
        return ""


def test_the_specification_is_one_that_cephadm_takes() -> None:
    assert TLS.specification() == {
        "service_type": "rgw",
        "service_id": "main",
        "service_name": "rgw.main",
        "placement": {"label": "rgw"},
        "spec": {
            "rgw_frontend_port": 7480,
            "ssl": True,
            "rgw_frontend_extra_args": [
                f"ssl_certificate={FOLDER}/chain.crt",
                f"ssl_private_key={FOLDER}/host.key",
            ],
        },
        "extra_container_args": [f"--volume={FOLDER}:{FOLDER}:ro"],
    }
    plain = gateway.Gateways(port=80, folder="", settings={})
    assert plain.specification()["spec"] == {"rgw_frontend_port": 80}
    assert plain.frontend == "beast port=80"


def test_gateways_that_ask_keystone_by_tls_trust_whom_the_host_trusts() -> None:
    asking = gateway.Gateways(port=7480, folder=FOLDER, settings={"rgw_keystone_url": "https://172.31.0.240:5000"})
    assert asking.specification()["extra_container_args"] == [
        f"--volume={FOLDER}:{FOLDER}:ro",
        "--volume=/etc/ssl/certs:/etc/ssl/certs:ro",
        "--volume=/etc/ssl/certs/ca-certificates.crt:/etc/pki/tls/certs/ca-bundle.crt:ro",
    ]
    plain = gateway.Gateways(port=80, folder="", settings={"rgw_keystone_url": "http://172.31.0.240:5000"})
    assert "extra_container_args" not in plain.specification()


def test_a_second_time_nothing_changes() -> None:
    cluster = Cluster()
    wanted = gateway.Gateways(port=7480, folder=FOLDER, settings={"rgw_enable_usage_log": True})
    said = gateway.set_up(cluster, wanted, check=False)
    assert said == ["set rgw_enable_usage_log", "run gateways: on hosts labelled rgw, port 7480, TLS"]
    assert cluster.config == {"rgw_enable_usage_log": "true"}
    cluster.changed = []
    assert gateway.set_up(cluster, wanted, check=False) == []
    assert cluster.changed == []


def test_an_export_that_says_the_same_in_other_words_is_the_same() -> None:
    cluster = Cluster()
    cluster.specifications = [{**TLS.specification(), "unmanaged": False, "networks": [], "config": None}]
    assert gateway.set_up(cluster, TLS, check=False) == []


def test_check_mode_changes_nothing() -> None:
    cluster = Cluster()
    cluster.specifications = [gateway.Gateways(port=80, folder="", settings={}).specification()]
    wanted = gateway.Gateways(port=7480, folder=FOLDER, settings={"rgw_a": 1})
    assert gateway.set_up(cluster, wanted, check=True) == [
        "set rgw_a",
        "change the gateways: on hosts labelled rgw, port 7480, TLS",
    ]
    assert cluster.changed == []


def test_a_setting_that_the_site_gave_up_is_taken_back_unless_somebody_changed_it() -> None:
    cluster = Cluster()
    gateway.set_settings(cluster, {"rgw_a": "1", "rgw_b": "2"}, check=False)
    cluster.config |= {"rgw_b": "changed by hand", "rgw_c": "theirs"}
    assert gateway.set_settings(cluster, {}, check=False) == ["take back rgw_a"]
    assert cluster.config == {"rgw_b": "changed by hand", "rgw_c": "theirs"}


def test_values_are_no_arguments_and_are_not_remembered() -> None:
    cluster = Cluster()
    gateway.set_settings(cluster, {"rgw_keystone_admin_password": "hush"}, check=False)
    assert "hush" not in json.dumps(cluster.store)
    assert "config set" not in cluster.changed


def test_what_the_orchestrator_set_itself_is_left_alone() -> None:
    cluster = Cluster()
    cluster.config = {"rgw_realm": "theirs"}
    assert gateway.set_settings(cluster, {}, check=False) == []
    assert cluster.config == {"rgw_realm": "theirs"}


def test_settings_that_ceph_refuses_are_named() -> None:
    with pytest.raises(CephError, match="doesn't take these settings of ceph_gateway_config: unknown_thing"):
        gateway.set_settings(Cluster(), {"unknown_thing": "1"}, check=False)
    with pytest.raises(CephError, match="more than one line"):
        gateway.set_settings(Cluster(), {"rgw_a": "1\n[global]\nauth_client_required = none"}, check=False)


def test_gateways_that_started_before_a_setting_they_only_read_then_are_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "now", lambda: "2026-11-21T10:30:00")
    cluster = Cluster()
    gateway.set_settings(cluster, {"rgw_enable_usage_log": "true"}, check=False)
    assert gateway.stale(cluster, NODES) == []
    gateway.set_settings(cluster, {"rgw_enable_usage_log": "true", "rgw_thread_pool_size": "256"}, check=False)
    assert gateway.stale(cluster, ["node1.cloud.test", "node2.cloud.test"]) == ["node1.cloud.test", "node2.cloud.test"]
    cluster.started["node1"] = "2026-11-21T10:30:05.1+0000"
    assert gateway.stale(cluster, NODES) == ["node2"]


def wait(cluster: Cluster, seconds: float = 60) -> list[str]:
    times = iter(range(1000))
    found: list[str] = gateway.wait(
        cluster, TLS, NODES, seconds=seconds, clock=lambda: next(times), sleep=lambda _seconds: None
    )
    return found


def test_waiting_ends_when_each_host_has_a_gateway_of_that_kind() -> None:
    assert wait(Cluster()) == []


def test_daemons_that_run_with_other_arguments_are_redeployed() -> None:
    cluster = Cluster()
    cluster.frontend = "beast port=7480"
    assert wait(cluster) == []
    assert cluster.changed == ["orch redeploy"]


def test_hosts_that_get_no_gateway_are_named() -> None:
    cluster = Cluster()
    del cluster.started["node2"]
    assert wait(cluster, seconds=5) == ["node2"]
    assert cluster.changed == []


def test_gateways_end_where_the_site_wants_none() -> None:
    cluster = Cluster()
    assert gateway.remove(cluster, check=False) == []
    cluster.specifications = [TLS.specification()]
    assert len(gateway.remove(cluster, check=True)) == 1
    assert cluster.changed == []
    gateway.remove(cluster, check=False)
    assert cluster.specifications == []
