from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import PublicFacts, generate, public_half
from groundplane.ssh.agent import run_agent

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = load_declared(toolkit_content(), ["bootstrap"])["operator_ssh_private_key"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: a Unix socket's path has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="gp-") as made:
        yield Path(made)


def test_it_holds_the_key_while_it_lives_and_nothing_is_left(folder: Path) -> None:
    key = generate(SECRET)
    line = key.splitlines()[2].encode()
    with run_agent(key, folder) as sock:
        offered = _keys(sock)
        assert public_half(SECRET, key, PublicFacts("cloud", "example.org", 1)).split()[1] in offered
        assert [file for file in folder.iterdir() if file.is_file()] == []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                assert line not in process.read_bytes()
            except OSError:
                continue
    assert list(folder.iterdir()) == []


def test_a_key_that_is_none_is_refused_and_the_agent_ends(folder: Path) -> None:
    with pytest.raises(InputError, match="can't be used"), run_agent("no key", folder):
        pytest.fail("an agent without a key")
    assert list(folder.iterdir()) == []


def test_a_killed_engine_leaves_no_agent(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from groundplane.ssh.agent import run_agent\n"
        "with run_agent(sys.stdin.read(), Path(sys.argv[1])):\n    print('up', flush=True); time.sleep(60)\n"
    )
    engine = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert engine.stdin is not None
    assert engine.stdout is not None
    with engine.stdin, engine.stdout:
        engine.stdin.write(generate(SECRET))
        engine.stdin.close()
        assert engine.stdout.readline() == "up\n"
        assert "ssh-ed25519" in _keys(folder / "agent")
        os.kill(engine.pid, signal.SIGKILL)
        engine.wait()
    deadline = time.monotonic() + 20
    while "ssh-ed25519" in _keys(folder / "agent") and time.monotonic() < deadline:
        time.sleep(0.5)
    assert "ssh-ed25519" not in _keys(folder / "agent")


def _keys(sock: Path) -> str:
    words = ["env", f"SSH_AUTH_SOCK={sock}", "ssh-add", "-L"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout
