from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.site.release import MavenPin
from groundplane.supply import maven
from groundplane.supply.maven import fetch_maven_archive, find_repository, mirrors_central, settings_mirror
from groundplane.supply.mirrors import Mirrors
from tests.unit.supply.test_download import CONTENT, served

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """<?xml version="1.0"?>
<settings xmlns="urn:example:settings">
  <mirrors>
    <mirror><id>blocker</id><mirrorOf>*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>
    <mirror><id>others</id><mirrorOf>*,!central</mirrorOf><url>https://others.example.org</url></mirror>
    <mirror><id>ours</id><mirrorOf>central</mirrorOf><url> https://maven.example.org/central/ </url></mirror>
  </mirrors>
</settings>
"""
SUPER_POM = """<project><repositories>
  <repository><id>central</id><url>https://central.example.org/maven</url></repository>
</repositories></project>
"""


def pin(sha256: str = "0" * 64) -> MavenPin:
    return MavenPin(group="org.example", artifact="thing-dist", version="1.2", sha256=sha256)


def mirrors(address: str | None) -> Mirrors:
    return Mirrors(DebianMirror("http://deb.example.org", "http://sec.example.org"), maven=address)


def jar(folder: Path, text: str = SUPER_POM) -> None:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "maven-model-builder-3.x.jar", "w") as archive:
        archive.writestr("org/apache/maven/model/pom-4.0.0.xml", text)


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("central", True),
        ("*", True),
        ("external:*", True),
        ("internal, central", True),
        ("*,!central", False),
        ("external:http:*", False),
        ("other", False),
        ("", False),
    ],
)
def test_which_mirrors_stand_for_central(pattern: str, covered: bool) -> None:
    assert mirrors_central(pattern) is covered


def test_a_mirror_in_mavens_settings_comes_before_mavens_own_repository(tmp_path: Path) -> None:
    (tmp_path / "settings.xml").write_text(SETTINGS)
    jar(tmp_path / "lib")
    found = find_repository(tmp_path, settings=[tmp_path / "settings.xml"], installed=[tmp_path / "lib"])
    assert found == "https://maven.example.org/central"


def test_without_settings_it_is_what_the_installed_maven_asks(tmp_path: Path) -> None:
    jar(tmp_path / "lib")
    found = find_repository(tmp_path, settings=[tmp_path / "absent.xml"], installed=[tmp_path / "lib"])
    assert found == "https://central.example.org/maven"


def test_without_a_maven_it_is_what_debians_asks_and_debian_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [SUPER_POM.encode()]
    monkeypatch.setattr(maven, "_debian_super_pom", answers.pop)
    for _ in range(2):
        assert find_repository(tmp_path, settings=[], installed=[]) == "https://central.example.org/maven"


def test_no_maven_to_be_had_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise FailedError("failed", why="E: No packages found")

    monkeypatch.setattr(maven, "run_command", refuse)
    with pytest.raises(FailedError) as failed:
        find_repository(tmp_path, settings=[], installed=[])
    assert "E: No packages found" in failed.value.why
    assert "images.mirrors.maven" in failed.value.cure


def test_broken_settings_are_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "settings.xml"
    path.write_text("<settings>\n<mirrors>\n</settings>")
    with pytest.raises(InputError) as wrong:
        settings_mirror(path)
    assert str(wrong.value.place) == f"{path}:3"


def test_an_archive_is_fetched_from_the_sites_mirror_under_mavens_path(tmp_path: Path) -> None:
    with served() as server:
        server.content = CONTENT
        # The server only knows /file, so this shows the path that was asked for.
        base = server.address.removesuffix("/file")
        with pytest.raises(FailedError) as failed:
            fetch_maven_archive(pin(), cache=tmp_path, mirrors=mirrors(base))
    assert f"{base}/org/example/thing-dist/1.2/thing-dist-1.2.tar.gz: 404" in failed.value.why
    assert failed.value.what == "thing-dist 1.2 is not to be had"


def test_an_archive_in_the_cache_needs_no_server(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    kept = tmp_path / "images" / "archives" / sha256 / "thing-dist-1.2.tar.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(CONTENT)
    assert fetch_maven_archive(pin(sha256), cache=tmp_path, mirrors=mirrors("http://nobody.invalid")) == kept
