from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.site.source import Source, parse_source, read_source, suggest

if TYPE_CHECKING:
    from groundplane.errors import Problem

FILE = Path("x.yml")


def parse(text: str) -> tuple[Source | None, list[Problem]]:
    problems: list[Problem] = []
    return parse_source(FILE, text, problems), problems


def test_every_key_and_item_knows_its_line() -> None:
    source, problems = parse("a: 1\nb:\n  c: [x, y]\n  d:\n    - 1\n    - 2\n")
    assert source is not None
    assert not problems
    assert source.data == {"a": 1, "b": {"c": ["x", "y"], "d": [1, 2]}}
    assert str(source.place("b", "d", 1)) == "x.yml:6"
    assert source.place("b", "c").column == 3
    assert str(source.place("b", "nothing", "here")) == "x.yml:2"
    assert str(source.place("nothing")) == "x.yml:1"


@pytest.mark.parametrize(
    ("text", "line", "cure"),
    [
        ("a: 1\n\tb: 2\n", 2, "spaces"),
        ("a: b: c\n", 1, "quotes"),
        ("a: 1\nb: {{ x }}\n", 2, "quotes"),
        ("a: 1\nb: {{ x }} and more\n", 2, "Jinja"),
        ("a: 'x\n", 2, "Close the quotes"),
        ("a: 1\n---\nb: 2\n", 2, "one document"),
        ("a: *nothing\n", 1, "anchor"),
        ("a: 1\n b: 2\n", 2, ""),
        ("a: [1, 2\nb: 3\n", 2, ""),
        ("a: @x\n", 1, "quotes"),
    ],
)
def test_broken_yaml_names_line_and_cure(text: str, line: int, cure: str) -> None:
    _, problems = parse(text)
    assert len(problems) == 1
    assert problems[0].place is not None
    assert problems[0].place.line == line
    assert cure in problems[0].cure


def test_a_key_written_twice_is_told_with_the_first_line() -> None:
    _, problems = parse("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert [str(problem.place) for problem in problems] == ["x.yml:4"]
    assert "'b' is written twice, first in line 2" in problems[0].what


def test_merge_keys_work_and_are_weaker_than_what_is_written_out() -> None:
    source, problems = parse("base: &b {x: 1, y: 2}\nother:\n  y: 3\n  <<: *b\n")
    assert source is not None
    assert not problems
    assert source.data["other"] == {"x": 1, "y": 3}


def test_vault_and_unsafe_keep_the_form_that_ansible_prints() -> None:
    source, _ = parse("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !unsafe '{{ x }}'\nday: 2026-01-02\n")
    assert source is not None
    assert source.data == {
        "a": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n6162\n"},
        "b": {"__ansible_unsafe": "{{ x }}"},
        "day": "2026-01-02",
    }


def test_other_tags_are_refused() -> None:
    _, problems = parse("a: !!python/object:os.system x\n")
    assert "means nothing here" in problems[0].what


def test_aliases_that_unfold_without_end_are_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    source, problems = parse(text)
    assert source is None
    assert "unfold" in problems[0].what


def test_an_alias_to_itself_is_refused() -> None:
    source, problems = parse("a: &a\n  b: *a\n")
    assert source is None
    assert "refers to what contains it" in problems[0].what


def test_an_encrypted_file_is_sent_to_secrets() -> None:
    source, problems = parse("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert source is None
    assert "secrets.yml" in problems[0].cure


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert read_source(tmp_path / "none.yml", problems) is None
    (tmp_path / "latin.yml").write_bytes(b"a: 1\nb: gr\xfcn\n")
    assert read_source(tmp_path / "latin.yml", problems) is None
    assert "No such file" in problems[0].what
    assert "UTF-8" in problems[1].what
    assert problems[1].place is not None
    assert problems[1].place.line == 2


def test_an_empty_file_has_no_data() -> None:
    source, problems = parse("# nothing\n")
    assert source is not None
    assert source.data is None
    assert not problems


def test_suggestions() -> None:
    assert suggest("domian", ["domain", "name"]) == "Did you mean 'domain'?"
    assert suggest("zzz", ["b", "a"]) == "Known here: a, b."
    assert suggest("zzz", [], "Look there.") == "Look there."
