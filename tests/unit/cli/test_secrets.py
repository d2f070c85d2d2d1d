from __future__ import annotations

import os
import pty
import subprocess
import time
from pathlib import Path

import pytest

from groundplane.site.secrets.store import read_secrets
from tests.command import PROGRAM, Answer, clean_environment, run

PASSWORD = b"planted-vault-password-5512"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def site(home: Path, tmp_path: Path) -> Path:
    password = tmp_path / "password"
    password.write_bytes(PASSWORD)
    path = tmp_path / "cloud"
    made = run(PROGRAM, "init", path, "--vault-password-file", password, cwd=tmp_path, env=clean_environment(home))
    assert made.code == 0, made
    return path


def _secrets(site: Path, home: Path, *words: str | Path, stdin: str | None = None, **more: str) -> Answer:
    return run(PROGRAM, "secrets", *words, cwd=site, env=clean_environment(home, **more), stdin=stdin)


def test_show_masks_and_reveals_only_what_is_asked_for(site: Path, home: Path) -> None:
    values = read_secrets(site, PASSWORD)
    shown = _secrets(site, home, "show")
    assert shown.code == 0, shown
    assert all(name in shown.out for name in values)
    assert not [value for value in values.values() if str(value).split("\n")[-2:][0] in shown.out]
    told = _secrets(site, home, "show", "--json")
    assert {row["name"] for row in told.json()["secrets"]} == set(values)
    assert values["groundplane_fingerprint_key"] not in told.out
    one = _secrets(site, home, "show", "--reveal", "groundplane_fingerprint_key")
    assert one.out == values["groundplane_fingerprint_key"] + "\n"
    wrong = _secrets(site, home, "show", "--reveal", "groundplane_fingerprint_kee")
    assert wrong.code == 2
    assert "groundplane_fingerprint_key" in wrong.err


def test_init_completes_and_never_shows_a_value(site: Path, home: Path) -> None:
    assert "Complete" in _secrets(site, home, "init").out
    (site / "secrets.yml").unlink()
    (site / "certificates/ca.crt").unlink()
    (site / "inventory/operator.pub").unlink()
    (site / "inventory/images_signers").unlink()
    made = _secrets(site, home, "init")
    assert made.code == 0, made
    values = read_secrets(site, PASSWORD)
    assert "made operator_ssh_private_key" in made.out
    assert "wrote secrets.yml" in made.out
    assert str(values["groundplane_fingerprint_key"]) not in made.out + made.err


def test_edit_runs_the_editor_on_memory_and_refuses_to_lose_what_is_needed(site: Path, home: Path) -> None:
    editor = site.parent / "editor"
    editor.write_text(f'#!/bin/sh\necho "$1" > {site.parent}/where\necho "portal_token: planted-edit-90ab" >> "$1"\n')
    editor.chmod(0o700)
    done = _secrets(site, home, "edit", EDITOR=str(editor))
    assert (done.code, done.out) == (0, "added: portal_token\n"), done
    where = Path((site.parent / "where").read_text().strip())
    assert not where.is_relative_to(site)
    assert not where.parent.exists()
    assert read_secrets(site, PASSWORD)["portal_token"] == "planted-edit-90ab"
    lost = _secrets(site, home, "edit", EDITOR="sed -i /^groundplane_fingerprint_key/d")
    assert lost.code == 2
    assert "can't be removed" in lost.err
    broken = _secrets(site, home, "edit", EDITOR="false")
    assert broken.code == 1
    for file in site.parent.rglob("*"):
        if file.is_file() and file != editor:
            assert b"planted-edit-90ab" not in file.read_bytes()


def test_rekey_takes_a_file_or_a_command_and_says_where_the_password_has_to_go(site: Path, home: Path) -> None:
    (site.parent / "new").write_text("planted-new-password\n")
    done = _secrets(site, home, "rekey", "--new-vault-password-file", site.parent / "new")
    assert done.code == 0, done
    assert str(site.parent / "password") in done.out
    assert read_secrets(site, b"planted-new-password")
    wrong = _secrets(site, home, "show")
    assert wrong.code == 2
    assert "does not open" in wrong.err
    back = _secrets(
        site,
        home,
        "rekey",
        "--new-vault-password-command",
        f"cat {site.parent / 'password'}",
        GROUNDPLANE_VAULT_PASSWORD_FILE=str(site.parent / "new"),
    )
    assert back.code == 0, back
    assert read_secrets(site, PASSWORD)


def test_unlock_holds_the_password_until_lock(site: Path, home: Path) -> None:
    site_file = site / "site.yml"
    lines = site_file.read_text().splitlines()
    site_file.write_text("\n".join(line for line in lines if line != "vault:" and "password_file:" not in line) + "\n")
    nothing = _secrets(site, home, "show")
    assert nothing.code == 2
    assert "secrets unlock" in nothing.err
    wrong = _secrets(site, home, "unlock", stdin="wrong\n")
    assert wrong.code == 2
    opened = _secrets(site, home, "unlock", "--minutes", "5", stdin=PASSWORD.decode() + "\n")
    assert opened.code == 0, opened
    try:
        assert _secrets(site, home, "show").code == 0
    finally:
        assert _secrets(site, home, "lock").out == "Locked.\n"
    assert _secrets(site, home, "show").code == 2
    assert _secrets(site, home, "lock").out == "Was not unlocked.\n"


def test_a_terminal_is_asked_and_the_answer_is_not_echoed(site: Path, home: Path) -> None:
    text = (site / "site.yml").read_text().splitlines()
    (site / "site.yml").write_text(
        "\n".join(line for line in text if line != "vault:" and "password_file:" not in line) + "\n"
    )
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [str(PROGRAM), "secrets", "show", "--reveal", "groundplane_fingerprint_key"],
        cwd=site,
        env=clean_environment(home),
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + 30
    while b"Vault password" not in seen and time.monotonic() < deadline:
        seen += os.read(ours, 1000)
    time.sleep(0.3)
    os.write(ours, PASSWORD + b"\n")
    out, _ = asked.communicate(timeout=30)
    os.close(ours)
    assert asked.returncode == 0
    assert out.decode().strip() == read_secrets(site, PASSWORD)["groundplane_fingerprint_key"]


def test_a_broken_site_file_says_so(site: Path, home: Path) -> None:
    (site / "site.yml").write_text("name: [\n")
    told = _secrets(site, home, "show")
    assert told.code == 2
    assert "site.yml" in told.err
