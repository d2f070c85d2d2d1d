"""Which wheels a lock asks for on a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.supply.bundle.wheels import WheelSet, platforms, read_requirements, wheel_name

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """\
# Made by scripts/lock; do not edit.
click==8.3.1 \\
    --hash=sha256:11 \\
    --hash=sha256:22
cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:33
greenlet==3.2 ; python_full_version < '3.13' \\
    --hash=sha256:44
colorama==0.4 ; sys_platform == 'win32' \\
    --hash=sha256:55
arm-only==1 ; platform_machine == 'aarch64' \\
    --hash=sha256:66
"""


def test_markers_are_read_for_the_suites_python_and_not_for_ours() -> None:
    trixie = read_requirements(LOCK, suite="trixie", architecture="amd64")
    assert [one.name for one in trixie] == ["click", "cffi"]
    bookworm = read_requirements(LOCK, suite="bookworm", architecture="amd64")
    assert [one.name for one in bookworm] == ["click", "cffi", "greenlet"]
    assert "arm-only" in [one.name for one in read_requirements(LOCK, suite="trixie", architecture="arm64")]
    assert trixie[1].text == "cffi==2.1.1 --hash=sha256:33"
    assert trixie[0].text == "click==8.3.1 --hash=sha256:11 --hash=sha256:22"


@pytest.mark.parametrize("line", ["click>=8 --hash=sha256:11", "click==8", "-e .", "git+https://example.org/x"])
def test_a_line_that_pins_nothing_is_refused(line: str) -> None:
    with pytest.raises(FailedError, match="no locked requirement"):
        read_requirements(line + "\n", suite="trixie", architecture="amd64")


def test_the_project_s_own_locks_can_be_read_for_every_suite() -> None:
    from groundplane.content import toolkit_content  # noqa: PLC0415

    text = (toolkit_content().root / "requirements/groundplane.txt").read_text(encoding="utf-8")
    for suite in ("trixie", "bookworm"):
        names = {one.name for one in read_requirements(text, suite=suite, architecture="amd64")}
        assert {"click", "pydantic", "cryptography", "hatchling"} <= names


def test_wheels_for_a_newer_c_library_than_the_suites_are_not_asked_for() -> None:
    assert "manylinux_2_36_x86_64" in platforms("bookworm", "amd64")
    assert "manylinux_2_38_x86_64" not in platforms("bookworm", "amd64")
    assert "manylinux_2_38_x86_64" in platforms("trixie", "amd64")
    assert "manylinux2014_aarch64" in platforms("trixie", "arm64")


def test_a_wheels_name_is_normalized() -> None:
    assert wheel_name("ruamel.yaml_X-0.18-cp313-cp313-linux_x86_64.whl") == ("ruamel-yaml-x", "0.18")


def test_sizes_are_known_once_fetched(tmp_path: Path) -> None:
    wheels = WheelSet("a test's", "trixie", read_requirements(LOCK, suite="trixie", architecture="amd64"))
    assert [planned.bytes for planned in wheels.planned(tmp_path, "amd64")] == [None, None]
    folder = wheels.folder(tmp_path, "amd64")
    folder.mkdir(parents=True)
    (folder / "click-8.3.1-py3-none-any.whl").write_text("12345", encoding="utf-8")
    assert [planned.bytes for planned in wheels.planned(tmp_path, "amd64")] == [5, None]
