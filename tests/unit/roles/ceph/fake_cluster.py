"""A cluster that keeps settings, notes, hosts, places and services, and answers as a Session does."""

from __future__ import annotations

import importlib
import json
from typing import Any

session_module: Any = importlib.import_module("ceph_session")
CephError: Any = session_module.CephError

MAKES = {"4G": "4294967296", "yes": "true"}
"""What Ceph makes of values that it writes in another way."""


class FakeCluster:
    """`log` has what was changed: the command and its words."""

    def __init__(self) -> None:
        self.settings: dict[tuple[str, str], str] = {}
        self.notes: dict[str, str] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.services: dict[str, dict[str, Any]] = {}
        self.tree: list[dict[str, Any]] = []
        self.modules = {"always_on_modules": ["orchestrator"], "enabled_modules": ["nfs"], "disabled_modules": []}
        self.quorum = ["node1"]
        self.managers = ["node1"]
        self.user = "root"
        self.ssh_config = "Host *\n  User root\n"
        self.keyrings: list[dict[str, str]] = []
        self.refused: dict[str, Exception] = {}
        self.log: list[tuple[str, dict[str, Any]]] = []

    def call(self, prefix: str, **words: Any) -> Any:
        return json.loads(self.text(prefix, **words) or "null")

    def text(self, prefix: str, **words: Any) -> str:
        words = {key: value for key, value in words.items() if key not in ("target", "seconds", "attempts", "format")}
        if prefix in self.refused:
            raise self.refused[prefix]
        answer = getattr(self, "_" + prefix.replace(" ", "_").replace("-", "_"))(**words)
        if answer is None:
            self.log.append((prefix, words))
            return ""
        return answer if isinstance(answer, str) else json.dumps(answer)

    def changes(self, prefix: str) -> list[dict[str, Any]]:
        return [words for asked, words in self.log if asked == prefix]

    def _config_dump(self) -> Any:
        return [
            {
                "section": section.partition("/")[0],
                "mask": section.partition("/")[2],
                "name": name,
                "value": value,
            }
            for (section, name), value in self.settings.items()
        ]

    def _config_set(self, *, who: str, name: str, value: str, force: bool | None = None) -> None:
        self.settings[who, name] = MAKES.get(value, value)

    def _config_rm(self, *, who: str, name: str) -> None:
        self.settings.pop((who, name))

    def _config_key_get(self, *, key: str) -> str:
        if key not in self.notes:
            raise CephError(f"no such key {key}", -2)
        return self.notes[key]

    def _config_key_set(self, *, key: str, val: str) -> None:
        self.notes[key] = val

    def _mgr_module_ls(self) -> Any:
        return self.modules

    def _mgr_module_enable(self, *, module: str) -> None:
        self.modules["enabled_modules"].append(module)

    def _mgr_module_disable(self, *, module: str) -> None:
        self.modules["enabled_modules"].remove(module)

    def _cephadm_get_user(self) -> str:
        return self.user

    def _cephadm_set_user(self, *, user: str) -> None:
        self.user = user

    def _cephadm_get_ssh_config(self) -> str:
        return self.ssh_config

    def _cephadm_set_ssh_config(self, *, data: str) -> None:
        self.ssh_config = data

    def _orch_client_keyring_ls(self) -> Any:
        return self.keyrings

    def _orch_client_keyring_set(self, *, entity: str, placement: str) -> None:
        self.keyrings.append({"entity": entity, "placement": placement})

    def _orch_host_ls(self, *, detail: bool = False) -> Any:
        return list(self.hosts.values())

    def _orch_host_set_addr(self, *, hostname: str, addr: str) -> None:
        self.hosts[hostname]["addr"] = addr

    def _orch_host_label_add(self, *, hostname: str, label: str) -> None:
        self.hosts[hostname]["labels"].append(label)

    def _orch_host_label_rm(self, *, hostname: str, label: str, force: bool) -> None:
        self.hosts[hostname]["labels"].remove(label)

    def _orch_apply(self, *, data: str) -> None:
        for line in data.splitlines():
            if line == "---":
                continue
            entry = json.loads(line)
            if entry["service_type"] == "host":
                entry["ram"] = "64 GiB"
                self.hosts[entry["hostname"]] = entry
            else:
                self.services[entry["service_type"]] = entry

    def _orch_ls(self, *, export: bool) -> Any:
        return list(self.services.values())

    def _orch_ps(self) -> Any:
        return []

    def _orch_daemon_add(self, *, daemon_type: str, placement: str) -> None:
        if daemon_type == "mon":
            self.quorum += placement.split()

    def _quorum_status(self) -> Any:
        return {"quorum_names": self.quorum}

    def _mgr_metadata(self) -> Any:
        return [{"hostname": host, "name": f"{host}.a"} for host in self.managers]

    def _osd_tree(self) -> Any:
        return {"nodes": self.tree}

    def _osd_crush_add_bucket(self, *, name: str, type: str, args: list[str]) -> None: ...  # noqa: A002 - Ceph's word

    def _osd_crush_move(self, *, name: str, args: list[str]) -> None: ...

    def _osd_crush_rm(self, *, name: str) -> None: ...
