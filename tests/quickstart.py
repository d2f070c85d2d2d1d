"""docs/quickstart.md as what it says to type: its sections with their blocks for a shell."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tests.command import PROGRAM, ROOT, Answer, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PAGE = ROOT / "docs" / "quickstart.md"
CLONE, LAB, CLOUD, NO_HOST, AWAY = (
    "A cloud by one command",
    ("Look around", "Change something"),
    "Use the cloud",
    "Without any host",
    "Put it away",
)
TESTED = {CLONE, *LAB, CLOUD, NO_HOST, AWAY}
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_QUESTION = re.compile(r"^(groundplane (?:apply|lab down))$", re.MULTILINE)


def sections() -> dict[str, list[str]]:
    """The title of each section that has something to type, and its blocks."""
    parts = _SECTION.split(PAGE.read_text(encoding="utf-8"))
    found = {"": _BLOCK.findall(parts[0])}
    found |= {title: _BLOCK.findall(text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}
    return {title: blocks for title, blocks in found.items() if blocks}


def script(*titles: str) -> str:
    """The blocks of these sections as one script. Where a command asks a person, the answer is yes."""
    blocks = [block for title in titles for block in sections()[title]]
    return "\n".join(_QUESTION.sub(r"\1 --yes", block) for block in blocks)


def typed(text: str) -> Iterator[str]:
    """The lines of a script, without blanks and comments."""
    for line in text.splitlines():
        if words := line.split(" #")[0].strip():
            yield words


def in_a_shell(text: str, *, folder: Path, env: Mapping[str, str], timeout: float = 300) -> Answer:
    """A script as a person's shell runs it, with the virtual environment's commands; it ends at the first failure."""
    path = f"{PROGRAM.parent}{os.pathsep}{env['PATH']}"
    words = ("bash", "-x", "-e", "-o", "pipefail", "-c", text)
    return run(*words, cwd=folder, env={**env, "PATH": path}, timeout=timeout)
