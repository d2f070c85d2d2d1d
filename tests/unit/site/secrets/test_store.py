from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import PublicFacts
from groundplane.site.secrets.store import (
    check_secrets,
    complete_secrets,
    read_plain,
    read_secrets,
    rekey_secrets,
    secrets_file,
    write_plain,
)

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = b"a password"
FACTS = PublicFacts("cloud", "cloud.example.org", 100)
DECLARED = load_declared(toolkit_content(), ["bootstrap"])


def test_a_new_file_holds_all_that_is_needed_and_nothing_is_in_clear(tmp_path: Path) -> None:
    done = complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    assert set(done.made) == set(DECLARED)
    assert secrets_file(tmp_path) in done.files
    values = read_secrets(tmp_path, PASSWORD)
    assert set(values) == set(DECLARED)
    assert check_secrets(DECLARED, values, secrets_file(tmp_path)) == []
    assert stat.S_IMODE(secrets_file(tmp_path).stat().st_mode) == 0o600
    _nothing_in_clear(tmp_path, values)


def test_completing_again_changes_nothing(tmp_path: Path) -> None:
    complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    done = complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    assert (done.made, done.files) == ((), ())
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_what_a_person_wrote_stays_comments_included(tmp_path: Path) -> None:
    write_plain(tmp_path, "# mine\nmy_token: abc  # from the portal\n", PASSWORD)
    complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    assert read_plain(tmp_path, PASSWORD).startswith("# mine\nmy_token: abc  # from the portal\n")
    assert read_secrets(tmp_path, PASSWORD)["my_token"] == "abc"


@pytest.mark.parametrize("empty", ['""', "''", "", "~", "  # to be made anew"])
def test_an_empty_value_is_made_anew(tmp_path: Path, empty: str) -> None:
    write_plain(tmp_path, f"before: 1\ngroundplane_fingerprint_key: {empty}\nafter: 2\n", PASSWORD)
    assert "groundplane_fingerprint_key" in complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS).made
    values = read_secrets(tmp_path, PASSWORD)
    assert (values["before"], values["after"]) == (1, 2)
    assert len(values["groundplane_fingerprint_key"]) == 64


def test_a_lost_public_half_is_written_again(tmp_path: Path) -> None:
    complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    public = tmp_path / "inventory" / "operator.pub"
    before = public.read_text()
    public.unlink()
    done = complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    assert done.files == (public,)
    assert public.read_text() == before


def test_a_public_half_of_another_key_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    complete_secrets(tmp_path / "other", PASSWORD, DECLARED, FACTS)
    (tmp_path / "inventory").mkdir()
    (tmp_path / "other" / "inventory" / "operator.pub").rename(tmp_path / "inventory" / "operator.pub")
    with pytest.raises(InputError) as told:
        complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS)
    assert "does not belong" in told.value.problems[0].what
    assert not secrets_file(tmp_path).exists()


def test_a_file_in_clear_is_refused_when_read_and_encrypted_when_completed(tmp_path: Path) -> None:
    secrets_file(tmp_path).write_text("planted: gp-planted-in-clear-77\n")
    with pytest.raises(InputError, match="not encrypted"):
        read_secrets(tmp_path, PASSWORD)
    assert complete_secrets(tmp_path, PASSWORD, DECLARED, FACTS).was_in_clear
    assert b"planted" not in secrets_file(tmp_path).read_bytes()
    assert read_secrets(tmp_path, PASSWORD)["planted"] == "gp-planted-in-clear-77"


def test_another_password_opens_after_rekeying_and_the_old_one_does_not(tmp_path: Path) -> None:
    write_plain(tmp_path, "a: 1\n", PASSWORD)
    rekey_secrets(tmp_path, PASSWORD, b"new")
    assert read_secrets(tmp_path, b"new") == {"a": 1}
    with pytest.raises(InputError, match="does not open"):
        read_secrets(tmp_path, PASSWORD)


def test_each_way_to_fail_has_its_own_message_and_a_cure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no secrets\.yml") as missing:
        read_secrets(tmp_path, PASSWORD)
    assert "secrets init" in missing.value.cure
    write_plain(tmp_path, "a: 1\n", PASSWORD)
    with pytest.raises(InputError, match="does not open") as wrong:
        read_secrets(tmp_path, b"wrong")
    assert "GROUNDPLANE_VAULT_PASSWORD_FILE" in wrong.value.cure
    data = secrets_file(tmp_path).read_bytes()
    secrets_file(tmp_path).write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="damaged") as damaged:
        read_secrets(tmp_path, PASSWORD)
    assert "git" in damaged.value.cure


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ok: 1\nplanted: [planted-value\n", 3),
        ("a: planted-value\na: planted-value\n", 2),
        ("- planted-value\n", 1),
        ("a: !planted planted-value\n", 1),
        ("a: *planted_value\n", 1),
        ("planted value: 1\n", 1),
    ],
)
def test_broken_text_is_named_by_line_and_never_quoted(tmp_path: Path, text: str, line: int) -> None:
    write_plain(tmp_path, text, PASSWORD)
    with pytest.raises(InputError) as told:
        read_secrets(tmp_path, PASSWORD)
    (problem,) = told.value.problems
    assert problem.place is not None
    assert problem.place.line == line
    assert "planted" not in f"{told.value} {told.value.why} {problem} {told.value.__cause__}"


def test_missing_and_empty_secrets_are_problems_with_a_cure(tmp_path: Path) -> None:
    problems = check_secrets(DECLARED, {"site_ca_private_key": "", "operator_ssh_private_key": 5}, tmp_path)
    assert len(problems) == 3
    assert all("secrets" in problem.cure for problem in problems)


def _nothing_in_clear(folder: Path, values: dict[str, str]) -> None:
    lines = {line for value in values.values() for line in str(value).splitlines() if "-----" not in line}
    for file in folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not [line for line in lines if line.encode() in data], file


def test_a_pair_of_keys_is_a_mapping_that_a_person_can_read(tmp_path: Path) -> None:
    declared = {"nova_ssh_key": load_declared(toolkit_content(), ["openstack"])["nova_ssh_key"]}
    complete_secrets(tmp_path, PASSWORD, declared, FACTS)
    pair = read_secrets(tmp_path, PASSWORD)["nova_ssh_key"]
    assert set(pair) == {"private_key", "public_key"}
    assert "nova_ssh_key:\n  private_key: |\n    -----BEGIN PRIVATE KEY-----\n" in read_plain(tmp_path, PASSWORD)
    assert complete_secrets(tmp_path, PASSWORD, declared, FACTS).made == ()
    assert check_secrets(declared, {"nova_ssh_key": pair}, secrets_file(tmp_path)) == []
    wrong = check_secrets(declared, {"nova_ssh_key": {"private_key": "x"}}, secrets_file(tmp_path))
    assert "lacks private_key or public_key" in wrong[0].what
