"""Single secrets changed, added and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.site.secrets.changing import change_secrets, remove_secrets
from groundplane.site.secrets.store import read_plain, read_secrets, secrets_file, write_plain

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = b"a password"
TEXT = """\
# The head stays.
---
first: one   # a remark goes with its value
block: |
  -----BEGIN
  -----END
pair:
  private_key: a
  public_key: b

# What comes after it stays, too.
last: "9"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_plain(tmp_path, TEXT, PASSWORD)
    return tmp_path


def test_a_value_is_changed_in_its_place(site: Path) -> None:
    change_secrets(site, PASSWORD, {"block": "new", "first": "zwölf: 12"})
    assert read_plain(site, PASSWORD) == TEXT.replace(
        "first: one   # a remark goes with its value", "first: 'zwölf: 12'"
    ).replace("block: |\n  -----BEGIN\n  -----END", "block: new")


def test_a_new_one_comes_to_the_end_with_its_comment(site: Path) -> None:
    write_plain(site, TEXT.rstrip("\n"), PASSWORD)
    change_secrets(site, PASSWORD, {"acme_alice_password": "0123", "last": "10"}, comment="People of acme")
    assert read_plain(site, PASSWORD).endswith("last: '10'\n# People of acme.\nacme_alice_password: '0123'\n")
    assert read_secrets(site, PASSWORD)["acme_alice_password"] == "0123"


def test_one_is_taken_out_with_its_lines(site: Path) -> None:
    assert remove_secrets(site, PASSWORD, ["pair", "unknown"]) == ("pair",)
    assert list(read_secrets(site, PASSWORD)) == ["first", "block", "last"]
    assert "# What comes after it stays, too." in read_plain(site, PASSWORD)


def test_nothing_is_written_where_a_program_cannot_do_it(site: Path) -> None:
    write_plain(site, "{first: one, last: two}\n", PASSWORD)
    before = secrets_file(site).read_bytes()
    with pytest.raises(InputError, match="can't be changed by a program"):
        change_secrets(site, PASSWORD, {"first": "other"})
    assert secrets_file(site).read_bytes() == before


def test_the_wrong_password_changes_nothing(site: Path) -> None:
    with pytest.raises(InputError, match="does not open"):
        change_secrets(site, b"another", {"first": "other"})
