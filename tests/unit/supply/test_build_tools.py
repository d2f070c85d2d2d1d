"""What builds see and images don't keep: made once for one set of mirrors, settings in the tools' own words."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import InputError
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.supply import build_tools
from groundplane.supply.build_tools import TARGET, apt_settings, build_mounts, pip_settings
from groundplane.supply.mirrors import Mirrors

if TYPE_CHECKING:
    from pathlib import Path

MIRRORS = Mirrors(DebianMirror("http://mirror.test/debian", "http://mirror.test/security"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    uv = tmp_path / "uv"
    uv.write_bytes(b"\x7fELF program")
    monkeypatch.setattr(build_tools, "find_installer", lambda _cache: str(uv))
    return tmp_path / "cache"


def test_the_tools_hide_usr_local_sbin_and_one_folder_is_shared(cache: Path) -> None:
    tools, shared = build_mounts(toolkit_content(), MIRRORS, cache=cache)
    assert (tools.target, tools.writable) == (TARGET, False)
    assert (shared.target, shared.writable) == (f"{TARGET}/.cache", True)
    assert (tools.source / ".cache").is_dir()
    assert shared.source.is_dir()
    for name in ("apt-get", "pip-install", "extrepo", "modprobe", "uv"):
        assert os.access(tools.source / name, os.X_OK) or name == "uv"
    assert "http://mirror.test/debian" in (tools.source / ".settings/trixie.sources").read_text()


def test_a_script_that_only_looks_for_uv_is_refused_before_a_build_fails_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "uv"
    shim.write_text('#!/bin/sh\nexec version-manager exec uv "$@"\n')
    monkeypatch.setattr(build_tools, "find_installer", lambda _cache: str(shim))
    with pytest.raises(InputError, match="is a script") as error:
        build_mounts(toolkit_content(), MIRRORS, cache=tmp_path / "cache")
    assert "scripts/lab" in error.value.cure


def test_made_once_for_the_same_mirrors_and_anew_for_others(cache: Path) -> None:
    first = build_mounts(toolkit_content(), MIRRORS, cache=cache)
    assert build_mounts(toolkit_content(), MIRRORS, cache=cache) == first
    other = build_mounts(toolkit_content(), replace(MIRRORS, pip_index="https://index.test/simple"), cache=cache)
    assert other[0].source != first[0].source
    assert first[0].source.is_dir()


def test_settings_are_for_root_alone_and_certificates_go_along(cache: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("AUTHORITY")
    tools, _ = build_mounts(
        toolkit_content(),
        replace(MIRRORS, certificates=bundle, pip_index="https://user:secret@index.test/simple"),
        cache=cache,
    )
    settings = tools.source / ".settings"
    assert (settings / "pip.env").stat().st_mode & 0o777 == 0o600
    assert (settings / "certificates.pem").read_text() == "AUTHORITY"
    assert f"SSL_CERT_FILE={TARGET}/.settings/certificates.pem" in (settings / "pip.env").read_text()
    assert f'CaInfo "{TARGET}/.settings/certificates.pem"' in (settings / "apt.conf").read_text()


def test_apt_is_told_of_the_proxy_and_leaves_no_logs() -> None:
    text = apt_settings(replace(MIRRORS, debian=replace(MIRRORS.debian, proxy="http://proxy.test:3142")))
    assert 'Acquire::http::Proxy "http://proxy.test:3142";' in text
    assert 'Dir::Log::History "/dev/null";' in text
    assert "Proxy" not in apt_settings(MIRRORS)


def test_pip_settings_are_lines_that_a_shell_reads() -> None:
    mirrors = replace(
        MIRRORS, pip_index="https://a b.test/'simple", pip_extra_indexes=("https://x.test", "https://y.test")
    )
    text = pip_settings(mirrors) + 'printf "%s|%s" "$UV_DEFAULT_INDEX" "$UV_INDEX"\n'
    said = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert said.stdout == "https://a b.test/'simple|https://x.test https://y.test"
    assert not pip_settings(MIRRORS)


def test_a_changed_tool_is_a_new_folder(cache: Path, tmp_path: Path) -> None:
    tools = tmp_path / "content" / "images" / "tools"
    tools.mkdir(parents=True)
    (tools / "apt-get").write_text("one")
    content = Content(tmp_path / "content")
    first = build_mounts(content, MIRRORS, cache=cache)
    (tools / "apt-get").write_text("two")
    assert build_mounts(content, MIRRORS, cache=cache)[0].source != first[0].source
