from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.layers.model import StepRole
from groundplane.plan.references import in_text, in_value, read_files, role_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("plain zone", set()),
        ("{{ zone }}", {"zone"}),
        ("{% if a %}{{ b.c | default(d) }}{% endif %}", {"a", "b", "d"}),
        ("{{ lookup('vars', 'zone') }}", {"lookup", "vars", "zone"}),
        ({"{{ key }}": [1, {"x": "{{ deep }}"}]}, {"key", "deep"}),
        ("{{ broken zone", {"broken", "zone"}),
        ("{{ x | ansible.builtin.combine(y) }}", {"x", "y"}),
    ],
)
def test_names_in_values(value: object, names: set[str]) -> None:
    assert in_value(value).names == names


def test_variables_of_other_hosts() -> None:
    assert in_value("{{ hostvars['a'].rack }}{{ hostvars[h]['disk'] }}").of_others == {"rack", "disk"}
    assert in_value("{{ groups.all | map('extract', hostvars, ['port', 'x']) }}").of_others == {"port"}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("groups: [sudo]", False),
        ("user:\n  groups: sudo\n  append: true", False),
        ("{{ rule.groups | length }}", False),
        ("loop: \"{{ groups['all'] }}\"", True),
        ("when: 'control' in groups", True),
        ("{{ groups.control }}", True),
        ("{{ groups | dict2items }}", True),
    ],
)
def test_an_option_called_groups_is_not_the_inventory(text: str, reads: bool) -> None:
    assert ("groups" in in_text(text).names) is reads


def test_words_of_a_task_and_not_their_attributes() -> None:
    assert in_text("when: zone.name != vars.other").names == {"when", "zone", "vars", "other"}


def test_which_files_of_a_role_count(tmp_path: Path) -> None:
    wanted = ["defaults/main.yml", "files/motd", "meta/main.yml", "tasks/main.yml", "templates/a.j2", "vars/main.yml"]
    others = ["README.md", "meta/argument_specs.yml", "molecule/default/converge.yml", "tasks/verify.yml", ".gitignore"]
    for name in [*wanted, *others]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [str(file.relative_to(tmp_path)) for file in role_files(StepRole(tmp_path))] == wanted
    read = {str(file.relative_to(tmp_path)) for file in read_files(StepRole(tmp_path))}
    assert read == {"tasks/main.yml", "templates/a.j2", "vars/main.yml"}


def test_a_step_with_one_entry_point_reads_nothing_of_the_others(tmp_path: Path) -> None:
    for name in ("tasks/disks.yml", "tasks/pools.yml", "tasks/shared.yml", "templates/pools/a.j2", "library/ask.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "argument_specs.yml").write_text(
        "argument_specs: {disks: {options: {}}, pools: {options: {}}}"
    )
    files = [file.relative_to(tmp_path).as_posix() for file in role_files(StepRole(tmp_path, "disks"))]
    assert files == ["library/ask.py", "tasks/disks.yml", "tasks/shared.yml"]
