from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError, Problem
from groundplane.site.inventory_file import load_inventory
from groundplane.site.variables import Variables

from .real_ansible import ansible_sees, needs_ansible, variables_of_all

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.inventory import Inventory

RICH = """\
all:
  vars: {where: all inline, kept: 1}
  hosts:
    alone: {x: 1}
    lone[1:2]:
  children:
    control:
      hosts:
        node[01:03]: {role: control}
        ported:2222:
      vars: {where: control inline, deep: {a: [1, 2]}}
    strong:
      vars: {ansible_group_priority: 10, tie: strong}
      hosts: node01
    weak:
      vars: {tie: weak}
      hosts: {node01: , node02: {role: second}}
    outer:
      children:
        inner:
          children: {control: }
      vars: {where: outer inline}
ungrouped:
  vars: {u: yes}
  hosts:
    alone: {y: 2}
standalone:
  hosts: {node03: {secret: !unsafe "{{ x }}"}}
"""


def load(folder: Path) -> tuple[Inventory, list[Problem]]:
    problems: list[Problem] = []
    return load_inventory(folder, problems), problems


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(RICH)
    vars_ = {
        "group_vars/all/10-first.yml": "where: all file\nfirst: 1\n",
        "group_vars/all/20-second.yaml": "first: 2\n",
        "group_vars/all/deeper/x.json": '{"j": 3}',
        "group_vars/all/.hidden.yml": "first: 9\n",
        "group_vars/all/backup.yml~": "first: 9\n",
        "group_vars/all/note.txt": "first: 9\n",
        "group_vars/outer.yml": "where: outer file\n",
        "group_vars/inner": "bare: true\n",
        "host_vars/node01.yml": "role: file\n",
        "host_vars/node02/main.yml": "where: host file\n",
    }
    for name, text in vars_.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@needs_ansible
def test_a_rich_inventory_is_what_ansible_sees(rich: Path) -> None:
    inventory, problems = load(rich)
    assert not problems
    seen = ansible_sees(rich / "hosts.yml")
    hosts = list(inventory.hosts)
    ours = {host: {k: v.value for k, v in Variables(inventory).effective(host).items()} for host in hosts}
    assert ours == variables_of_all(seen, hosts)
    for name, group in inventory.groups.items():
        assert sorted(group.hosts) == sorted(seen.get(name, {}).get("hosts", []) if name != "all" else group.hosts)
        if name not in ("all", "ungrouped"):
            assert sorted(group.children) == sorted(seen.get(name, {}).get("children", []))
    assert sorted(inventory.group_hosts["ungrouped"]) == sorted(seen["ungrouped"]["hosts"])


def test_groups_come_weakest_first(rich: Path) -> None:
    inventory, _ = load(rich)
    assert inventory.groups_of("node01") == ("all", "outer", "weak", "strong", "inner", "control")
    assert inventory.groups_of("alone") == ("all", "ungrouped")
    assert inventory.groups["control"].depth == 3


def test_every_value_knows_file_and_line(rich: Path) -> None:
    inventory, _ = load(rich)
    chain = Variables(inventory).chain("where", "node02")
    assert [str(value.place).removeprefix(f"{rich}/") for value in chain] == [
        "hosts.yml:2",
        "hosts.yml:22",
        "hosts.yml:11",
        "group_vars/all/10-first.yml:1",
        "group_vars/outer.yml:1",
        "host_vars/node02/main.yml:1",
    ]
    assert [value.source for value in chain] == ["all", "outer", "control", "all", "outer", "node02"]


