"""Scripts that go on answering, with a local Python in ssh's place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.ssh.streaming import stream_hosts

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.ssh.connection import SshConnection

__all__ = ["site_folder"]


class Local:
    def command(self, _user: str, _address: str, *_words: str, port: int | None = None) -> list[str]:
        return [sys.executable, "-"]

    def environment(self) -> dict[str, str]:
        return {}


CONNECTION = cast("SshConnection", Local())


def test_each_line_and_the_end_of_each_host(site_folder: SiteFolder) -> None:
    told: list[tuple[str, Any]] = []
    ended: dict[str, str] = {}
    stream_hosts(
        site_folder.load(),
        ("node1", "node2"),
        CONNECTION,
        marker="said",
        script=lambda host: (
            b"print('Welcome!')\nfor i in range(2): print('{\"said\": 1, \"i\": %d}' % i, flush=True)\n"
            + (b"import sys; sys.exit('it broke')" if host == "node2" else b"")
        ),
        on_answer=lambda host, data: told.append((host, data["i"])),
        on_end=lambda host, why: ended.update({host: why}),
    )
    assert sorted(told) == [("node1", 0), ("node1", 1), ("node2", 0), ("node2", 1)]
    assert ended["node2"] == "it broke"


def test_an_interruption_ends_the_programs(site_folder: SiteFolder) -> None:
    def interrupt(_host: str, _data: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream_hosts(
            site_folder.load(),
            ("node1",),
            CONNECTION,
            marker="said",
            script=lambda _host: b"import time\nprint('{\"said\": 1}', flush=True)\ntime.sleep(600)",
            on_answer=interrupt,
            on_end=lambda _host, _why: None,
        )
