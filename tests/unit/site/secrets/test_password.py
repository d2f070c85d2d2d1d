from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.site.model import VaultFile
from groundplane.site.secrets.password import VaultPassword, find_vault_password, new_password, read_password_file
from groundplane.site.secrets.password_agent import start_agent, stop_agent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _find(
    tmp_path: Path, vault: VaultFile, override: Path | None = None, ask: Callable[[], str] | None = None
) -> VaultPassword:
    return find_vault_password(
        vault,
        site_name="cloud",
        override=override,
        agent_socket=tmp_path / "rt" / "unlocked" / "a.sock",
        site_path=tmp_path,
        ask=ask,
    )


def test_the_override_beats_the_sites_file_and_that_beats_the_question(tmp_path: Path) -> None:
    (tmp_path / "override").write_text("from the override\n")
    (tmp_path / "file").write_text("  from the file \n")
    vault = VaultFile(password_file="file", password_command=("echo", "from the command"))
    assert _find(tmp_path, vault, tmp_path / "override") == b"from the override"
    assert _find(tmp_path, vault, ask=lambda: "typed") == b"from the file"
    assert _find(tmp_path, VaultFile(password_command=("echo", "from the command"))) == b"from the command"
    assert _find(tmp_path, VaultFile(), ask=lambda: "typed") == b"typed"


def test_the_agent_comes_before_the_question(tmp_path: Path) -> None:
    sock = tmp_path / "rt" / "unlocked" / "a.sock"
    start_agent(sock, b"held", seconds=30)
    try:
        assert _find(tmp_path, VaultFile(), ask=lambda: "typed") == b"held"
    finally:
        stop_agent(sock)


def test_a_program_is_run_and_a_client_program_gets_the_sites_name(tmp_path: Path) -> None:
    program = tmp_path / "keyring-client.sh"
    program.write_text('#!/bin/sh\necho "$*"\n')
    program.chmod(0o700)
    assert read_password_file(program, client_id="cloud") == b"--vault-id cloud"


def test_no_source_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        _find(tmp_path, VaultFile())
    assert "secrets unlock" in told.value.cure


@pytest.mark.parametrize(
    ("vault", "message"),
    [
        (VaultFile(password_file="not-there"), "not there"),
        (VaultFile(password_file="empty"), "empty"),
        (VaultFile(password_command=("false",)), "failed"),
        (VaultFile(password_command=("no-such-program-anywhere",)), "can't be run"),
        (VaultFile(password_command=()), "no words"),
    ],
)
def test_a_source_that_gives_nothing_is_an_error_and_no_other_is_tried(
    tmp_path: Path, vault: VaultFile, message: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(InputError, match=message):
        _find(tmp_path, vault, ask=lambda: "typed")


def test_the_password_never_shows_itself() -> None:
    password = VaultPassword(b"geheim")
    assert "geheim" not in f"{password} {password!r} {[password]}"
    assert password == b"geheim"


def test_a_new_password_comes_from_one_place(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new one\n")
    assert new_password(file=tmp_path / "new", words=None, ask=None, client_id="cloud") == b"new one"
    assert new_password(file=None, words=["echo", "other"], ask=None, client_id="cloud") == b"other"
    with pytest.raises(InputError, match="from a file and from a command"):
        new_password(file=tmp_path / "new", words=["echo"], ask=None, client_id="cloud")
    with pytest.raises(InputError, match="nobody can be asked"):
        new_password(file=None, words=None, ask=None, client_id="cloud")
