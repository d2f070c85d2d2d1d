from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from groundplane.ssh.known_hosts import read_known_hosts
from tests.command import PROGRAM, Answer, clean_environment, run

if TYPE_CHECKING:
    from pathlib import Path


class Hosts:
    """A lab's site, and hosts that answer ssh-keyscan with what a file says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "lab"
        self.answers = folder / "answers"
        (folder / "bin").mkdir()
        scanner = folder / "bin" / "ssh-keyscan"
        scanner.write_text(f"#!/bin/sh\ncat >/dev/null\necho '# some banner' >&2\ncat {self.answers}\n")
        scanner.chmod(0o700)
        home = folder / "home"
        home.mkdir()
        self.env = clean_environment(home)
        self.env["PATH"] = f"{folder / 'bin'}:{self.env['PATH']}"
        made = run(PROGRAM, "init", self.site, "--template", "lab", cwd=folder, env=self.env)
        assert made.code == 0, made
        self.keys = [self._key(name) for name in ("one", "two", "three", "four", "five")]

    def _key(self, name: str) -> str:
        path = self.folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        return " ".join(path.with_suffix(".pub").read_text().split()[:2])

    def answer(self, *keys: str) -> None:
        """Keys of manager, node1, node2, node3; an empty one gives no answer."""
        addresses = [f"172.31.0.{number}" for number in (10, 11, 12, 13)]
        lines = [f"{address} {key}\n" for address, key in zip(addresses, keys, strict=True) if key]
        self.answers.write_text("".join(lines))

    def __call__(self, *words: str) -> Answer:
        return run(PROGRAM, "hosts", *words, cwd=self.site, env=self.env)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    return Hosts(tmp_path_factory.mktemp("hosts"))


@pytest.fixture
def hosts(fresh: Hosts) -> Hosts:
    (fresh.site / "inventory/known_hosts").unlink(missing_ok=True)
    fresh.answer(*fresh.keys[:4])
    return fresh


def test_first_contact_shows_fingerprints_and_pins_after_a_yes(hosts: Hosts) -> None:
    unconfirmed = hosts("trust")
    assert unconfirmed.code == 2
    assert "SHA256:" in unconfirmed.out
    assert "--yes" in unconfirmed.err
    assert not (hosts.site / "inventory/known_hosts").exists()
    done = hosts("trust", "--yes")
    assert done.code == 0, done
    assert "4 hosts pinned" in done.out
    known = read_known_hosts(hosts.site / "inventory/known_hosts")
    for name in ("node1", "172.31.0.11", "node1.lab.test"):
        assert [str(key) for key in known.keys_of(name)] == [hosts.keys[1]]
    again = hosts("trust")
    assert again.code == 0
    assert "0 hosts pinned, 4 known before" in again.out


def test_a_changed_key_is_refused_and_explained_even_with_yes(hosts: Hosts) -> None:
    assert hosts("trust", "--yes").code == 0
    hosts.answer(hosts.keys[0], hosts.keys[4], *hosts.keys[2:4])
    refused = hosts("trust", "--yes")
    assert refused.code == 2
    assert "node1 (172.31.0.11) shows another key" in refused.err
    assert "hosts forget node1" in refused.err
    assert hosts("forget", "node1").code == 0
    assert hosts("trust", "node1", "--yes").code == 0
    assert hosts("list", "--json").json()["hosts"][1]["keys"][0]["fingerprint"].startswith("SHA256:")


def test_a_host_without_an_answer_does_not_hold_back_the_others(hosts: Hosts) -> None:
    hosts.answer(hosts.keys[0], "", *hosts.keys[2:4])
    done = hosts("trust", "--yes")
    assert done.code == 1
    assert "3 hosts pinned" in done.out
    assert "node1 shows no host key" in done.err


def test_some_hosts_only_and_a_name_that_is_none(hosts: Hosts) -> None:
    assert "1 host pinned" in hosts("trust", "node2", "--yes").out
    wrong = hosts("trust", "nod2")
    assert wrong.code == 2
    assert "node2" in wrong.err


def test_the_list_says_who_is_not_trusted_yet(hosts: Hosts) -> None:
    assert hosts("trust", "manager", "--yes").code == 0
    lines = hosts("list").out.splitlines()
    assert "SHA256:" in next(line for line in lines if line.startswith("manager"))
    assert "not trusted yet" in next(line for line in lines if line.startswith("node1"))
