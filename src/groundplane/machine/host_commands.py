"""Programs of this machine, run as lists of words; a failure becomes an error that a person can act on."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ERROR_LINES = 12


def as_root(words: Sequence[str]) -> list[str]:
    """The same words, with `sudo -n` before them where we are not root."""
    return list(words) if os.geteuid() == 0 else ["sudo", "-n", *words]


def need_programs(packages: Mapping[str, str]) -> None:
    """Checks that programs are on PATH (or in an sbin folder); `packages` maps a program to its Debian package.

    Raises:
        InputError: names everything that is missing and the one command that installs it.
    """
    missing = [name for name in packages if find_program(name) is None]
    if missing:
        wanted = sorted({packages[name] for name in missing})
        raise InputError(
            f"This machine lacks {', '.join(missing)}",
            cure=f"sudo apt-get install -y --no-install-recommends {' '.join(wanted)}   (scripts/lab does it)",
        )


def find_program(name: str) -> str | None:
    """The program's path; sbin folders count although an ordinary user's PATH lacks them."""
    return shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")


def run_command(
    words: Sequence[str],
    *,
    doing: str,
    stdin: str | bytes | None = None,
    timeout: float | None = 120,
    log: Path | None = None,
) -> str:
    """Runs the words and returns standard output.

    Args:
        doing: what this is for, as the beginning of an error ("Building the base image").
        stdin: what the program reads; nothing where absent.
        timeout: seconds; None for no limit.
        log: a file that gets both outputs, for long work; the returned text is then empty.

    Raises:
        FailedError: the program is missing, took too long, or failed; carries its last lines.
    """
    data = stdin.encode() if isinstance(stdin, str) else stdin
    source: dict[str, object] = {"input": data} if data is not None else {"stdin": subprocess.DEVNULL}
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as sink:
                done = subprocess.run(  # type: ignore[call-overload]
                    list(words), stdout=sink, stderr=subprocess.STDOUT, timeout=timeout, check=False, **source
                )
        else:
            done = subprocess.run(  # type: ignore[call-overload]
                list(words), capture_output=True, timeout=timeout, check=False, **source
            )
    except FileNotFoundError as missing:
        raise FailedError(f"{doing} failed: {words[0]} is not installed") from missing
    except subprocess.TimeoutExpired as late:
        raise FailedError(f"{doing} took longer than {timeout:.0f} s", why=" ".join(words)) from late
    if done.returncode != 0:
        said = log.read_bytes() if log is not None else (done.stderr or done.stdout or b"")
        last = said.decode(errors="replace").strip().splitlines()[-ERROR_LINES:]
        raise FailedError(
            f"{doing} failed",
            why="\n".join([f"{words[0]} … ended with {done.returncode}", *last]),
            cure=f"Read {log}" if log is not None else "",
        )
    return (done.stdout or b"").decode(errors="replace") if log is None else ""
