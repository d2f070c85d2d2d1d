"""Which one command makes most sense now, and why. Pure: an overview in, a command out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.overview.model import LayerState, NextCommand, VaultState

if TYPE_CHECKING:
    from groundplane.overview.model import Overview

_FEW = 3


def next_command(overview: Overview) -> NextCommand:
    """The first of these that holds: what goes on, what is in the way, what was broken off, what is due."""
    for rule in (_watch, _mend, _unlock, _start_lab, _trust, _go_on, _images, _apply, _verify):
        found = rule(overview)
        if found is not None:
            return found
    return _use(overview)


def _watch(overview: Overview) -> NextCommand | None:
    if overview.at_work is None:
        return None
    run = overview.at_work.run
    words = f"groundplane logs {run} --follow" if run else "groundplane"
    return NextCommand(words, "watch what goes on" if run else "somebody is about to begin: look again in a moment")


def _mend(overview: Overview) -> NextCommand | None:
    if not overview.problems:
        return None
    if all(problem.file.endswith("/secrets.yml") for problem in overview.problems):
        return NextCommand("groundplane secrets init", "makes the secrets that are missing")
    return NextCommand("groundplane validate", "says file, line and cure; nothing can be applied before")


def _unlock(overview: Overview) -> NextCommand | None:
    match overview.vault:
        case VaultState.NO_SECRETS:
            return NextCommand("groundplane secrets init", "makes the site's passwords and keys, encrypted")
        case VaultState.LOCKED:
            return NextCommand("groundplane secrets unlock", "holds the vault password in memory for an hour")
        case VaultState.WRONG:
            return NextCommand("groundplane validate --secrets", "says why the secrets don't open")
        case _:
            return None


def _start_lab(overview: Overview) -> NextCommand | None:
    lab = overview.lab
    if lab is None or lab.running is None or lab.running >= lab.nodes:
        return None
    still = "no node runs" if not lab.running else f"only {lab.running} of {counted(lab.nodes, 'node')} run"
    return NextCommand(f"groundplane lab up --name {lab.name}", f"{still}: starts the lab and goes on where it stood")


def _trust(overview: Overview) -> NextCommand | None:
    if not overview.unpinned or any(layer.applied_at for layer in overview.layers):
        return None
    return NextCommand("groundplane hosts trust", "pins the hosts' keys; no other host is talked to")


def _go_on(overview: Overview) -> NextCommand | None:
    """What was broken off goes on as it was planned, as long as the site wants the same; `apply` plans anew."""
    if overview.resumable is None:
        return None
    run, same = overview.resumable
    state = overview.last.state if overview.last is not None and overview.last.id == run else "broken off"
    if same and state == "failed":
        return NextCommand("groundplane apply --resume", f"once the cause is mended: goes on where {_end(run)} failed")
    if same:
        return NextCommand("groundplane apply --resume", f"goes on where {_end(run)} stopped")
    return NextCommand("groundplane apply", f"does what {_end(run)} left, as the site says today; shows it and asks")


def _images(overview: Overview) -> NextCommand | None:
    """Those that are built here apply builds itself."""
    if not overview.images_due:
        return None
    what = f"pins the images of {_and(overview.images_due)}: there is no images.lock yet"
    return NextCommand("groundplane images lock", what)


def _apply(overview: Overview) -> NextCommand | None:
    broken = (*overview.in_state(LayerState.FAILED), *overview.in_state(LayerState.INTERRUPTED))
    if broken:
        names = _and([layer.name for layer in broken])
        return NextCommand("groundplane apply", f"tries again what didn't succeed in {names}; shows it first and asks")
    changed = [layer.name for layer in overview.layers if layer.named(LayerState.CHANGED)]
    if changed:
        return NextCommand("groundplane plan", f"says what changed in {_and(changed)}, and what apply would do")
    fresh = [layer.name for layer in overview.layers if layer.named(LayerState.NEVER)]
    if fresh:
        images = f", builds {counted(len(overview.lacking), 'image')} for it" if overview.lacking else ""
        return NextCommand("groundplane apply", f"brings about {_and(fresh)}{images}; shows the plan first and asks")
    return None


def _verify(overview: Overview) -> NextCommand | None:
    failed = [layer.name for layer in overview.layers if layer.checked and not layer.checked.good]
    if failed:
        return NextCommand(f"groundplane verify {' '.join(failed)}", "failed last time: looks again, and says what")
    due = [layer.name for layer in overview.layers if layer.checked is None or layer.checked.stale]
    if not due:
        return None
    never = all(layer.checked is None for layer in overview.layers if layer.name in due)
    whole = len(due) == len(overview.layers)
    words = "groundplane verify" if whole else f"groundplane verify {' '.join(due)}"
    return NextCommand(words, "applied, and never checked" if never else "something was applied since the last check")


def _use(overview: Overview) -> NextCommand:
    if overview.layer("openstack") is not None and not overview.entries_written:
        return NextCommand("groundplane openstack clouds --write", "all is applied and verified: use the cloud")
    return NextCommand("groundplane status", "asks the hosts whether it still is so")


def _end(run: str) -> str:
    """The end of a run's id, by which commands know it."""
    return run.rpartition("-")[2] or run


def _and(names: tuple[str, ...] | list[str]) -> str:
    shown = list(names)
    if len(shown) > _FEW + 1:
        return f"{', '.join(shown[:_FEW])} and {len(shown) - _FEW} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
