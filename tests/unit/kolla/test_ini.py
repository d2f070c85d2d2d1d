from __future__ import annotations

import pytest

from groundplane.kolla import ini

TEXT = """\
orphan = 1
[DEFAULT]
# why
debug = true
transport_url: rabbit://a,
    rabbit://b
[pci]
alias = one
alias = two
empty =
"""


def test_what_oslo_reads_is_read() -> None:
    assert ini.parse(TEXT) == {
        "": {"orphan": ["1"]},
        "DEFAULT": {"debug": ["true"], "transport_url": ["rabbit://a,\nrabbit://b"]},
        "pci": {"alias": ["one", "two"], "empty": [""]},
    }


def test_writing_loses_nothing() -> None:
    assert ini.parse(ini.write(ini.parse(TEXT))) == ini.parse(TEXT)


def test_what_lies_above_replaces_all_values_of_a_key_and_no_other() -> None:
    merged = ini.merge(ini.parse(TEXT), ini.parse("[pci]\nalias = three\n[new]\na = b\n"))
    assert merged["pci"] == {"alias": ["three"], "empty": [""]}
    assert merged["new"] == {"a": ["b"]}
    assert merged["DEFAULT"]["debug"] == ["true"]


def test_jinja_in_values_stays_and_its_own_lines_are_refused() -> None:
    assert ini.parse("[a]\nb = {{ c }}\n") == {"a": {"b": ["{{ c }}"]}}
    with pytest.raises(ini.NotIniError, match="line 2"):
        ini.parse("[a]\n{% if x %}\n")
