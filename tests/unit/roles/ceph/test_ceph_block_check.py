"""RBD in each pool: what the agent in the container answers, and what becomes of it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

block: Any = importlib.import_module("ceph_block_check")
session_module: Any = importlib.import_module("ceph_session")

CLUSTER = session_module.Cluster("fsid", "172.31.9.11", "SECRETKEY")
RADOS = """
class Error(Exception):
    errno = 0
class Context:
    def __init__(self, pool): self.pool = pool
    def __enter__(self): return self
    def __exit__(self, *_): pass
class Rados:
    def __init__(self, **given): assert given["conf"]["key"] == "SECRETKEY"
    def connect(self, timeout): pass
    def open_ioctx(self, pool):
        if pool == "gone":
            raise Error("error opening pool 'gone'")
        return Context(pool)
"""
RBD = """
class Error(Exception):
    errno = 0
class ImageNotFound(Error):
    pass
class Late(Error):
    errno = 110
images = {}
class RBD:
    def remove(self, context, name):
        if images.pop((context.pool, name), None) is None:
            raise ImageNotFound(name)
    def create(self, context, name, size, **_):
        if context.pool == "late":
            raise Late("timed out")
        images[context.pool, name] = b""
class Image:
    def __init__(self, context, name, read_only=False): self.at = (context.pool, name)
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def write(self, data, offset): images[self.at] = data
    def flush(self): pass
    def read(self, offset, length): return b"rotten" if self.at[0] == "rotten" else images[self.at]
"""


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the agent finds bindings of ours."""
    (tmp_path / "rados.py").write_text(RADOS)
    (tmp_path / "rbd.py").write_text(RBD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def run(words: list[str], *, data: str, seconds: float) -> Any:
        assert "SECRETKEY" not in " ".join(words)
        assert seconds > json.loads(data)["seconds"]
        return subprocess.run(
            [sys.executable, *words[1:]], input=data, capture_output=True, encoding="utf-8", check=False
        )

    monkeypatch.setattr(block, "place", lambda fsid, image: [])
    monkeypatch.setattr(block, "run", run)


@pytest.mark.usefixtures("container")
def test_each_pool_is_written_to_and_read_from() -> None:
    assert block.check_pools(CLUSTER, ["images", "vms"]) == {"images": "", "vms": ""}


@pytest.mark.usefixtures("container")
def test_what_is_wrong_with_a_pool_is_told_of_that_pool() -> None:
    assert block.check_pools(CLUSTER, ["images", "gone", "rotten", "late"]) == {
        "images": "",
        "gone": "error opening pool 'gone'",
        "rotten": "what was read isn't what was written",
        "late": "no answer within 5 seconds",
    }


def test_an_agent_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "place", lambda fsid, image: [])
    ended = subprocess.CompletedProcess([], 1, "", "Traceback\nModuleNotFoundError: No module named 'rbd'\n")
    monkeypatch.setattr(block, "run", lambda words, **_: ended)
    with pytest.raises(session_module.CephError, match="RBD can't be tried: ModuleNotFoundError"):
        block.check_pools(CLUSTER, ["images"])
