from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from groundplane.plan import probe_script
from groundplane.plan.probe_script import Host, Item, answer, label, link_state, unit_state

KEY = "00" * 32


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "var/lib/groundplane/watch").mkdir(parents=True)
    return tmp_path


def ask(root: Path, *items: Item, step: str = "ground.kernel") -> dict[str, str]:
    file = root / "var/lib/groundplane/watch" / f"{step}.json"
    file.write_text(json.dumps({"step": step, "items": list(items)}))
    steps = json.loads(answer({"key": KEY, "steps": None, "root": str(root)}))["steps"]
    found: dict[str, str] = steps[step]
    assert found.pop("watch list")
    return found


def test_it_is_python_3_9_and_stands_alone() -> None:
    # In a process of its own: isolated, it can't import this package, and Debian 12's Python 3.11.2 now and then
    # fails to parse where another thread parses too ("AST constructor recursion depth mismatch").
    code = (
        "import ast, runpy, sys;"
        "ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9));"
        "runpy.run_path(sys.argv[1]);"
        "sys.exit(any(name.startswith('groundplane') for name in sys.modules))"
    )
    path = str(Path(probe_script.__file__))
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_files_and_folders(root: Path) -> None:
    (root / "etc").mkdir(mode=0o755)
    file = root / "etc/daemon.json"
    file.write_text("{}")
    file.chmod(0o640)
    items = [{"kind": "file", "path": "/etc/daemon.json"}, {"kind": "directory", "path": "/etc"}]
    before = ask(root, *items, {"kind": "file", "path": "/etc/gone"})
    assert before["file /etc/daemon.json"].startswith("0640 root:root content:")
    assert before["directory /etc"].startswith("0755 ")
    assert before["file /etc/gone"] == "missing"
    file.write_text('{"debug": true}')
    assert ask(root, *items)["file /etc/daemon.json"] != before["file /etc/daemon.json"]


def test_a_containers_folder_tells_the_files_that_no_list_names(root: Path) -> None:
    (root / "etc/kolla/nova-api/more").mkdir(parents=True)
    for name in ("nova.conf", "more/config.json"):
        (root / "etc/kolla/nova-api" / name).touch()
    files = [{"kind": "file", "path": f"/etc/kolla/nova-api/{name}"} for name in ("nova.conf", "more/config.json")]
    other = {"kind": "file", "path": "/etc/other/x.conf"}
    found = ask(root, *files, other)
    assert found["folder /etc/kolla/nova-api"] == "nothing else"
    assert [item for item in found if item.startswith("folder ")] == ["folder /etc/kolla/nova-api"]
    for number in range(7):
        (root / f"etc/kolla/nova-api/more/{number}.conf").touch()
    assert ask(root, *files)["folder /etc/kolla/nova-api"] == (
        "more/0.conf, more/1.conf, more/2.conf, more/3.conf, more/4.conf and 2 more"
    )
    assert ask(root, {"kind": "file", "path": "/etc/kolla/gone/x"})["folder /etc/kolla/gone"] == "missing"


def test_kollas_containers_are_known_by_the_folders_that_they_mount(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        "cinder_api\t/etc/kolla/cinder-api/,kolla_logs\nceph-mon\t/var/lib/ceph\nbackup\tx,/etc/kolla/cinder-backup\n"
    )
    monkeypatch.setattr(
        probe_script, "run", lambda words: subprocess.CompletedProcess(words, 0, said if "ps" in words else "", "")
    )

    def containers() -> object:
        return json.loads(answer({"key": KEY, "root": str(root)}))["containers"]

    assert containers() == {}, "without the folder there is nothing of Kolla's"
    (root / "etc/kolla").mkdir(parents=True)
    assert containers() == {"cinder_api": "cinder-api", "backup": "cinder-backup"}


def test_the_digest_of_a_file_is_keyed(root: Path) -> None:
    (root / "secret").write_text("1234")
    one = Host(b"a", [], str(root)).value({"kind": "file", "path": "/secret"})
    other = Host(b"b", [], str(root)).value({"kind": "file", "path": "/secret"})
    assert one != other


def test_kernel_values_and_modules(root: Path) -> None:
    (root / "proc/sys/net/ipv4/conf/eth0.5").mkdir(parents=True)
    (root / "proc/sys/net/ipv4/ip_local_port_range").write_text("32768\t60999\n")
    (root / "proc/sys/net/ipv4/conf/eth0.5/rp_filter").write_text("2\n")
    (root / "sys/module/br_netfilter").mkdir(parents=True)
    assert ask(
        root,
        {"kind": "sysctl", "key": "net.ipv4.ip_local_port_range"},
        {"kind": "sysctl", "key": "net.ipv4.conf.eth0/5.rp_filter"},
        {"kind": "sysctl", "key": "vm.none"},
        {"kind": "module", "name": "br-netfilter"},
        {"kind": "module", "name": "zfs"},
    ) == {
        "sysctl net.ipv4.ip_local_port_range": "32768 60999",
        "sysctl net.ipv4.conf.eth0/5.rp_filter": "2",
        "sysctl vm.none": "missing",
        "module br-netfilter": "loaded",
        "module zfs": "missing",
    }


