"""Memory from the kernel's accounts, in both forms, without what it keeps of files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.lab import memory_use
from groundplane.lab.memory_use import MemoryUse, MemoryWatch, folder_of, read_use, watched

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024**2


def version_1(folder: Path, *, usage: int, cache: int, shared: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.usage_in_bytes").write_text(f"{usage * MIB}\n")
    (folder / "memory.stat").write_text(
        f"cache 1\nshmem 1\ntotal_cache {cache * MIB}\ntotal_rss 1\ntotal_shmem {shared * MIB}\n"
    )
    return folder


def version_2(folder: Path, *, usage: int, cache: int, shared: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.current").write_text(f"{usage * MIB}\n")
    (folder / "memory.stat").write_text(f"anon 1\nfile {cache * MIB}\nshmem {shared * MIB}\n")
    return folder


@pytest.mark.parametrize("form", [version_1, version_2])
def test_files_that_the_kernel_keeps_do_not_count_and_shared_memory_does(form: object, tmp_path: Path) -> None:
    assert callable(form)
    folders = {
        "node1": form(tmp_path / "1", usage=1000, cache=700, shared=50),
        "node2": form(tmp_path / "2", usage=100, cache=0, shared=0),
    }
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  4096 kB\nMemFree:   12 kB\nMemAvailable:  1024 kB\nHugePages_Total:       0\n")
    found = read_use(folders, meminfo=meminfo)
    assert found == MemoryUse({"node1": 350 * MIB, "node2": 100 * MIB}, 450 * MIB, 3 * MIB)


def test_a_node_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    assert read_use({"node1": tmp_path / "none"}, meminfo=tmp_path / "none") == MemoryUse()


def test_where_the_accounts_are(tmp_path: Path) -> None:
    assert folder_of("/libpod_parent/libpod-1", tmp_path) == tmp_path / "memory" / "libpod_parent" / "libpod-1"
    (tmp_path / "cgroup.controllers").touch()
    assert folder_of("/machine.slice/libpod-1.scope", tmp_path) == tmp_path / "machine.slice" / "libpod-1.scope"


def test_the_highest_of_each_figure() -> None:
    one, two = MemoryUse({"a": 5, "b": 1}, 6, 20), MemoryUse({"b": 4, "c": 1}, 5, 30)
    assert one.highest(two) == MemoryUse({"a": 5, "b": 4, "c": 1}, 6, 30)


def test_watching_keeps_the_highest(tmp_path: Path) -> None:
    folder = version_1(tmp_path / "1", usage=10, cache=0, shared=0)
    with watched(lambda: {"node1": folder}, seconds=0.01) as watch:
        version_1(folder, usage=90, cache=0, shared=0)
        until = time.monotonic() + 10
        while watch.highest.together < 90 * MIB and time.monotonic() < until:
            time.sleep(0.01)
        version_1(folder, usage=20, cache=0, shared=0)
    assert watch.highest.nodes == {"node1": 90 * MIB}
    assert watch.highest.machine > 0


def test_a_node_that_moved_is_looked_for_and_not_at_each_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    old = version_1(tmp_path / "old", usage=10, cache=0, shared=0)
    new = version_1(tmp_path / "new", usage=30, cache=0, shared=0)

    def folders() -> dict[str, Path]:
        asked.append(1)
        return {"node1": new if len(asked) > 1 else old}

    watch = MemoryWatch(folders)
    watch.look()
    for file in old.iterdir():
        file.unlink()
    old.rmdir()
    watch.look()
    assert len(asked) == 1
    monkeypatch.setattr(memory_use, "ASK_SECONDS", 0)
    watch._ask_from = 0
    watch.look()
    assert (len(asked), watch.highest.nodes) == (2, {"node1": 30 * MIB})


def test_podman_that_does_not_answer_stops_nothing() -> None:
    def folders() -> dict[str, Path]:
        raise FailedError("podman ps failed")

    watch = MemoryWatch(folders)
    watch.look()
    assert watch.highest.nodes == {}
