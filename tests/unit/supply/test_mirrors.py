"""Whom builds ask: the site first, then what apt and pip of the machine are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundplane.machine.debian_mirror import DebianMirror
from groundplane.site.images_file import MirrorsFile
from groundplane.supply import mirrors
from groundplane.supply.mirrors import PipSettings, find_mirrors, host_certificates, read_pip_settings

HOST = DebianMirror("http://mirror.test/debian", "http://mirror.test/debian-security", "http://proxy.test:3142")


@pytest.fixture
def _host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "host_mirror", lambda: HOST)
    settings = PipSettings(index="https://index.test/simple", extra_indexes=("https://more.test/simple",))
    monkeypatch.setattr(mirrors, "host_pip_settings", lambda: settings)
    monkeypatch.setattr(mirrors, "host_certificates", lambda _pip: None)


def test_environment_beats_files_in_pip_settings() -> None:
    text = (
        ":env:.index-url='https://environment.test/simple/'\n"
        "global.cert='/etc/ca.pem'\n"
        "global.index-url='https://file.test/simple'\n"
        "global.extra-index-url='\\nhttps://a.test/simple\\nhttps://b.test/simple'\n"
        "install.trusted-host='a.test b.test'\n"
        "nonsense\n"
    )
    assert read_pip_settings(text) == PipSettings(
        index="https://environment.test/simple",
        extra_indexes=("https://a.test/simple", "https://b.test/simple"),
        trusted_hosts=("a.test", "b.test"),
        certificates=Path("/etc/ca.pem"),
    )


def test_an_unconfigured_pip_has_no_settings() -> None:
    assert read_pip_settings("") == PipSettings()


@pytest.mark.usefixtures("_host")
def test_the_machine_is_asked_where_the_site_says_nothing() -> None:
    found = find_mirrors(MirrorsFile())
    assert found.debian == HOST
    assert found.pip_index == "https://index.test/simple"
    assert found.pip_extra_indexes == ("https://more.test/simple",)
    assert found.maven is None


@pytest.mark.usefixtures("_host")
def test_the_site_beats_the_machine() -> None:
    found = find_mirrors(
        MirrorsFile(apt="http://own.test/debian/", pip="https://own.test/simple/", maven="https://own.test/maven/")
    )
    assert found.debian == DebianMirror("http://own.test/debian", "http://own.test/debian-security")
    assert found.pip_index == "https://own.test/simple"
    assert found.pip_extra_indexes == ()
    assert found.maven == "https://own.test/maven"


@pytest.mark.usefixtures("_host")
def test_a_proxy_alone_keeps_the_machines_archive() -> None:
    found = find_mirrors(MirrorsFile(apt_proxy="http://cache.test:3142"))
    assert found.debian == DebianMirror(HOST.archive, HOST.security, "http://cache.test:3142")


def test_only_authorities_of_its_own_are_handed_to_builds(tmp_path: Path) -> None:
    local, bundle = tmp_path / "local", tmp_path / "bundle.crt"
    bundle.write_text("public")
    assert host_certificates(PipSettings(), local=local, bundle=bundle) is None
    local.mkdir()
    assert host_certificates(PipSettings(), local=local, bundle=bundle) is None
    (local / "own.crt").write_text("own")
    assert host_certificates(PipSettings(), local=local, bundle=bundle) == bundle
    pip = tmp_path / "pip.crt"
    pip.write_text("pip")
    assert host_certificates(PipSettings(certificates=pip), local=local, bundle=bundle) == pip
