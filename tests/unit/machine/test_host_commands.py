"""Programs of the machine: what a person reads when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.machine.host_commands import as_root, need_programs, run_command

if TYPE_CHECKING:
    from pathlib import Path


def test_output_is_returned_and_input_given() -> None:
    assert run_command(["cat"], doing="Copying", stdin="hello\n") == "hello\n"


def test_a_failure_says_what_failed_and_the_last_words() -> None:
    with pytest.raises(FailedError) as failed:
        run_command(["sh", "-c", "echo first; echo the reason >&2; exit 3"], doing="Making tea")
    assert failed.value.what == "Making tea failed"
    assert "the reason" in failed.value.why
    assert "3" in failed.value.why


def test_long_work_goes_to_a_log_that_the_error_names(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "build.log"
    with pytest.raises(FailedError) as failed:
        run_command(["sh", "-c", "echo it broke; exit 1"], doing="Building", log=log)
    assert "it broke" in log.read_text()
    assert str(log) in failed.value.cure


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(FailedError, match="longer than"):
        run_command(["sleep", "5"], doing="Sleeping", timeout=0.05)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(FailedError, match="groundplane-no-such-program is not installed"):
        run_command(["groundplane-no-such-program"], doing="Trying")


def test_everything_missing_is_said_at_once_with_one_cure() -> None:
    with pytest.raises(InputError) as refused:
        need_programs({"no-such-a": "package-a", "sh": "dash", "no-such-b": "package-b"})
    assert "no-such-a, no-such-b" in refused.value.what
    assert "package-a package-b" in refused.value.cure
    assert "dash" not in refused.value.cure


@pytest.mark.parametrize(("uid", "words"), [(0, ["id"]), (1000, ["sudo", "-n", "id"])])
def test_sudo_only_where_we_are_not_root(monkeypatch: pytest.MonkeyPatch, uid: int, words: list[str]) -> None:
    monkeypatch.setattr("os.geteuid", lambda: uid)
    assert as_root(["id"]) == words
