"""Secrets that the test knows are looked for in all that a run leaves on this machine, and while it runs."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.site.secrets.store import read_secrets
from tests.command import PROGRAM, run
from tests.e2e.secret_search import ProcessWatch, all_forms, search_files, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Lab

pytestmark = [pytest.mark.lab, pytest.mark.path]

# New ones each time: of a fixed one every clone of this repository would be a find.
PLANTED = {
    "planted_plain": f"gp-planted-{token_hex(8)}",
    "planted_awkward": f"gp \"planted\" \\ {token_hex(8)}/50% with 'quotes' and é",
    "planted_many_lines": f"gp-planted-first-line-{token_hex(8)}\ngp-planted-second-line-{token_hex(8)}",
}

LAYERS = """\
hooks:
  - name: planted
    after: bootstrap.report
    playbook: playbooks/planted.yml
    hosts: all
"""

# A careless playbook: it says secrets in results, in messages and in a failure.
PLAYBOOK = """\
- name: Planted secrets
  hosts: all
  gather_facts: false
  become: true
  tasks:
    - name: Say them
      ansible.builtin.debug:
        msg: "{{ planted_plain }} and {{ planted_awkward }} and {{ planted_many_lines }}"
    - name: Keep them as a fact
      ansible.builtin.set_fact:
        kept: {nested: ["{{ planted_awkward }}", "{{ planted_plain | b64encode }}"]}
    - name: Write them to the host
      ansible.builtin.copy:
        content: "{{ planted_many_lines }} {{ planted_plain }}"
        dest: /root/planted
        mode: "0600"
      diff: true
    - name: Loop over them
      ansible.builtin.debug:
        msg: "{{ item }}"
      loop: ["{{ planted_plain }}", "{{ planted_awkward }}"]
    - name: Fail with them on node3
      ansible.builtin.fail:
        msg: "refused: {{ planted_plain }} {{ planted_awkward }}"
      when: inventory_hostname == 'node3'
"""


@pytest.fixture
def planted(lab: Lab) -> Iterator[dict[str, str]]:
    """Plants secrets as a person would, by the editor of `secrets edit`; takes all back afterwards."""
    vault, layers, playbook = lab.site / "secrets.yml", lab.site / "layers.yml", lab.site / "playbooks" / "planted.yml"
    before = vault.read_bytes()
    assert not layers.exists()
    lines = "".join(f"{name}: {yaml_text(value)}\n" for name, value in PLANTED.items())
    editor = lab.base / "editor"
    editor.write_text(f'#!/bin/sh\nprintf %s {shlex.quote(lines)} >> "$1"\n', encoding="utf-8")
    editor.chmod(0o700)
    env = {**lab.env, "EDITOR": str(editor), "VISUAL": str(editor)}
    edited = run(PROGRAM, "secrets", "edit", cwd=lab.site, env=env)
    # The helper holds what it plants, so it must not be there to be found.
    editor.unlink()
    assert edited.code == 0, str(edited)
    layers.write_text(LAYERS, encoding="utf-8")
    playbook.parent.mkdir(exist_ok=True)
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    password = lab.password_file.read_bytes().strip()
    found = dict(strings(read_secrets(lab.site, password), "secrets.yml"))
    assert {f"secrets.yml.{name}" for name in PLANTED} <= set(found)
    try:
        # A UUID of Kolla's names a secret of libvirt's and is none itself.
        secret = {name: value for name, value in found.items() if not name.endswith("_secret_uuid")}
        yield {**secret, "the vault password": password.decode()}
    finally:
        layers.unlink()
        playbook.unlink()
        vault.write_bytes(before)


def yaml_text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def test_no_secret_is_left_in_clear(lab: Lab, planted: dict[str, str]) -> None:
    needles = all_forms(planted)
    temporary = Path(os.environ.get("TMPDIR", "/tmp"))  # noqa: S108 - searched, not written
    began = time.time()
    # A cloud's services on the nodes know their own passwords, and some of Kolla's tools take them as words.
    layers = yaml.safe_load((lab.site / "site.yml").read_text(encoding="utf-8"))["layers"]
    services = lab.node_processes() if "openstack" in layers else frozenset()
    ours = all_forms({name: value for name, value in planted.items() if "planted" in name})
    with (
        ProcessWatch(needles, lab.state, but=services) as watch,
        ProcessWatch(ours, lab.state) as everywhere,
    ):
        applied = lab.groundplane("apply", "bootstrap", "--yes")
    assert applied.code == 1, str(applied)
    assert "planted" in applied.out + applied.err, "the failing hook is named"
    assert min(watch.rounds, everywhere.rounds) > 20
    assert any("ansible" in program or "python" in program for program in watch.seen)
    assert not watch.found
    assert not everywhere.found

    shown = [applied.out, applied.err]
    newest = lab.newest_run()["run"]
    for words in (
        ("plan",),
        ("plan", "--json"),
        ("status",),
        ("runs", "show", newest),
        ("runs", "show", newest, "--json"),
        ("runs", "show", newest, "--html", str(lab.base / "run.html")),
        ("logs", newest),
        ("secrets", "show"),
        ("explain", "planted_plain", "node1"),
        ("inventory",),
    ):
        answer = lab.groundplane(*words)
        assert "Traceback" not in answer.err, str(answer)
        shown += [answer.out, answer.err]
    for needle, name in needles.items():
        assert not any(needle in text.encode() for text in shown), f"{name} was shown"

    password = lab.password_file
    found, read = search_files(needles, lab.base)
    assert [finding for finding in found if not finding.startswith(f"{password} ")] == []
    assert read > 10
    assert (lab.state / "journal.sqlite").is_file()
    home = Path(lab.env["HOME"])
    cache = Path(lab.env.get("XDG_CACHE_HOME") or home / ".cache") / "groundplane"
    found, _ = search_files(needles, temporary, home / ".ansible", cache, since=began)
    assert found == []
