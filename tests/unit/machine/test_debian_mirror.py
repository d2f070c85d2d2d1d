"""The machine's own mirror is what images are built from."""

from __future__ import annotations

import pytest

from groundplane.errors import InputError
from groundplane.machine import debian_mirror
from groundplane.machine.debian_mirror import DebianMirror, host_mirror, read_targets

MIRROR = "http://mirror.test/debian"
SECURITY = "http://mirror.test/debian-security"


def test_archive_and_security_are_told_apart() -> None:
    targets = (
        "Other|Other|any|http://other.test/x/\n"
        f"Debian|Debian|bookworm-updates|{MIRROR}/\n"
        f"Debian|Debian-Security|bookworm-security|{SECURITY}/\n"
        f"Debian|Debian|bookworm|{MIRROR}/\n"
    )
    assert read_targets(targets) == DebianMirror(MIRROR, SECURITY)


def test_without_a_security_source_its_usual_place_is_taken() -> None:
    assert read_targets(f"Debian|Debian|trixie|{MIRROR}/") == DebianMirror(MIRROR, SECURITY)


def test_sources_have_updates_and_security() -> None:
    sources = DebianMirror(MIRROR, SECURITY).sources("trixie")
    assert f"URIs: {MIRROR}\nSuites: trixie trixie-updates\n" in sources
    assert f"URIs: {SECURITY}\nSuites: trixie-security\n" in sources
    assert sources.count("Signed-By:") == 2


def test_a_machine_without_debian_sources_gets_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian_mirror, "run_command", lambda *_args, **_kwargs: "Ubuntu|Ubuntu|noble|http://u.test/\n")
    host_mirror.cache_clear()
    with pytest.raises(InputError) as refused:
        host_mirror()
    assert "apt-get update" in refused.value.cure


def test_the_proxy_of_apt_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(words: list[str], **_options: object) -> str:
        return f"Debian|Debian|trixie|{MIRROR}/" if words[0] == "apt-get" else "Acquire::http::Proxy=http://p.test:1\n"

    monkeypatch.setattr(debian_mirror, "run_command", answer)
    host_mirror.cache_clear()
    assert host_mirror().proxy == "http://p.test:1"
    host_mirror.cache_clear()
