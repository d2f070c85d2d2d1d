"""The administration of the gateways, with the agent that runs in a container and a radosgw-admin of ours."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

radosgw: Any = importlib.import_module("ceph_radosgw")
session_module: Any = importlib.import_module("ceph_session")
CephError: Any = session_module.CephError

PROGRAM = """#!{python}
import json, sys
words = sys.argv[1:]
keyring = open(words[words.index("--keyring") + 1]).read()
assert "SECRETKEY" in keyring and "SECRETKEY" not in " ".join(words)
match [word for word in words if not word.startswith("-")][-2:]:
    case ["user", "info"]:
        if "--uid=nobody" in words:
            sys.exit("could not fetch user info: no user info saved")
        if "--uid=broken" in words:
            sys.exit("something else\\nfailed to connect")
        print(json.dumps({{"user_id": "somebody"}}))
    case ["user", "rm"]:
        pass
    case ["user", "list"]:
        import time
        time.sleep(5)
"""


@pytest.fixture
def administration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    program = tmp_path / "radosgw-admin"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(radosgw, "place", lambda fsid, image: ["env"])
    return radosgw.Administration(session_module.Cluster("fsid", "172.31.9.11", "SECRETKEY"))


def test_answers_are_data_or_text(administration: Any) -> None:
    with administration as asked:
        assert asked.ask("user", "info", "--uid=somebody") == {"user_id": "somebody"}
        assert asked.ask("user", "rm", "--uid=somebody") == ""


def test_a_user_that_is_not_there_is_none(administration: Any) -> None:
    with administration as asked:
        assert asked.find("nobody") is None
        assert asked.find("somebody") == {"user_id": "somebody"}
        with pytest.raises(CephError, match="radosgw-admin user info: failed to connect"):
            asked.find("broken")


def test_a_program_that_hangs_is_given_up(administration: Any) -> None:
    with administration as asked, pytest.raises(CephError, match="no answer within 1 seconds"):
        asked.ask("user", "list", seconds=1)


def test_it_can_not_be_asked_when_it_is_closed(administration: Any) -> None:
    with administration as asked:
        pass
    with pytest.raises(CephError, match="closed"):
        asked.ask("user", "list")