def test_users_name_zone_and_commands(root: Path) -> None:
    (root / "etc").mkdir()
    (root / "etc/localtime").symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    found = ask(
        root,
        {"kind": "user", "name": "root"},
        {"kind": "user", "name": "nobody-here"},
        {"kind": "hostname"},
        {"kind": "timezone"},
        {"kind": "command", "name": "short", "argv": ["echo", "hello"]},
        {"kind": "command", "name": "long", "argv": ["seq", "100"]},
        {"kind": "command", "name": "wrong", "argv": ["false"]},
        {"kind": "command", "name": "gone", "argv": ["no-such-program"]},
        {"kind": "tea"},
        {"kind": "file"},
    )
    assert found["user root"].startswith("uid 0, /")
    assert found["user nobody-here"] == "missing"
    assert found["hostname"] == socket.gethostname()
    assert found["timezone"] == "Europe/Berlin"
    assert found["command short"] == "hello"
    assert found["command long"].startswith("output:")
    assert found["command wrong"] == "exit 1"
    assert found["command gone"] == "missing"
    assert found["tea"] == "unknown kind"
    assert found["file"] == "unreadable (KeyError)"


def test_packages_are_asked_all_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Done:
        returncode = 1
        stdout = "chrony installed\nold config-files\nlibc6 installed\n"

    def fake(words: list[str]) -> Any:
        asked.append(words)
        return Done()

    monkeypatch.setattr(probe_script, "run", fake)
    names = ["chrony", "old", "libc6:amd64", "none"]
    found = ask(root, *({"kind": "package", "name": name} for name in names))
    assert found == {
        "package chrony": "installed",
        "package old": "missing",
        "package libc6:amd64": "installed",
        "package none": "missing",
    }
    assert len(asked) == 1


def test_units_and_links() -> None:
    assert unit_state({"LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"}) == "active enabled"
    assert unit_state({"LoadState": "not-found", "ActiveState": "inactive"}) == "missing"
    addresses = [
        {"local": "10.0.0.5", "prefixlen": 24, "scope": "global"},
        {"local": "10.0.0.200", "prefixlen": 32, "scope": "global"},
        {"local": "fe80::1", "prefixlen": 64, "scope": "link"},
    ]
    assert link_state({"mtu": 9000, "flags": ["UP"], "addr_info": addresses}) == "mtu 9000, 10.0.0.5/24"
    assert link_state({"mtu": 1500, "flags": []}) == "down, mtu 1500, no address"


def test_certificates(root: Path) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "20", "-subj", "/CN=x", "-keyout"]
    probe_script.run([*words, str(root / "key.pem"), "-out", str(root / "cert.pem")])
    item = {"kind": "certificate", "path": "/cert.pem"}
    host = Host(b"k", [], str(root))
    assert host.value({**item, "renew_before_days": 10}).startswith("valid, ")
    assert host.value({**item, "renew_before_days": 30}).startswith("due for renewal, ")
    assert host.value({"kind": "certificate", "path": "/key.pem"}) == "not a certificate"
    assert host.value({"kind": "certificate", "path": "/none.pem"}) == "missing"


def test_a_broken_watch_list_is_told_and_the_others_are_read(root: Path) -> None:
    (root / "var/lib/groundplane/watch/ground.time.json").write_text("{")
    assert ask(root, {"kind": "hostname"}) == {"hostname": socket.gethostname()}
    steps = json.loads(answer({"key": KEY, "root": str(root)}))["steps"]
    assert steps["ground.time"] == {"watch list": "unreadable"}
    assert list(json.loads(answer({"key": KEY, "steps": ["ground.time"], "root": str(root)}))["steps"]) == [
        "ground.time"
    ]


def test_a_fresh_host_has_no_lists(tmp_path: Path) -> None:
    assert json.loads(answer({"key": KEY, "root": str(tmp_path)})) == {
        "groundplane_probe": 1,
        "steps": {},
        "containers": {},
    }


def test_labels() -> None:
    assert label({"kind": "nftables", "family": "inet", "table": "groundplane"}) == "nftables inet groundplane"
    assert label({"kind": "hostname"}) == "hostname"
