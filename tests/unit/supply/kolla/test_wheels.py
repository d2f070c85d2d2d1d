"""Wheels are built once, named when they fail, and never taken for whole when they aren't."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.files import write_atomically
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.runtime.releases import load_release
from groundplane.supply.kolla import wheels
from groundplane.supply.kolla.wheels import container_words, ensure_wheels, read_answers, read_constraints, wheels_key
from groundplane.supply.mirrors import Mirrors
from groundplane.supply.model import BuildMount

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.release import Release

MIRRORS = Mirrors(DebianMirror("http://mirror.test/debian", "http://mirror.test/debian-security"))
NEEDED: dict[str, object] = {"need": ["uwsgi===2.0.31"]}
FILE = "uwsgi-2.0.31-cp313-cp313-linux_x86_64.whl"
BUILT: dict[str, object] = {"built": "uwsgi===2.0.31", "file": FILE, "seconds": 23.3}


class FakePodman:
    """Does what the script in the container would do: `work` writes into the mounted folders and says so in the log."""

    def __init__(self, work: Callable[[dict[str, Path]], list[dict[str, object]]]) -> None:
        self.work = work
        self.runs = 0
        self.removed: list[str] = []
        self.fails = False
        self.left: list[str] = []
        """Builders whose command was killed."""

    def json(self, *_words: str) -> list[dict[str, str]]:
        return [{"Id": name} for name in self.left]

    def log(self, *words: str, doing: str, log: Path) -> None:
        self.runs += 1
        volumes = [words[number + 1].split(":") for number, word in enumerate(words) if word == "--volume"]
        mounts = {target: source for source, target, _ in volumes}
        answers = self.work({target: Path(source) for target, source in mounts.items()})
        lines = ["Reading package lists...", *(json.dumps(answer) for answer in answers)]
        write_atomically(log, "\n".join(lines) + "\n")
        if self.fails:
            raise FailedError(f"{doing} failed", why="podman … ended with 1")

    def run(self, *words: str) -> str:
        self.removed.append(words[-1])
        return ""


def builds(mounts: dict[str, Path]) -> list[dict[str, object]]:
    (mounts["/built"] / FILE).write_bytes(b"wheel")
    return [NEEDED, BUILT]


@pytest.fixture
def content(tmp_path: Path) -> Content:
    """The toolkit's, with a release whose constraints can be changed."""
    real = toolkit_content()
    for folder in ("releases", "images/wheels"):
        shutil.copytree(real.root / folder, tmp_path / "content" / folder)
    return Content(tmp_path / "content")


@pytest.fixture
def release(content: Content) -> Release:
    return load_release("2026.1", content)


@pytest.fixture(autouse=True)
def no_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wheels, "ensure_base_image", lambda suite, **_options: f"localhost/groundplane/base:{suite}")
    monkeypatch.setattr(wheels, "build_mounts", lambda *_words, **_options: (BuildMount(tmp_path, "/usr/local/sbin"),))


def make(podman: FakePodman, release: Release, content: Content, cache: Path) -> BuildMount:
    return ensure_wheels(release, content, cache=cache, podman=podman, mirrors=MIRRORS)  # type: ignore[arg-type]


def test_builds_see_the_wheels_where_pip_install_looks_for_them(
    release: Release, content: Content, tmp_path: Path
) -> None:
    mount = make(FakePodman(builds), release, content, tmp_path)
    assert mount.target == "/usr/local/sbin/.cache/wheels-trixie"
    assert not mount.writable
    assert (mount.source / FILE).read_bytes() == b"wheel"
    record = json.loads((mount.source / "wheels.json").read_text())
    assert record["packages"] == ["uwsgi===2.0.31"]
    assert list(record["wheels"]) == [FILE]


def test_they_are_built_once(release: Release, content: Content, tmp_path: Path) -> None:
    podman = FakePodman(builds)
    assert make(podman, release, content, tmp_path) == make(podman, release, content, tmp_path)
    assert podman.runs == 1


def test_another_constraint_makes_another_set_and_takes_over_what_was_built(
    release: Release, content: Content, tmp_path: Path
) -> None:
    first = make(FakePodman(builds), release, content, tmp_path)
    constraints = content.releases / "2026.1-constraints.txt"
    constraints.write_text(constraints.read_text() + "another===1.0\n")

    def keeps(mounts: dict[str, Path]) -> list[dict[str, object]]:
        assert (mounts["/built"] / FILE).is_file()
        return [NEEDED, {"kept": "uwsgi===2.0.31", "file": FILE}]

    second = make(FakePodman(keeps), release, content, tmp_path)
    assert second.source != first.source
    assert (second.source / FILE).is_file()


def test_another_builder_builds_all_anew(release: Release, content: Content) -> None:
    before = wheels_key(release, content)
    packages = content.images / "wheels" / "packages"
    packages.write_text(packages.read_text() + "libpq-dev\n")
    assert wheels_key(release, content) != before