@pytest.mark.parametrize(
    ("text", "line", "what", "cure"),
    [
        ("", 1, "no groups", "all:"),
        ("hosts: {a: }\n", 1, "'hosts' stands at the top", "below 'all:'"),
        ("all:\n  host:\n    a:\n", 2, "'host' is no part of a group", "'hosts'"),
        ("all:\n  hosts: [a, b]\n", 2, "is a list", "colon"),
        ("all:\n  hosts:\n    a: 1\n", 3, "a number where its variables stand", "NAME: VALUE"),
        ("all:\n  hosts:\n    1:\n", 3, "isn't text", "quotes"),
        ("all:\n  hosts:\n    on:\n", 3, "isn't text", "quotes"),
        ("all:\n  hosts:\n    bad_name:\n", 3, "can't be a host's name", "RFC 1123"),
        ("all:\n  hosts:\n    n[3:1]:\n", 3, "ends before it begins", "node[01:12]"),
        ("all:\n  hosts:\n    a: {b-c: 1}\n", 3, "can't be a variable's name", "b_c"),
        ("all:\n  children:\n    ceph-mon:\n", 3, "group name 'ceph-mon'", "ceph_mon"),
        ("all:\n  children:\n    a: 3\n", 3, "isn't a mapping", "hosts, children, vars"),
        ("all:\n  vars: [1]\n", 2, "is a list", "NAME: VALUE"),
        ("all:\n  hosts: {web: }\n  children: {web: }\n", 2, "both a host and a group", "Rename"),
        ("all:\n  children:\n    a: {children: {b: {children: {a: }}}}\n", 3, "contain each other", "Take"),
        ("all:\n  children:\n    a: {vars: {ansible_group_priority: x}}\n", 3, "not a whole number", "whole number"),
    ],
)
def test_what_is_wrong_in_hosts_yml(tmp_path: Path, text: str, line: int, what: str, cure: str) -> None:
    (tmp_path / "hosts.yml").write_text(text)
    _, problems = load(tmp_path)
    assert len(problems) == 1, problems
    assert problems[0].place is not None
    assert problems[0].place.line == line
    assert what in problems[0].what
    assert cure in problems[0].cure


@pytest.mark.parametrize(
    ("name", "text", "what", "cure"),
    [
        ("group_vars/contrl.yml", "a: 1\n", "no group 'contrl'", "'control'"),
        ("host_vars/node9.yml", "a: 1\n", "no host 'node9'", "'node1'"),
        ("group_vars/control/x.yml", "- 1\n", "is a list, not variables", "NAME: VALUE"),
        ("group_vars/control.yml", "a-b: 1\n", "can't be a variable's name", "a_b"),
        ("group_vars/control.yml", "ansible_group_priority: 3\n", "no effect here", "hosts.yml"),
    ],
)
def test_what_is_wrong_in_variable_files(tmp_path: Path, name: str, text: str, what: str, cure: str) -> None:
    write(tmp_path, **{"hosts.yml": "all: {children: {control: {hosts: {node1: }}}}\n"})
    write(tmp_path, **{name.replace("/", "__"): text})
    _, problems = load(tmp_path)
    assert len(problems) == 1, problems
    assert what in problems[0].what
    assert cure in problems[0].cure


def test_a_file_that_ansible_would_not_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, **{"hosts.yml": "all: {hosts: {node1: }}\n"})
    write(tmp_path, group_vars__all__x="a: 1\n", **{"group_vars__all.yml": "a: 2\n"})
    inventory, problems = load(tmp_path)
    assert [problem.place.file.name for problem in problems if problem.place] == ["all.yml"]
    value = Variables(inventory).value("a", "node1")
    assert value is not None
    assert value.value == 1


def test_a_missing_inventory_is_told(tmp_path: Path) -> None:
    inventory, problems = load(tmp_path)
    assert not inventory.hosts
    assert "No such file" in problems[0].what


def test_patterns_come_in_the_inventorys_order_and_misspelt_ones_are_told(rich: Path) -> None:
    inventory, _ = load(rich)
    assert inventory.match("control:!node01") == ("node02", "node03", "ported")
    assert inventory.select("node03,node01") == ("node01", "node03")
    with pytest.raises(InputError) as caught:
        inventory.select("contrl")
    assert "'control'" in caught.value.problems[0].cure
    with pytest.raises(InputError, match="matches no host"):
        inventory.select("control:!all")
    with pytest.raises(InputError, match="can't be read"):
        inventory.match("~(")
