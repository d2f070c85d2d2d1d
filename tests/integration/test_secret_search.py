"""The search that the end-to-end test relies on has to find what it looks for."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.secret_search import ProcessWatch, all_forms, descends, files, search_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = 'pl"anted\\ s3cret/with é and % signs'


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text,
        lambda text: json.dumps({"msg": text}),
        lambda text: json.dumps({"stdout": json.dumps({"msg": text})}),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode((text + " and more").encode()).decode(),
        lambda text: base64.b64encode(("a " + text + " more").encode()).decode(),
        lambda text: base64.b64encode(("in a " + text).encode()).decode(),
        lambda text: text.encode().hex(),
    ],
    ids=[
        "plain",
        "json",
        "json in json",
        "base64",
        "base64 with a tail",
        "base64 off by two",
        "base64 off by five",
        "hex",
    ],
)
def test_a_secret_is_found_in_a_file(tmp_path: Path, written: Callable[[str], str]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_text(f"before {written(SECRET)} after", encoding="utf-8")
    found, read = search_files(all_forms({"planted": SECRET}), tmp_path)
    assert found == [f"{tmp_path}/deep/log holds planted"]
    assert read == 1


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("clean", encoding="utf-8")
    assert search_files(all_forms({"planted": SECRET}), tmp_path) == ([], 1)


def test_folders_that_go_while_they_are_searched_are_passed_over(tmp_path: Path) -> None:
    # Others on the machine work in its temporary folder meanwhile.
    for name in ("a", "b", "c"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "log").write_text("clean", encoding="utf-8")
    searched = files(tmp_path)
    first = next(searched)
    for name in ("a", "b", "c"):
        shutil.rmtree(tmp_path / name)
    assert first.name == "log"
    assert list(searched) == []


def test_a_secret_is_found_in_the_process_list() -> None:
    with ProcessWatch(all_forms({"planted": SECRET})) as watch:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()", SECRET], stdin=subprocess.PIPE
        )
        deadline = time.monotonic() + 30
        while not watch.found and time.monotonic() < deadline:
            time.sleep(0.05)
        process.communicate(b"")
    assert any(finding.startswith("cmdline") and "planted" in finding for finding in watch.found)


def test_descendants_of_what_is_left_out_are_left_out() -> None:
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"sleep 60 & echo $!; : {SECRET!r}; wait"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert shell.stdout is not None
        child = int(shell.stdout.readline())
        assert descends(child, frozenset({shell.pid}))
        assert descends(shell.pid, frozenset({shell.pid}))
        assert not descends(os.getpid(), frozenset({shell.pid}))
        for but, found in ((frozenset[int](), True), (frozenset({shell.pid}), False)):
            with ProcessWatch(all_forms({"it": SECRET.split()[1]}), but=but) as watch:
                time.sleep(1)
            assert bool(watch.found) is found, watch.found
    finally:
        os.kill(child, signal.SIGTERM)
        shell.wait(10)
