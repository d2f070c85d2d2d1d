"""What is seen in a site's folder, in every state of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.overview import gather
from groundplane.overview.gather import layer_views, resumable
from groundplane.overview.journal import Applied, JournalLook, Planned
from groundplane.overview.judgement import Judgement
from groundplane.overview.model import LayerState, VaultState
from groundplane.overview.next_command import next_command
from groundplane.run.events import RunState, WorkState
from groundplane.run.lock import site_lock
from tests.unit.overview.conftest import NOW, begin, receipt

if TYPE_CHECKING:
    from tests.unit.overview.conftest import Looked

HOSTS = ("node1", "node2", "node3")
STEP = "bootstrap.kernel"


def applied(looked: Looked) -> None:
    """As if the engine had applied what the site says."""
    looked.state.mkdir(exist_ok=True)
    digests = looked.digests()
    journal = looked.journal()
    begin(journal, "r-1", {STEP: WorkState.DONE})
    journal.save_receipts([receipt(STEP, host, digest=digests[host]) for host in HOSTS])
    journal.close()


def test_a_fresh_site(looked: Looked) -> None:
    found = looked.at()
    assert (found.name, found.release, found.vault, found.compared) == ("test", "2026.1", VaultState.OPEN, True)
    assert found.problems == ()
    (layer,) = found.layers
    assert (layer.name, layer.state, layer.applied_at, layer.checked) == ("bootstrap", LayerState.NEVER, None, None)
    assert next_command(found).words == "groundplane hosts trust"
    assert not looked.state.exists()


def test_applied_then_edited(looked: Looked) -> None:
    applied(looked)
    (layer,) = looked.at().layers
    assert (layer.state, layer.applied_at) == (LayerState.UP_TO_DATE, NOW)
    looked.site.write("environments/bootstrap/configuration.yml", "kernel_mode: harsh\n")
    found = looked.at()
    assert found.layers[0].state is LayerState.CHANGED
    assert next_command(found).words == "groundplane plan"


def test_verified_and_applied_since(looked: Looked) -> None:
    applied(looked)
    journal = looked.journal()
    begin(journal, "r-2", {"bootstrap.verify": WorkState.DONE}, command="verify", at=NOW + timedelta(minutes=1))
    found = looked.at().layers[0].checked
    assert found is not None
    assert (found.good, found.stale, found.run) == (True, False, "r-2")
    journal.save_receipts([receipt(STEP, at=NOW + timedelta(hours=1))])
    journal.close()
    found = looked.at().layers[0].checked
    assert found is not None
    assert found.stale


def test_failed_last_time(looked: Looked) -> None:
    applied(looked)
    journal = looked.journal()
    begin(journal, "r-2", {STEP: WorkState.FAILED}, state=RunState.FAILED, at=NOW + timedelta(hours=1))
    journal.close()
    found = looked.at()
    assert found.layers[0].state is LayerState.FAILED
    assert found.last is not None
    assert found.last.failures[0].reason == "no room"


def test_somebody_works(looked: Looked) -> None:
    journal = looked.journal()
    begin(journal, "r-2", {STEP: WorkState.RUNNING}, state=RunState.RUNNING)
    with site_lock(looked.state, holder="me@here", run="r-2"):
        found = looked.at()
    journal.close()
    assert found.at_work is not None
    assert (found.at_work.holder, found.at_work.run) == ("me@here", "r-2")
    assert found.layers[0].state is LayerState.RUNNING
    assert next_command(found).words == "groundplane logs r-2 --follow"


def test_the_password_goes_and_comes(looked: Looked) -> None:
    applied(looked)
    assert looked.at().layers[0].state is LayerState.UP_TO_DATE
    assert looked.password is not None
    text = looked.password.read_bytes()
    looked.password.unlink()
    gone = looked.at()
    assert gone.vault is VaultState.LOCKED
    assert str(looked.password) in gone.vault_told
    # What was worked out before of the same files still holds.
    assert gone.layers[0].state is LayerState.UP_TO_DATE
    looked.site.write("environments/bootstrap/configuration.yml", "kernel_mode: harsh\n")
    assert looked.at().layers[0].state is LayerState.APPLIED
    looked.password.write_bytes(b"another")
    wrong = looked.at()
    assert (wrong.vault, wrong.layers[0].state) == (VaultState.WRONG, LayerState.APPLIED)
    looked.password.write_bytes(text)
    back = looked.at()
    assert (back.vault, back.layers[0].state) == (VaultState.OPEN, LayerState.CHANGED)


def test_another_password_is_noticed_although_no_file_of_the_site_changed(looked: Looked) -> None:
    applied(looked)
    assert looked.at().vault is VaultState.OPEN
    assert looked.password is not None
    looked.password.write_bytes(b"of another lab, made anew under the same name")
    found = looked.at()
    assert found.vault is VaultState.WRONG
    assert found.layers[0].state is LayerState.UP_TO_DATE
    assert next_command(found).words == "groundplane validate --secrets"


def test_no_secrets_yet(looked: Looked) -> None:
    (looked.site.path / "secrets.yml").unlink()
    found = looked.at()
    assert found.vault is VaultState.NO_SECRETS
    assert next_command(found).words == "groundplane secrets init"


def test_a_passwords_command_is_not_run(looked: Looked) -> None:
    witness = looked.home / "asked"
    text = (looked.site.path / "site.yml").read_text()
    looked.site.write("site.yml", f"{text}vault: {{password_command: [touch, {witness}]}}\n")
    looked.password = None
    found = looked.at()
    assert found.vault is VaultState.UNASKED
    assert "touch" in found.vault_told
    assert not witness.exists()


@pytest.mark.parametrize("name", ["site.yml", "inventory/hosts.yml", "layers.yml"])
def test_broken_files_leave_the_rest(looked: Looked, name: str) -> None:
    applied(looked)
    looked.site.write(name, "a: [")
    found = looked.at()
    assert found.problems
    assert next_command(found).words == "groundplane validate"


def test_a_site_without_a_graph_shows_what_the_journal_knows(looked: Looked) -> None:
    applied(looked)
    looked.site.write("layers.yml", "a: [")
    (layer,) = looked.at().layers
    assert (layer.name, layer.state, layer.applied_at) == ("bootstrap", LayerState.APPLIED, NOW)


@pytest.mark.parametrize("name", ["journal.sqlite", "overview.json", "lock"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff nonsense" * 400])
def test_a_damaged_state(looked: Looked, name: str, content: bytes) -> None:
    applied(looked)
    looked.at()
    for file in looked.state.glob("journal.sqlite-*"):
        file.unlink()
    (looked.state / name).write_bytes(content)
    found = looked.at()
    assert bool(found.notes) == (name == "journal.sqlite")
    assert found.layers[0].state is (LayerState.NEVER if name == "journal.sqlite" else LayerState.UP_TO_DATE)


def test_a_state_that_is_no_folder(looked: Looked) -> None:
    looked.state.write_text("")
    assert looked.at().layers[0].state is LayerState.NEVER


def test_a_state_of_somebody_else(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(looked)
    real = Path.is_file

    def is_file(path: Path) -> bool:
        # As for a user who may not look into the folder.
        if path.is_relative_to(looked.state):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    (note,) = looked.at().notes
    assert "Permission denied" in note


def test_what_was_worked_out_is_not_worked_out_again(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(looked)
    first = looked.at()

    def again(*_: object) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr(gather, "judge", again)
    monkeypatch.setattr(gather, "open_quietly", again)
    assert looked.at() == first


def test_a_step_that_is_to_build_images_has_work() -> None:
    look = JournalLook(receipts={("supply.build", "node1"): Applied(NOW, "r-1", "d")})
    steps = {"supply.build": {"node1": "d"}}
    done = Judgement("test", layers=("supply",), steps=steps)
    assert layer_views(done, look)[0].state is LayerState.UP_TO_DATE
    due = replace(done, lacking=("ceph",), builders=("supply.build",))
    assert layer_views(due, look)[0].state is LayerState.CHANGED
    assert layer_views(due, JournalLook())[0].state is LayerState.NEVER


@pytest.mark.parametrize(
    ("planned", "same"),
    [
        (Planned("d"), True),
        (Planned("other"), False),
        (Planned("other", "rest"), True),
        (Planned("other", "more"), False),
    ],
)
def test_a_run_goes_on_where_only_images_differ_that_it_built(planned: Planned, *, same: bool) -> None:
    now = Judgement("test", steps={"a.one": {"node1": "d"}}, rests={"a.one": {"node1": "rest"}})
    look = JournalLook(resumable="r-1", planned={("a.one", "node1"): planned})
    assert resumable(now, look) == ("r-1", same)


def test_entries_for_people(looked: Looked) -> None:
    assert not looked.at().entries_written
    (looked.home / "clouds.yaml").write_text("clouds:\n  # groundplane: entries of the site test\n")
    assert looked.at().entries_written