def test_a_comment_in_the_constraints_changes_nothing(release: Release, content: Content) -> None:
    before = wheels_key(release, content)
    constraints = content.releases / "2026.1-constraints.txt"
    constraints.write_text("# A comment.\n\n" + constraints.read_text())
    assert wheels_key(release, content) == before
    assert "#" not in read_constraints(release, content)


def test_a_package_that_fails_is_named_with_its_last_lines(release: Release, content: Content, tmp_path: Path) -> None:
    def fails(mounts: dict[str, Path]) -> list[dict[str, object]]:
        (mounts["/logs"] / "python-ldap-3.4.5.log").write_text(
            "gcc …\nfatal error: lber.h: No such file or directory\n"
        )
        return [NEEDED, {"failed": "python-ldap===3.4.5", "log": "python-ldap-3.4.5.log"}]

    podman = FakePodman(fails)
    podman.fails = True
    with pytest.raises(FailedError) as caught:
        make(podman, release, content, tmp_path)
    assert caught.value.what == "The wheel of python-ldap 3.4.5 could not be built"
    assert caught.value.why.endswith("fatal error: lber.h: No such file or directory")
    assert "images/wheels/packages" in caught.value.cure
    assert podman.removed, "the container is gone whatever happened"


def test_a_build_that_failed_leaves_no_set_and_the_next_one_goes_on(
    release: Release, content: Content, tmp_path: Path
) -> None:
    podman = FakePodman(builds)
    podman.fails = True
    with pytest.raises(FailedError):
        make(podman, release, content, tmp_path)
    home = tmp_path / "images" / "wheels"
    assert [path.name for path in home.iterdir() if path.is_dir()] == [path.name for path in home.glob("built-*")], (
        "nothing but the finished wheels"
    )
    podman.fails = False
    assert make(podman, release, content, tmp_path).source.is_dir()


def test_the_builder_of_a_killed_command_is_ended_first(release: Release, content: Content, tmp_path: Path) -> None:
    podman = FakePodman(builds)
    podman.left = ["orphan"]
    make(podman, release, content, tmp_path)
    assert podman.removed[0] == "orphan"


def test_a_killed_builds_half_wheel_is_cleared_away(release: Release, content: Content, tmp_path: Path) -> None:
    def half(mounts: dict[str, Path]) -> list[dict[str, object]]:
        assert not list(mounts["/built"].glob(".building-*"))
        return builds(mounts)

    built = tmp_path / "images" / "wheels" / f"built-{wheels.builder_key(release, content)}"
    (built / ".building-abc").mkdir(parents=True)
    make(FakePodman(half), release, content, tmp_path)


def test_a_full_disk_is_said_to_be_one(release: Release, content: Content, tmp_path: Path) -> None:
    def full(mounts: dict[str, Path]) -> list[dict[str, object]]:
        (mounts["/logs"] / "uwsgi-2.0.31.log").write_text("cannot write: No space left on device\n")
        return [NEEDED, {"failed": "uwsgi===2.0.31", "log": "uwsgi-2.0.31.log"}]

    podman = FakePodman(full)
    podman.fails = True
    with pytest.raises(FailedError, match="the disk is full"):
        make(podman, release, content, tmp_path)


def test_a_builder_that_never_started_says_why(release: Release, content: Content, tmp_path: Path) -> None:
    podman = FakePodman(lambda _mounts: [])
    podman.fails = True
    with pytest.raises(FailedError) as caught:
        make(podman, release, content, tmp_path)
    assert caught.value.why == "podman … ended with 1"


def test_constraints_that_are_missing(release: Release, content: Content, tmp_path: Path) -> None:
    (content.releases / "2026.1-constraints.txt").unlink()
    with pytest.raises(InputError, match=r"names 2026\.1-constraints\.txt, which is not there"):
        make(FakePodman(builds), release, content, tmp_path)


def test_a_release_without_images(release: Release, content: Content, tmp_path: Path) -> None:
    bare = release.model_copy(update={"images": None})
    with pytest.raises(InputError, match="does not say how its images are made"):
        make(FakePodman(builds), bare, content, tmp_path)


def test_the_container_sees_read_only_what_it_need_not_write(tmp_path: Path) -> None:
    mounts = (BuildMount(tmp_path, "/wanted"), BuildMount(tmp_path, "/built", writable=True))
    words = container_words("name", "base", mounts, ["gcc"], "trixie")
    assert f"{tmp_path}:/wanted:ro" in words
    assert f"{tmp_path}:/built:rw" in words


def test_lines_of_apt_are_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('Get:1 …\n{"need": []}\n{broken\n')
    assert read_answers(log) == [{"need": []}]


def test_services_and_ovs_stand_in_no_constraint_of_the_release(release: Release, content: Content) -> None:
    assert release.openstack is not None
    names = {line.partition("===")[0] for line in read_constraints(release, content).splitlines()}
    assert not names & {pin.package for pin in release.openstack.sources.values()}
    assert "ovs" not in names, "Debian's python3-openvswitch has to stand"
    assert "setuptools" in names, "builds of wheels are held to it"
