"""What all tables share: how they look, and what they do where the terminal is narrow.

Headings are in small letters and bold; there are no lines. A name or an id is never cut, and broken only where nothing
else is left. First remarks go to lines of their own, and other columns become narrower and are wrapped between words;
then those that can be spared are left out, which a line below the table says. In a pipe there is all the room needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table as RichTable
from rich.text import Text

from groundplane.cli.common import console
from groundplane.cli.lines import wrapped
from groundplane.colours import KEY, state_style

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from rich.console import Console, RenderableType

    Row = tuple[tuple[Text, ...], str]
    """The cells, and the style of all of them."""

GAP = 2
"""Blanks between columns."""
READABLE = 16
"""A column of words is wrapped no narrower than that, as long as others can be spared;"""
NARROW = 10
"""and then no narrower than that, as long as no name has to be broken for it."""


_LONG = re.compile(r"\S{6,}")
_SEAMS = "/@:,=_-."

WIDEST = 60
"""Columns that a cell is filled up to in a pipe."""


class Table:
    """Rows under headings, laid out when it is known how much room there is.

    Args:
        names: the headings; the last one may be empty, for remarks.
        right: columns of numbers.
        whole: columns with names and ids, which are copied and searched for.
        spare: columns that are left out where there is no room for them, the last one first.
        heads: whether headings are shown.
    """

    def __init__(
        self,
        *names: str,
        right: Collection[str] = (),
        whole: Collection[str] = (),
        spare: Sequence[str] = (),
        heads: bool = True,
    ) -> None:
        for given in (*right, *whole, *spare):
            if given not in names:
                raise ValueError(f"there is no column {given!r}")
        self.names = names
        self._right, self._whole, self._spare, self._heads = frozenset(right), frozenset(whole), tuple(spare), heads
        self._rows: list[Row] = []

    def add(self, *cells: str, style: str = "") -> None:
        """A row; cells are rich's markup: what comes from elsewhere is to be escaped. `style` is the whole row's."""
        if len(cells) != len(self.names):
            raise ValueError(f"{len(cells)} cells for {len(self.names)} columns")
        self._rows.append((tuple(Text.from_markup(cell, emoji=False) for cell in cells), style))

    def __len__(self) -> int:
        return len(self._rows)

    def show(self, out: Console | None = None) -> None:
        """On standard output, or where `out` goes; in a pipe without the blanks that fill up the last column."""
        out = out or console()
        if not out.is_terminal:
            out.print("\n".join(self._lines()), markup=False, soft_wrap=True)
            return
        table, left_out = self.laid_out(out.width)
        out.print(table)
        if left_out:
            out.print(f"[dim]Left out, as there is no room: {', '.join(left_out)}. --json has everything.[/]")

    def _lines(self) -> list[str]:
        """For a pipe: a line for each row, in columns; one long value doesn't push all others far to the right."""
        shown = [index for index, name in enumerate(self.names) if name or self._used(index)]
        rows = [tuple(" ".join(cell.plain.split("\n")) for cell in cells) for cells, _ in self._rows]
        if self._heads:
            rows.insert(0, self.names)
        widths = {index: min(self._natural(index), WIDEST) for index in shown}
        return [
            (" " * GAP)
            .join(
                row[index].rjust(widths[index]) if self.names[index] in self._right else row[index].ljust(widths[index])
                for index in shown
            )
            .rstrip()
            for row in rows
        ]

    def laid_out(self, width: int) -> tuple[RenderableType, tuple[str, ...]]:
        """The table for so many columns of a terminal, and the headings that found no room."""
        # A column of remarks that nobody made would only take room.
        shown = [index for index, name in enumerate(self.names) if name or self._used(index)]
        if self._room(shown, self._natural) <= width:
            return self._rich(shown, [self._natural(index) for index in shown], self._rows), ()
        remarks = shown.pop() if not self.names[shown[-1]] else None
        # What is empty all the way down goes first, and isn't missed.
        shown = [index for index in shown if self._used(index) or self.names[index] not in self._spare]
        left_out = []
        for name in reversed([name for name in self._spare if self.names.index(name) in shown]):
            if self._room(shown, self._narrowest) <= width:
                break
            shown.remove(self.names.index(name))
            left_out.append(name)
        widths = self._widths(shown, width)
        parts: list[RenderableType] = []
        rows: list[Row] = []
        for cells, style in self._rows:
            rows.append((cells, style))
            if remarks is not None and cells[remarks].plain:
                parts.append(self._rich(shown, widths, rows, heads=not parts))
                parts += [Text(" " * GAP) + line for line in wrapped(cells[remarks], width - GAP)]
                rows = []
        if rows or not parts:
            parts.append(self._rich(shown, widths, rows, heads=not parts))
        return Group(*parts), tuple(reversed(left_out))

    def _used(self, index: int) -> bool:
        return any(cells[index].plain for cells, _ in self._rows)

    def _natural(self, index: int) -> int:
        """The width at which nothing is wrapped."""
        head = cell_len(self.names[index]) if self._heads else 0
        return max([head, *(cell_len(line) for cells, _ in self._rows for line in cells[index].plain.split("\n"))])

    def _narrowest(self, index: int, readable: int = READABLE) -> int:
        """The width at which it can still be read."""
        natural = self._natural(index)
        if self.names[index] in self._whole or self.names[index] in self._right:
            return natural
        head = cell_len(self.names[index]) if self._heads else 0
        return min(natural, max(head, readable))

    def _room(self, shown: Sequence[int], width_of: Callable[[int], int]) -> int:
        return sum(map(width_of, shown)) + GAP * (len(shown) - 1)

    def _widths(self, shown: Sequence[int], width: int) -> list[int]:
        """The room that is left goes to those that are wrapped."""
        wanted, widths = [self._natural(index) for index in shown], [self._narrowest(index) for index in shown]
        room = width - GAP * (len(shown) - 1)
        if sum(widths) > room:
            widths = [self._narrowest(index, NARROW) for index in shown]
        # Nothing can be spared any more: even names are broken, the longest first.
        while sum(widths) > room and max(widths) > 1:
            widths[widths.index(max(widths))] -= 1
        while sum(widths) < room:
            growing = [number for number, wide in enumerate(widths) if wide < wanted[number]]
            if not growing:
                break
            widths[min(growing, key=widths.__getitem__)] += 1
        return widths

    def _rich(
        self,
        shown: Sequence[int],
        widths: Sequence[int],
        rows: Sequence[Row],
        *,
        heads: bool = True,
    ) -> RichTable:
        table = RichTable(
            box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=self._heads and heads
        )
        for index, width in zip(shown, widths, strict=True):
            name = self.names[index]
            table.add_column(name, width=width, overflow="fold", justify="right" if name in self._right else "left")
        for cells, style in rows:
            fitting = (_folded(cells[index], width) for index, width in zip(shown, widths, strict=True))
            table.add_row(*fitting, style=style)
        return table


def _folded(text: Text, width: int) -> Text:
    """Words that are longer than the column are broken after a stroke or the like, where one is near the end."""
    breaks = []
    for word in _LONG.finditer(text.plain):
        begin = word.start()
        while cell_len(text.plain[begin : word.end()]) > width:
            fits = text.plain[begin : begin + width]
            good = max(fits.rfind(sign) for sign in _SEAMS) + 1
            begin += good if good > width // 2 else width
            breaks.append(begin)
    return Text("\n").join(text.divide(breaks)) if breaks else text


def facts(rows: Iterable[tuple[str, str]], out: Console | None = None) -> None:
    """Names with their values, one a line; values are rich's markup."""
    table = Table("name", "value", whole=("name",), heads=False)
    for name, value in rows:
        table.add(f"[{KEY}]{name}[/]", value)
    table.show(out)


def moment(at: datetime) -> str:
    """A time as all tables have it: where the reader is, to the minute."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def state(word: str, *, style: str | None = None) -> str:
    """A state in its colour, as markup; '_' is a blank."""
    style = state_style(word) if style is None else style
    shown = word.replace("_", " ").replace("[", r"\[")
    return f"[{style}]{shown}[/]" if style else shown
