"""Which files of a role count for a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.layers.model import StepRole
from groundplane.plan.role_content import read_files, role_files

if TYPE_CHECKING:
    from pathlib import Path


def test_which_files_of_a_role_count(tmp_path: Path) -> None:
    wanted = ["defaults/main.yml", "files/motd", "meta/main.yml", "tasks/main.yml", "templates/a.j2", "vars/main.yml"]
    others = ["README.md", "meta/argument_specs.yml", "molecule/default/converge.yml", "tasks/verify.yml", ".gitignore"]
    for name in [*wanted, *others]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [str(file.relative_to(tmp_path)) for file in role_files(StepRole(tmp_path))] == wanted
    read = {str(file.relative_to(tmp_path)) for file in read_files(StepRole(tmp_path))}
    assert read == {"tasks/main.yml", "templates/a.j2", "vars/main.yml"}


def test_a_step_with_one_entry_point_counts_what_that_reaches(tmp_path: Path) -> None:
    files = {
        "defaults/main.yml": "",
        "vars/main.yml": "",
        "tasks/disks.yml": "- ansible.builtin.import_tasks: look.yml\n- disk_make:\n",
        "tasks/look.yml": "- disk_look:\n",
        "tasks/pools.yml": "- pool_make:\n",
        "tasks/later.yml": "",
        "templates/pools/a.j2": "",
        "templates/shared.j2": "",
        "library/disk_make.py": "from ansible.module_utils.disks import make\n",
        "library/disk_look.py": "",
        "library/pool_make.py": "from ansible.module_utils.pools import make\n",
        "module_utils/disks.py": "    from ansible.module_utils import session\n",
        "module_utils/pools.py": "",
        "module_utils/session.py": "",
        "meta/argument_specs.yml": "argument_specs: {disks: {options: {}}, pools: {options: {}}}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    role = StepRole(tmp_path, "disks")
    assert [file.relative_to(tmp_path).as_posix() for file in role_files(role)] == [
        "library/disk_look.py",
        "library/disk_make.py",
        "module_utils/disks.py",
        "module_utils/session.py",
        "tasks/disks.yml",
        "tasks/look.yml",
        "templates/shared.j2",
    ]
    assert [file.name for file in read_files(role)] == ["disks.yml", "look.yml", "shared.j2"]
