"""The live tree of a run."""

from __future__ import annotations

import io

from rich.console import Console

from groundplane.run.events import WorkState
from groundplane.terminal.run import MARKS, RichTreeWatcher
from tests.unit.run.watchers.test_watchers import STORY


def shown(watcher: RichTreeWatcher, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    with console.capture() as capture:
        console.print(watcher.render())
    return capture.get()


def test_the_tree_shows_layers_steps_hosts_tasks_and_expected_times() -> None:
    watcher = RichTreeWatcher(Console(file=io.StringIO()), expected={"l.one": 30.0, "l.two": 5.0})
    for event in STORY[:4]:
        watcher.see(event)
    text = shown(watcher)
    assert "Start it" in text
    assert "1 of 2 hosts" in text
    assert "of ~30s" in text
    assert "~5.0s" in text
    for event in STORY[4:]:
        watcher.see(event)
    watcher.close()
    text = shown(watcher)
    assert "✘ one" in text
    assert "b failed at 'Start it': no room" in text
    assert "· two" in text


def test_a_narrow_terminal_cuts_instead_of_breaking() -> None:
    watcher = RichTreeWatcher(Console(file=io.StringIO()))
    for event in STORY:
        watcher.see(event)
    watcher.close()
    lines = shown(watcher, 24).splitlines()
    assert all(len(line) <= 24 for line in lines)
    assert len(lines) == 5


def test_every_state_has_a_mark() -> None:
    assert set(MARKS) | {WorkState.RUNNING} == set(WorkState)
