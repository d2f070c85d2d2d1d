from __future__ import annotations

import os
from typing import TYPE_CHECKING

from groundplane.run.logs import Follower, log_files, only_host

if TYPE_CHECKING:
    from pathlib import Path

LOG = """
PLAY [all] ****

TASK [Gathering Facts] ****
ok: [node1]
ok: [node2]

TASK [Write] ****
changed: [node1] => {
    "msg": "one"
}
fatal: [node2]: FAILED! => {"msg": "no"}

TASK [Delegate] ****
ok: [node2 -> node1]

PLAY RECAP ****
node1      : ok=2    changed=1
node2      : ok=1    changed=0
""".splitlines()


def test_one_hosts_lines_come_with_the_headings_that_they_need() -> None:
    assert list(only_host(LOG, "node1")) == [
        "TASK [Gathering Facts] ****",
        "ok: [node1]",
        "TASK [Write] ****",
        "changed: [node1] => {",
        '    "msg": "one"',
        "}",
        "node1      : ok=2    changed=1",
    ]
    assert "ok: [node2 -> node1]" in list(only_host(LOG, "node2"))


def test_logs_are_found_by_step_layer_and_short_name(tmp_path: Path) -> None:
    for number, name in enumerate(("b.one", "a.two", "a.three")):
        path = tmp_path / f"{name}.log"
        path.touch()
        os.utime(path, (number, number))
    assert [path.stem for path in log_files(tmp_path)] == ["b.one", "a.two", "a.three"]
    assert [path.stem for path in log_files(tmp_path, "a")] == ["a.two", "a.three"]
    assert [path.stem for path in log_files(tmp_path, "one")] == ["b.one"]
    assert [path.stem for path in log_files(tmp_path, "a.two")] == ["a.two"]
    assert log_files(tmp_path, "nothing") == []


def test_a_follower_gives_whole_lines_once(tmp_path: Path) -> None:
    path, follower = tmp_path / "x.log", Follower()
    path.write_text("one\ntw")
    assert list(follower.new_lines([path])) == [(path, ["one"])]
    assert list(follower.new_lines([path])) == []
    with path.open("a") as file:
        file.write("o\nthree\n")
    assert list(follower.new_lines([path])) == [(path, ["two", "three"])]
