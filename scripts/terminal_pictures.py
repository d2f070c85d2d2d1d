"""Takes pictures of a terminal in which commands really run: docs/pictures/terminal-NAME.svg.

    scripts/terminal_pictures.py --lab NAME [--folder FOLDER] [PICTURE…]

scripts/pictures calls this. Each command runs in a terminal of 100 columns; what it wrote is drawn as it stood on the
screen at the end. Nothing is typed in by hand but the command. A picture that shows one of the site's secrets, or a
folder of the machine that it was taken on, is refused.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import pty
import re
import secrets
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from groundplane.run.redaction import Redactor, secret_strings
from groundplane.site.secrets.store import read_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
"""Where this environment's `groundplane` is."""
COLUMNS, ROWS = 100, 60
PATIENCE = 1800
"""Seconds for one command."""
PLAIN = "\x1b[0m"
# Rich's own names a font elsewhere on the network.
SVG = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
_TOKEN = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # a title, a link
    r"|\x1b\[(?P<numbers>[0-9;?]*)(?P<letter>[A-Za-z])"
    r"|\x1b[()][A-Z0-9]|\x1b[=>78]"
    r"|(?P<character>.)",
    re.DOTALL,
)


class PictureError(Exception):
    """A picture that can't be taken, or mustn't be shown."""


@dataclass(slots=True)
class Screen:
    """What stands on a terminal as high as it takes, after it was written to; a cell is its style and its character.

    It knows what rich and click use: colours, the cursor moved within what was written, lines cleared.
    """

    columns: int = COLUMNS
    lines: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0
    style: str = ""

    def write(self, text: str) -> None:
        for token in _TOKEN.finditer(text):
            if character := token["character"]:
                self._character(character)
            elif letter := token["letter"]:
                self._control(letter, token["numbers"])

    def text(self) -> list[str]:
        """The lines as they read."""
        return ["".join(character for _, character in line).rstrip() for line in self._filled()]

    def ansi(self) -> list[str]:
        """The lines with their colours."""
        shown = []
        for line in self._filled():
            parts, style = [], ""
            for wanted, character in line:
                if wanted != style:
                    parts.append((PLAIN if style else "") + wanted)
                    style = wanted
                parts.append(character)
            shown.append("".join(parts) + (PLAIN if style else ""))
        return shown

    def _filled(self) -> list[list[tuple[str, str]]]:
        lines = list(self.lines)
        while lines and not any(character.strip() for _, character in lines[-1]):
            lines.pop()
        return lines

    def _character(self, character: str) -> None:
        if character == "\n":
            self._to_row(self.row + 1)
        elif character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\t":
            for _ in range(8 - self.column % 8):
                self._character(" ")
        elif character >= " ":
            self._print(character)

    def _print(self, character: str) -> None:
        width = cell_len(character)
        if width and self.column + width > self.columns:
            self._to_row(self.row + 1)
            self.column = 0
        line = self.lines[self.row]
        line.extend([("", " ")] * (self.column - len(line)))
        if not width:
            if line:
                line[-1] = (line[-1][0], line[-1][1] + character)
            return
        # A wide character takes two cells, of which the second is empty.
        line[self.column : self.column + width] = [(self.style, character), *[(self.style, "")] * (width - 1)]
        self.column += width

    def _control(self, letter: str, numbers: str) -> None:
        count = int(numbers) if numbers.isdigit() else 0
        line = self.lines[self.row]
        match letter:
            case "m":
                # A style stands until it is put back as a whole: that is how rich and click write.
                self.style = "" if numbers in {"", "0"} else f"{self.style}\x1b[{numbers}m"
            case "A":
                self.row = max(0, self.row - max(1, count))
            case "B":
                self._to_row(self.row + max(1, count))
            case "C":
                self.column += max(1, count)
            case "D":
                self.column = max(0, self.column - max(1, count))
            case "G":
                self.column = max(0, count - 1)
            case "K":
                line[:] = [] if count == 2 else line if count == 1 else line[: self.column]  # noqa: PLR2004
            case "J" if count == 0:
                line[:] = line[: self.column]
                del self.lines[self.row + 1 :]

    def _to_row(self, row: int) -> None:
        while len(self.lines) <= row:
            self.lines.append([])
        self.row = row


def draw(words: Sequence[str], lines: Sequence[str], *, title: str, columns: int = COLUMNS) -> str:
    """A terminal with a command and the lines that it left, colours as ANSI sequences; an SVG that loads nothing."""
    console = Console(
        record=True,
        width=columns,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        highlight=False,
        emoji=False,
    )
    console.print(Text.assemble(("$ ", "bold green"), (" ".join(words), "bold")), no_wrap=True, crop=True)
    for line in lines:
        console.print(Text.from_ansi(line), no_wrap=True, crop=True)
    return console.export_svg(title=title, code_format=SVG)


