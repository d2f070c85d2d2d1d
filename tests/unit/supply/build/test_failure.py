"""What a person is told of a failed build: the step, the lines that matter, the cause and its cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.supply.build.failure import SHOWN_LINES, NoSpaceError, build_failure, last_step, meaningful

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.errors import FailedError

HEAD = "STEP 1/9: FROM localhost/groundplane/base:trixie\nSTEP 2/9: RUN apt-get -y install memcached && apt-get clean\n"
TAIL = (
    'Error: error building at STEP "RUN apt-get -y install memcached && apt-get clean": error while running runtime: '
    "exit status 100\n"
)


def failure(tmp_path: Path, said: str) -> FailedError:
    log = tmp_path / "log"
    log.write_text(HEAD + said + TAIL, encoding="utf-8")
    return build_failure("memcached", 1, log)


def test_the_step_and_its_last_lines_are_named(tmp_path: Path) -> None:
    error = failure(tmp_path, "Setting up libc6 (2.41) ...\nmemcached.c:12: error: no such file\n")
    assert error.what == "memcached failed at step 2 of 9 (RUN apt-get -y install memcached && apt-get clean)"
    assert error.why == "memcached.c:12: error: no such file"


def test_noise_alone_is_still_shown(tmp_path: Path) -> None:
    assert failure(tmp_path, "Get:1 http://mirror.example.org trixie InRelease\n").why.startswith("Get:1")


def test_no_more_than_a_screenful_is_shown() -> None:
    lines = [f"line {number}" for number in range(100)]
    assert meaningful(lines) == lines[-SHOWN_LINES:]
    assert len(meaningful(["x" * 5000])[0]) <= 300


def test_a_long_line_keeps_its_end_where_the_cause_stands(tmp_path: Path) -> None:
    error = failure(tmp_path, f"Error: committing container for step {{{'x' * 1000}}}: the cause\n")
    assert error.why.endswith(": the cause")
    assert error.why.startswith("Error: committing")


def test_a_log_that_is_not_there_is_no_second_error(tmp_path: Path) -> None:
    assert build_failure("nova", 125, tmp_path / "absent").what == "nova failed (podman ended with 125)"


def test_the_last_step_of_several_stages_counts() -> None:
    step, lines = last_step("[1/2] STEP 1/3: FROM x\n[2/2] STEP 3/7: RUN make\nboom\n")
    assert step == "step 3 of 7 (RUN make)"
    assert lines == ["boom"]


@pytest.mark.parametrize(
    ("said", "what", "cure"),
    [
        ("E: You don't have enough free space in /var/cache/apt/archives/.\n", "the disk is full", "images prune"),
        (
            'Error: initializing source: storing layer "39dd" to file: io: closed pipe\n',
            "the disk is full",
            "images prune",
        ),
        ("cp: error writing '/x': No space left on device\n", "the disk is full", "images prune"),
        (
            "Err:1 http://mirror.example.org/debian trixie InRelease\n  Could not connect to mirror.example.org:80\n",
            "the Debian mirror http://mirror.example.org can't be reached",
            "images.mirrors.apt",
        ),
        (
            "W: Failed to fetch http://mirror.example.org/debian/dists/trixie/InRelease  Temporary failure resolving\n",
            "the Debian mirror http://mirror.example.org can't be reached",
            "apt_proxy",
        ),
        (
            "E: Version '1.6.38-1' for 'memcached' was not found\n",
            "the Debian mirror no longer has memcached 1.6.38-1",
            "images lock --upgrade",
        ),
        ("E: Unable to locate package memcachd\n", "the Debian mirror has no package memcachd", "recipe"),
        (
            "error: Failed to fetch: `https://index.example.org/simple/oslo-db/`\n  Caused by: dns error\n",
            "the Python package index https://index.example.org can't be reached",
            "images.mirrors.pip",
        ),
        (
            "ERROR: No matching distribution found for keystone==99\n",
            "the Python package index has no keystone==99",
            "images.mirrors.pip",
        ),
        (
            "  x No solution found\n  ╰─▶ Because there is no version of nova==99.0 and you require nova==99.0\n",
            "the Python package index has no nova==99.0",
            "images.mirrors.pip",
        ),
        ("cc: fatal error: Killed signal terminated program cc1plus\n", "step 2 of 9", "--parallel 1"),
    ],
)
def test_known_causes_are_named_with_their_cure(tmp_path: Path, said: str, what: str, cure: str) -> None:
    error = failure(tmp_path, said)
    assert what in error.what
    assert error.what.startswith("memcached failed")
    assert cure in error.cure
    assert error.why


def test_a_full_disk_is_told_apart(tmp_path: Path) -> None:
    assert isinstance(failure(tmp_path, "No space left on device\n"), NoSpaceError)
    assert not isinstance(failure(tmp_path, "something else\n"), NoSpaceError)


def test_a_warning_that_was_overcome_is_no_cause(tmp_path: Path) -> None:
    log = tmp_path / "log"
    earlier = "Err:1 http://mirror.example.org/debian trixie InRelease\n  Could not connect\n"
    log.write_text(HEAD + earlier + "STEP 3/9: RUN false\nmy own trouble\n" + TAIL, encoding="utf-8")
    error = build_failure("memcached", 1, log)
    assert error.what == "memcached failed at step 3 of 9 (RUN false)"
    assert error.why == "my own trouble"
