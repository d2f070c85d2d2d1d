"""Builds in a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from groundplane.terminal.builds import LiveBuildWatcher
from tests.unit.supply.build.test_watchers import EVENTS


def test_a_terminal_shows_who_works_at_which_step() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    watcher = LiveBuildWatcher(console)
    for each in EVENTS[:4]:
        watcher.see(each)
    shown = Console(width=100)
    with shown.capture() as capture:
        shown.print(watcher.render())
    text = capture.get()
    assert "Images 0/2, 3 were up to date" in text
    assert "Python wheels" in text
    assert "of ~40s" in text
    assert "3/9 RUN apt-get install nova" in text
    for each in EVENTS[4:7]:
        watcher.see(each)
    with shown.capture() as capture:
        shown.print(watcher.render())
    assert "Images 1/2" in capture.get()
    assert "Python wheels" not in capture.get()
    watcher.close()
    assert isinstance(console.file, io.StringIO)
    assert "built in 32s, 1.2 GB, 500 packages" in console.file.getvalue()
