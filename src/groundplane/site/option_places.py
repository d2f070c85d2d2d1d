"""Where parts of a variable's value are written, so that what is wrong in one is told with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.site.source import Source, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.errors import Place
    from groundplane.site.values import Value


class OptionPlaces:
    """Reads each file once."""

    def __init__(self) -> None:
        self._sources: dict[Path, Source | None] = {}

    def place(self, value: Value, name: str, *path: str | int) -> Place:
        """Where a part of a variable's value stands; `path` are keys and indexes, none for all of it."""
        source, prefix = self._origin(value, name)
        return source.place(*prefix, *path) if source is not None else value.place

    def below(self, value: Value, name: str, path: tuple[str | int, ...], data: Any) -> Source:
        """The file as if it held this part of the value alone, so that complaints about it find their lines.

        Args:
            data: the part, as it was worked out.
        """
        source, prefix = self._origin(value, name)
        start = (*prefix, *path)
        if source is None:
            return Source(value.place.file, data, {(): (value.place.line or 1, value.place.column or 1)})
        lines = {keys[len(start) :]: at for keys, at in source.lines.items() if keys[: len(start)] == start}
        first = self.place(value, name, *path)
        lines.setdefault((), (first.line or 1, first.column or 1))
        return Source(source.path, data, lines)

    def _origin(self, value: Value, name: str) -> tuple[Source | None, tuple[str | int, ...]]:
        """The file that sets the variable, and the path of keys to it (in hosts.yml it isn't at the top)."""
        path = value.place.file
        if path not in self._sources:
            self._sources[path] = read_source(path, []) if path.is_file() else None
        source = self._sources[path]
        if source is None:
            return None, ()
        at = (value.place.line, value.place.column)
        for keys, found in source.lines.items():
            if found == at and keys and keys[-1] == name:
                return source, keys
        return (source, (name,)) if (name,) in source.lines else (None, ())
