"""Customers taken in and locked out: what is written, and what is taken back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from groundplane.cli import apply, common
from groundplane.cli.identity import command
from groundplane.errors import CancelledError, FailedError, InputError, LockedError
from groundplane.layers import sense
from groundplane.site.secrets.store import read_secrets, write_plain

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = b"of the vault"


class Desk:
    """A site, and an `apply` that does what a test wants of it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.requests: list[Any] = []
        self.ends: Exception | None = None
        self.agreed = True
        self.plan = self.planned("identity.realms", "identity.customers")
        write_plain(path, "---\nshared: '1'\n", PASSWORD)
        site = SimpleNamespace(path=path, secrets_file=path / "secrets.yml", state=path / ".groundplane")
        opened = SimpleNamespace(password=PASSWORD)
        monkeypatch.setattr(common, "open_site_and_secrets", lambda _obj, **_: (site, opened))
        monkeypatch.setattr(common, "open_site", lambda _obj, **_: site)
        monkeypatch.setattr(apply, "apply_request", self._apply)
        monkeypatch.setattr(sense, "refuse_senseless", lambda *_: None)

    @staticmethod
    def planned(*steps: str) -> Any:
        return SimpleNamespace(steps=[SimpleNamespace(step=step, hosts_to_run=lambda: ("node1",)) for step in steps])

    def _apply(self, _obj: Any, request: Any, *, judge: Any = None, on_begin: Any = None, **_: Any) -> None:
        self.requests.append(request.names)
        if judge is not None:
            judge(self.plan)
        if not self.agreed:
            raise CancelledError("Nothing was done", why="the plan was declined")
        on_begin()
        if self.ends is not None:
            raise self.ends

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    def realm(self, name: str = "acme") -> dict[str, Any] | None:
        file = self.path / f"environments/identity/realms/{name}.yml"
        return yaml.safe_load(file.read_text()) if file.exists() else None


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


ONBOARD = ("onboard", "acme", "--project", "web", "--manager", "alice@acme.test", "--yes")


def test_a_customer_is_written_and_its_steps_applied(desk: Desk) -> None:
    output = desk.run(*ONBOARD)
    assert desk.requests == [("identity.realms", "identity.customers")]
    realm = desk.realm()
    assert realm is not None
    assert realm["projects"] == [{"name": "web"}]
    secret = read_secrets(desk.path, PASSWORD)["acme_alice_password"]
    assert secret not in output
    assert "groundplane secrets show --reveal acme_alice_password" in output
    assert "git add" in output
    assert "secrets.yml" in output


def test_who_says_no_gets_the_files_of_before(desk: Desk) -> None:
    desk.agreed = False
    with pytest.raises(CancelledError):
        desk.run(*ONBOARD)
    assert desk.realm() is None
    assert "acme_alice_password" not in read_secrets(desk.path, PASSWORD)


def test_where_somebody_else_is_at_work_nothing_is_left(desk: Desk) -> None:
    desk.ends = LockedError("somebody holds this site's lock")
    with pytest.raises(LockedError):
        desk.run(*ONBOARD)
    assert desk.realm() is None


def test_a_step_that_fails_leaves_the_files(desk: Desk) -> None:
    desk.ends = FailedError("Run failed")
    with pytest.raises(FailedError):
        desk.run(*ONBOARD)
    assert desk.realm() is not None


def test_before_keycloak_there_is_nobody_to_take_in(desk: Desk) -> None:
    desk.plan = desk.planned("identity.database", "identity.keycloak", "identity.realms")
    with pytest.raises(InputError, match="isn't deployed yet") as refused:
        desk.run(*ONBOARD)
    assert "identity.database, identity.keycloak" in refused.value.why
    assert desk.realm() is None


def test_only_the_files_for_those_who_review_first(desk: Desk) -> None:
    desk.run("onboard", "acme", "--only-files")
    assert desk.requests == []
    realm = desk.realm()
    assert realm is not None
    assert [one["name"] for one in realm["projects"]] == ["main"]
    assert "users" not in realm


def test_a_site_that_does_not_hold_with_it_gets_its_files_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_site: Any, layers: list[str]) -> None:
        assert layers == ["identity"]
        raise InputError("What the site asks for can't be: 1 problem")

    monkeypatch.setattr(sense, "refuse_senseless", refuse)
    with pytest.raises(InputError, match="1 problem"):
        desk.run("onboard", "master", "--only-files")
    assert desk.realm("master") is None


def test_locked_out_and_let_in_again(desk: Desk) -> None:
    desk.run(*ONBOARD)
    desk.run("offboard", "acme", "--yes")
    assert (desk.realm() or {})["enabled"] is False
    desk.run("offboard", "acme", "--undo", "--yes")
    assert (desk.realm() or {})["enabled"] is True
    desk.agreed = False
    with pytest.raises(CancelledError):
        desk.run("offboard", "acme")
    assert (desk.realm() or {})["enabled"] is True


@pytest.mark.parametrize(
    "words", [("offboard", "acme", "--undo", "--delete"), ("onboard", "acme", "--no-project", "--project", "web")]
)
def test_what_excludes_each_other_is_refused(desk: Desk, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(command, list(words))
    assert done.exit_code == 2
    assert "one or the other" in done.output
    assert desk.requests == []
