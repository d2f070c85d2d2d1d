from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.ssh.known_hosts import (
    HostKey,
    HostTarget,
    Trust,
    compare,
    forget,
    pin,
    read_known_hosts,
)

if TYPE_CHECKING:
    from pathlib import Path

NODE1 = HostTarget("node1", "172.31.0.11", aliases=("node1.lab.test",))
NODE2 = HostTarget("node2", "fd00:1::12", port=2222)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HostKey]:
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name, kind in (("first", "ed25519"), ("second", "ed25519"), ("third", "ecdsa")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / name)], check=True)
        parts = (folder / f"{name}.pub").read_text().split()
        made[name] = HostKey(parts[0], parts[1])
    return made


def test_openssh_finds_what_was_pinned_by_address_name_and_port(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    pin(file, [(NODE1, [keys["first"]]), (NODE2, [keys["second"]])])
    for name in ("172.31.0.11", "node1", "node1.lab.test", "[fd00:1::12]:2222", "[node2]:2222"):
        assert _ssh_keygen_finds(file, name), name
    assert not _ssh_keygen_finds(file, "node2")
    known = read_known_hosts(file)
    assert known.keys_of("node1") == (keys["first"],)
    assert known.keys_of("node2", 2222) == (keys["second"],)
    assert known.keys_of("node2") == ()


def test_we_find_what_openssh_hashed(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    pin(file, [(NODE1, [keys["first"]])])
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    assert "node1" not in file.read_text()
    assert read_known_hosts(file).keys_of("node1") == (keys["first"],)


def test_wildcards_and_exclusions_hold(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"node*,!node9 {keys['first']}\n@revoked node1 {keys['second']}\n")
    known = read_known_hosts(file)
    assert known.keys_of("node1") == (keys["first"],)
    assert known.keys_of("node9") == ()


def test_the_fingerprint_is_ssh_keygens(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    (tmp_path / "key.pub").write_text(f"{keys['first']}\n")
    seen = subprocess.run(
        ["ssh-keygen", "-lf", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    ).stdout
    assert keys["first"].fingerprint == seen.split()[1]


def test_pinning_again_replaces_a_hosts_keys_and_nothing_else(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"# a person's comment\nother {keys['third']}\n")
    pin(file, [(NODE1, [keys["first"]])])
    pin(file, [(NODE1, [keys["second"]])])
    known = read_known_hosts(file)
    assert known.keys_of("node1") == (keys["second"],)
    assert known.keys_of("other") == (keys["third"],)
    assert file.read_text().startswith("# a person's comment\n")


def test_forgetting_removes_all_lines_of_a_host(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    pin(file, [(NODE1, [keys["first"], keys["third"]]), (NODE2, [keys["second"]])])
    assert forget(file, [NODE1]) == 2
    assert forget(file, [NODE1]) == 0
    assert read_known_hosts(file).keys_of("node2", 2222) == (keys["second"],)


def test_states_of_trust(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    pin(file, [(NODE1, [keys["first"]])])
    known = read_known_hosts(file)

    def state(*shown: str) -> Trust:
        (found,) = compare(known, [NODE1], {"node1": tuple(keys[name] for name in shown)})
        return found.state

    assert state("first") is Trust.KNOWN
    assert state("second") is Trust.CHANGED
    assert state("first", "third") is Trust.NEW
    assert state("third") is Trust.CHANGED
    assert state("second", "third") is Trust.CHANGED
    assert state() is Trust.UNREACHABLE
    assert compare(known, [NODE2], {"node2": (keys["second"],)})[0].state is Trust.NEW


def test_a_key_pinned_by_name_is_noticed_when_the_address_is_new(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    pin(file, [(NODE1, [keys["first"]])])
    moved = HostTarget("node1", "172.31.0.99")
    assert compare(read_known_hosts(file), [moved], {"node1": (keys["second"],)})[0].state is Trust.CHANGED
    assert compare(read_known_hosts(file), [moved], {"node1": (keys["first"],)})[0].state is Trust.NEW


def test_every_broken_line_is_named(tmp_path: Path, keys: dict[str, HostKey]) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"# fine\nnode1 {keys['first']}\nnode2 ssh-ed25519\nnode3 ssh-ed25519 ???\n")
    with pytest.raises(InputError) as told:
        read_known_hosts(file)
    assert [problem.place.line for problem in told.value.problems if problem.place] == [3, 4]


def test_a_missing_file_pins_nothing(tmp_path: Path) -> None:
    assert read_known_hosts(tmp_path / "not there").keys_of("node1") == ()


def _ssh_keygen_finds(file: Path, name: str) -> bool:
    return subprocess.run(["ssh-keygen", "-F", name, "-f", str(file)], capture_output=True, check=False).returncode == 0