def check(text: Iterable[str], redactor: Redactor, folders: Iterable[str]) -> None:
    """Whether everybody may see these lines.

    Raises:
        PictureError: they show a secret, or a folder of this machine; also where it goes on in the next line.
    """
    lines = [line.strip() for line in text]
    for shown in ("\n".join(lines), "".join(lines)):
        if redactor.text(shown) != shown:
            raise PictureError("it shows a secret of the site's")
        for folder in folders:
            if folder in shown:
                raise PictureError(f"it shows a folder of this machine: {folder}")


def run_in_terminal(words: Sequence[str], *, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and all that a command wrote to its terminal.

    Raises:
        PictureError: it didn't come to its end.
    """
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        words, cwd=folder, env=dict(env), stdin=there, stdout=there, stderr=there, start_new_session=True
    )
    os.close(there)
    written, deadline = bytearray(), time.monotonic() + PATIENCE
    try:
        while True:
            if not select.select([here], [], [], max(0, deadline - time.monotonic()))[0]:
                process.kill()
                raise PictureError(f"'{' '.join(words)}' still ran after {PATIENCE} s")
            try:
                part = os.read(here, 65536)
            except OSError:  # Linux's way to say that nobody has the other end any more
                break
            if not part:
                break
            written += part
    finally:
        os.close(here)
        code = process.wait()
    return code, written.decode("utf-8", "replace")


class Where(Enum):
    """The folder in which a picture's command is typed."""

    SITE = "the lab's site"
    CHANGED = "a copy of it in which a person has changed something; nothing of that is applied"
    CLONE = "the clone's own folder"
    FRESH = "a site as `groundplane init` writes it; no host is there"
    MISTAKEN = "such a site with mistakes in it"


NO_LAB = {Where.FRESH, Where.MISTAKEN}


@dataclass(frozen=True, slots=True)
class Picture:
    """A command whose screen is drawn."""

    title: str
    words: tuple[str, ...]
    where: Where = Where.SITE
    last: int = 0
    """Only so many lines of the end; 0 is all."""
    code: int = 0
    """The exit code that it has to end with."""


PICTURES = {
    "validate": Picture("Mistakes, with file, line and cure", ("groundplane", "validate"), Where.MISTAKEN, code=2),
    "first-plan": Picture(
        "A first plan, before any host is there", ("groundplane", "plan", "--no-probe", "ceph"), Where.FRESH
    ),
    "overview": Picture("How things stand", ("groundplane",)),
    "plan": Picture("What would run, and why", ("groundplane", "plan", "bootstrap", "openstack"), Where.CHANGED),
    "status": Picture("Layers with their hosts", ("groundplane", "status")),
    "verify": Picture("The hosts, asked for themselves", ("groundplane", "verify"), last=40),
    "smoke": Picture("An ordinary user's server", ("groundplane", "openstack", "smoke")),
    "lab": Picture("A cloud in a lab", ("groundplane", "lab", "status", "--name", "{lab}")),
}
CHANGES = (
    ("environments/openstack/overlays/neutron.conf", "[DEFAULT]\nglobal_physnet_mtu = 9000\n"),
    ("inventory/host_vars/node1.yml", "kernel_sysctl_extra: {net.core.somaxconn: 8192}\n"),
)
"""File of a lab's site and text, added at its end."""
MISTAKES = (("vlan: 10", "vlna: 10"), ("address: 203.0.113.250", "address: 203.0.113.50"))
"""What stands in a fresh site.yml, and what a person wrote instead."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A site that is looked at, and the file with its vault password."""

    site: Path
    password: Path

    def redactor(self) -> Redactor:
        return Redactor(secret_strings(read_secrets(self.site, self.password.read_bytes().strip())))


class Studio:
    """Takes pictures; what it makes for them lies in the folder `work`."""

    def __init__(self, lab: str, work: Path) -> None:
        self.lab, self.work = lab, work
        unwanted = ("NO_COLOR", "COLUMNS", "LINES", "GROUNDPLANE_SITE", "FORCE_COLOR", "COLORTERM")
        self.env = {key: value for key, value in os.environ.items() if key not in unwanted}
        self.env |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
        # A person's folders are shown as where they are by default, whose home it ever is.
        homes = [*(str(work / name) for name in ("fresh", "mistaken", "changed")), str(work)]
        self.shown_as = {**dict.fromkeys(homes, "~"), state: "~/.local/state", str(ROOT): "~/groundplane"}
        self.shown_as[str(Path.home())] = "~"

    def take(self, picture: Picture) -> str:
        """Raises: PictureError."""
        words = [word.replace("{lab}", self.lab) for word in picture.words]
        stage, folder = self._stage(picture.where)
        env = {**self.env, "GROUNDPLANE_VAULT_PASSWORD_FILE": str(stage.password)}
        code, written = run_in_terminal(words, folder=folder, env=env)
        screen = Screen()
        screen.write(self._as_by_default(written))
        text, lines = screen.text(), screen.ansi()
        if code != picture.code:
            raise PictureError("\n".join([f"'{' '.join(words)}' ended with exit code {code}:", *text[-20:]]))
        check(text, stage.redactor(), self.shown_as)
        if picture.last and len(lines) > picture.last:
            lines = ["\x1b[2m…\x1b[0m", *lines[-picture.last :]]
        return draw(words, lines, title=picture.title)

    def _stage(self, where: Where) -> tuple[Stage, Path]:
        """The site, and the folder in which the command is typed."""
        if where in NO_LAB:
            stage = self._fresh(where is Where.MISTAKEN)
            return stage, stage.site
        stage = self.of_lab()
        if where is Where.CHANGED:
            copy = self.work / "changed" / stage.site.name
            if not copy.exists():
                shutil.copytree(stage.site, copy, symlinks=True)
                for name, text in CHANGES:
                    file = copy / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    with file.open("a", encoding="utf-8") as out:
                        out.write(text)
            return stage, copy
        return stage, stage.site if where is Where.SITE else ROOT

    def of_lab(self) -> Stage:
        """The lab's own site.

        Raises:
            PictureError: there is no such lab.
        """
        status = self._run("groundplane", "lab", "status", "--name", self.lab, "--json")
        if status.returncode:
            raise PictureError(f"there is no lab {self.lab} here: scripts/lab makes one\n{status.stderr}")
        config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return Stage(Path(json.loads(status.stdout)["site"]), config / "groundplane" / "labs" / f"{self.lab}.password")

    def _fresh(self, mistaken: bool) -> Stage:
        name = "mistaken" if mistaken else "fresh"
        stage = Stage(self.work / name / "mycloud", self.work / name / "password")
        if stage.site.exists():
            return stage
        stage.password.parent.mkdir()
        stage.password.touch(0o600)
        stage.password.write_text(secrets.token_urlsafe(32) + "\n", encoding="utf-8")
        made = self._run("groundplane", "init", str(stage.site), "--template", "production")
        if made.returncode:
            raise PictureError(f"there is no fresh site to look at: {made.stderr}")
        if mistaken:
            file = stage.site / "site.yml"
            text = file.read_text(encoding="utf-8")
            for right, wrong in MISTAKES:
                if right not in text:
                    raise PictureError(f"a fresh site.yml hasn't '{right}' any more")
                text = text.replace(right, wrong)
            file.write_text(text, encoding="utf-8")
        return stage

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = dict(self.env)
        if words[1] == "init":
            env["GROUNDPLANE_VAULT_PASSWORD_FILE"] = str(Path(words[2]).parent / "password")
        return subprocess.run(words, cwd=self.work, env=env, capture_output=True, text=True, check=False)

    def _as_by_default(self, written: str) -> str:
        for folder, shown in self.shown_as.items():
            written = shorten(written, folder, shown)
        return written


def shorten(written: str, folder: str, shown: str) -> str:
    """`shown` instead of `folder`, while the remark behind a command stays below those of the lines around it."""
    room = " " * (len(folder) - len(shown))
    remark = re.compile(rf"{re.escape(folder)}([^\n]*?  )((?:\x1b\[[0-9;]*m)*# )")
    return remark.sub(lambda found: f"{shown}{found[1]}{room}{found[2]}", written).replace(folder, shown)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", default="lab", help="the lab's name")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("pictures", nargs="*", metavar="PICTURE", help=", ".join(PICTURES))
    given = parser.parse_args()
    if unknown := set(given.pictures) - set(PICTURES):
        parser.error(f"there is no picture {', '.join(sorted(unknown))}; there are: {', '.join(PICTURES)}")
    try:
        with tempfile.TemporaryDirectory(prefix="groundplane-pictures-") as work:
            studio = Studio(given.lab, Path(work))
            for name in given.pictures or PICTURES:
                file = given.folder / f"terminal-{name}.svg"
                file.write_text(studio.take(PICTURES[name]) + "\n", encoding="utf-8")
                print(file)
    except PictureError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
