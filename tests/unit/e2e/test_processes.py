from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from groundplane.machine.memory import temporary_private_folder
from tests.e2e.faults.processes import Process, abandoned_folders, descendants, memory_folder

if TYPE_CHECKING:
    from pathlib import Path

WAITS = "import sys; sys.stdin.read()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAITS!r}])"


def entry(proc: Path, number: int, parent: int, words: str, began: int = 7) -> None:
    folder = proc / str(number)
    folder.mkdir()
    rest = " ".join(["0"] * 17)
    (folder / "stat").write_text(f"{number} (a name) with (brackets) S {parent} {rest} {began} 0\n")
    (folder / "cmdline").write_bytes(words.replace(" ", "\0").encode())


def test_children_of_children_are_found_and_shared_connections_left_out(tmp_path: Path) -> None:
    entry(tmp_path, 1, 0, "init")
    entry(tmp_path, 20, 1, "groundplane apply")
    entry(tmp_path, 21, 20, "python launcher.py")
    entry(tmp_path, 22, 21, "ansible-playbook")
    entry(tmp_path, 23, 22, "ssh -o ControlPersist=60s node1")
    entry(tmp_path, 24, 1, "somebody else")
    assert descendants(20, tmp_path) == [Process(21, 7, "python launcher.py"), Process(22, 7, "ansible-playbook")]


def test_a_later_process_with_the_same_number_is_another_one(tmp_path: Path) -> None:
    entry(tmp_path, 21, 20, "python", began=7)
    assert Process(21, 7, "python").alive(tmp_path)
    assert not Process(21, 8, "python").alive(tmp_path)
    assert not Process(22, 7, "python").alive(tmp_path)


def test_real_processes() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE) as parent:
        while not (found := descendants(parent.pid)):
            assert parent.poll() is None
        assert len(found) == 1
        assert found[0].alive()
        assert parent.stdin is not None
        parent.stdin.close()
        parent.wait(30)
    assert not found[0].alive()


def test_folders_that_nobody_holds(tmp_path: Path) -> None:
    memory = memory_folder({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert memory == tmp_path / f"groundplane-{os.getuid()}"
    assert abandoned_folders(memory) == set()
    with temporary_private_folder(memory, "r-") as held:
        (memory / "s-left").mkdir()
        (memory / "other").mkdir()
        assert held.exists()
        assert abandoned_folders(memory) == {"s-left"}
