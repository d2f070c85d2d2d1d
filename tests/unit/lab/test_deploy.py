"""A lab that is up to date isn't worked on again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.lab.deploy import choose_layers, deploy, layers_of, lock_lacks_images
from groundplane.lab.measured import Stopwatch
from groundplane.lab.service import LabIsUp
from groundplane.lab.site import ensure_site
from groundplane.lab.state import LabFolder
from groundplane.run.journal.store import open_journal
from tests.unit.lab.small_lab import small_lab
from tests.unit.lab.test_times import begin, receipt

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = ("bootstrap",)


class Engine:
    """Counts calls; `work` says whether apply finds something to do."""

    def __init__(self, folder: LabFolder) -> None:
        self.folder = folder
        self.work = True
        self.verify_fails = False
        self.applied = self.verified = 0
        self.calls: list[str] = []
        self.images = b""

    def build(self, _site: str) -> None:
        self.calls.append("build")
        if self.images:
            (self.folder.site / "images.lock").write_bytes(self.images)

    def apply(self, _site: str, _layers: tuple[str, ...]) -> None:
        self.calls.append("apply")
        self.applied += 1
        if self.work:
            (self.folder.site / ".groundplane" / "runs" / f"run{self.applied}").mkdir(parents=True)

    def verify(self, _site: str, layers: tuple[str, ...]) -> None:
        self.verified += 1
        if self.verify_fails:
            raise FailedError("not as it should be", cure="groundplane logs run9 says more")
        journal = open_journal(self.folder.site / ".groundplane", "tiny")
        steps = {f"{layer}.verify": (0.0, 1.0) for layer in layers}
        begin(journal, f"v-{self.verified}", steps, command="verify", site="tiny", later=100 * self.verified)
        journal.close()


@pytest.fixture
def is_up(tmp_path: Path) -> LabIsUp:
    folder = LabFolder(tmp_path, "tiny")
    folder.save(small_lab())
    ensure_site(folder, small_lab(), config=tmp_path / "config", content=toolkit_content())
    return LabIsUp(small_lab(), folder, ())


def test_verified_once_and_again_after_work(is_up: LabIsUp) -> None:
    engine = Engine(is_up.folder)

    def again() -> tuple[bool, bool]:
        done = deploy(
            is_up, LAYERS, build=engine.build, apply=engine.apply, verify=engine.verify, tell=lambda _what: None
        )
        return done.applied, done.verified

    assert again() == (True, True)
    engine.work = False
    assert again() == (False, False)
    engine.work = True
    assert again() == (True, True)
    assert (engine.applied, engine.verified) == (3, 2)


def test_a_verification_that_failed_is_repeated(is_up: LabIsUp) -> None:
    engine = Engine(is_up.folder)
    engine.verify_fails = True
    with pytest.raises(FailedError) as failed:
        deploy(is_up, LAYERS, build=engine.build, apply=engine.apply, verify=engine.verify, tell=lambda _what: None)
    assert f"groundplane --site {is_up.folder.site} logs run9" in failed.value.cure
    assert "groundplane lab up --name tiny" in failed.value.cure
    engine.work = engine.verify_fails = False
    assert deploy(
        is_up, LAYERS, build=engine.build, apply=engine.apply, verify=engine.verify, tell=lambda _what: None
    ).verified


def test_what_somebody_else_applied_is_verified(is_up: LabIsUp) -> None:
    engine = Engine(is_up.folder)

    def verified() -> bool:
        return deploy(
            is_up, LAYERS, build=engine.build, apply=engine.apply, verify=engine.verify, tell=lambda _what: None
        ).verified

    assert verified()
    engine.work = False
    assert not verified()
    journal = open_journal(is_up.folder.site / ".groundplane", "tiny")
    journal.save_receipts([receipt("bootstrap.kernel", later=150)])
    journal.close()
    assert verified()
    assert not verified()


def test_stopping_early() -> None:
    content = toolkit_content()
    assert choose_layers(content, "nodes") == ()
    assert choose_layers(content, "bootstrap") == ("bootstrap",)
    assert choose_layers(content, None)[0] == "bootstrap"
    with pytest.raises(InputError) as refused:
        choose_layers(content, "bootstrp")
    assert "bootstrap" in refused.value.cure


def test_a_lab_gets_the_layers_that_its_site_has(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path, "tiny")
    config = tmp_path / "config"
    ensure_site(folder, small_lab(), config=config, content=toolkit_content())
    made = LabIsUp(small_lab(), folder, ())
    assert layers_of(made, ("bootstrap", "supply"), None) == ("bootstrap",)
    assert layers_of(made, (), "nodes") == ()
    with pytest.raises(InputError) as refused:
        layers_of(made, ("bootstrap", "supply"), "supply")
    assert "profile bootstrap" in refused.value.why
    assert "--profile cloud" in refused.value.cure


def test_no_layers_means_no_engine(is_up: LabIsUp) -> None:
    engine = Engine(is_up.folder)
    deploy(is_up, (), build=engine.build, apply=engine.apply, verify=engine.verify, tell=lambda _what: None)
    assert engine.applied == 0


def test_missing_images_are_built_by_the_run_and_changed_ones_before_it(is_up: LabIsUp) -> None:
    engine = Engine(is_up.folder)

    def up(*layers: str, lacks: bool) -> list[str]:
        engine.calls = []
        deploy(
            is_up,
            layers,
            build=engine.build,
            apply=engine.apply,
            verify=engine.verify,
            tell=lambda _what: None,
            lacks_images=lambda _site: lacks,
        )
        return engine.calls

    assert up("bootstrap", lacks=False) == ["apply"]
    assert up("bootstrap", "supply", lacks=True) == ["apply"]
    assert up("bootstrap", "supply", lacks=False) == ["build", "apply"]


def test_phases_are_those_that_did_something(is_up: LabIsUp) -> None:
    engine = Engine(is_up.folder)
    engine.images = b"one"

    def phases() -> list[str]:
        clock = Stopwatch()
        layers = ("bootstrap", "supply")
        deploy(
            is_up,
            layers,
            build=engine.build,
            apply=engine.apply,
            verify=engine.verify,
            tell=lambda _what: None,
            clock=clock,
            lacks_images=lambda _site: False,
        )
        return list(clock.phases)

    assert phases() == ["images", "apply", "verify"]
    engine.work = False
    assert phases() == []
    engine.images, engine.work = b"two", True
    assert phases() == ["images", "apply", "verify"]


def test_a_new_lab_with_room_for_a_cloud_lacks_its_images(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path, "tiny")
    ensure_site(
        folder,
        small_lab().model_copy(update={"profile": "cloud"}),
        config=tmp_path / "config",
        content=toolkit_content(),
    )
    assert lock_lacks_images(folder.site)
