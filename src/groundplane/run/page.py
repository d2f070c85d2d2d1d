"""A run as one self-contained page: nothing is loaded from elsewhere, so it can be mailed and opened offline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from groundplane import __version__
from groundplane.counting import duration

if TYPE_CHECKING:
    from groundplane.run.journal.models import RunHostRow, RunStepRow
    from groundplane.run.story import RunStory


@dataclass(frozen=True, slots=True)
class Bar:
    """A step on the timeline; positions in percent of the run's length."""

    step: RunStepRow
    start: float
    width: float
    seconds: float
    critical: bool
    hosts: tuple[RunHostRow, ...]


def run_page(story: RunStory) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=PackageLoader("groundplane.run", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    environment.filters["words"] = lambda text: str(text).replace("_", " ")
    total = max(story.seconds(), 0.001)
    return environment.get_template("run.html.j2").render(
        story=story,
        run=story.run,
        total=total,
        bars=_bars(story, total),
        ticks=_ticks(total),
        version=__version__,
    )


def _bars(story: RunStory, total: float) -> list[Bar]:
    bars = []
    for step in story.steps:
        hosts = tuple(row for row in story.hosts if row.step == step.step)
        start = seconds = 0.0
        if step.started_at is not None:
            start = (step.started_at - story.run.started_at).total_seconds()
            end = step.finished_at or story.run.finished_at or datetime.now(UTC)
            seconds = max((end - step.started_at).total_seconds(), 0.0)
        bars.append(
            Bar(
                step=step,
                start=round(100 * start / total, 3),
                width=round(max(100 * seconds / total, 0.2 if seconds else 0.0), 3),
                seconds=seconds,
                critical=step.step in story.critical_path,
                hosts=hosts,
            )
        )
    return bars


def _ticks(total: float) -> list[tuple[float, str]]:
    """Four to eight marks at round times: position in percent and label."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    width = next((step for step in steps if total / step <= 8), 28800)  # noqa: PLR2004
    return [
        (round(100 * number * width / total, 3), duration(number * width)) for number in range(int(total / width) + 1)
    ]
