from __future__ import annotations

import pytest

from groundplane.site.host_patterns import expand_range, match_pattern, split_pattern, unknown_parts

HOSTS = ("manager", "node1", "node2", "node3")
GROUPS = {
    "all": HOSTS,
    "control": ("node1", "node2", "node3"),
    "compute": ("node2", "node3"),
    "ungrouped": ("manager",),
}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("node1", ["node1"]),
        ("node[1:3]", ["node1", "node2", "node3"]),
        ("node[08:11]", ["node08", "node09", "node10", "node11"]),
        ("node[1:5:2]", ["node1", "node3", "node5"]),
        ("r[a:c]", ["ra", "rb", "rc"]),
        ("r[1:2]n[1:2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
        ("n[:2]", ["n0", "n1", "n2"]),
    ],
)
def test_ranges(pattern: str, names: list[str]) -> None:
    assert expand_range(pattern) == names


@pytest.mark.parametrize(
    "pattern", ["n[1]", "n[1:]", "n[3:1]", "n[c:a]", "n[01:100]", "n[a:3]", "n[1:9:0]", "n[1:3", "n[1:9999999]"]
)
def test_ranges_that_make_no_sense(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"range|step|digits"):
        expand_range(pattern)


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("all", list(HOSTS)),
        ("*", list(HOSTS)),
        ("control:!compute", ["node1"]),
        ("control,!node2", ["node1", "node3"]),
        ("control:&compute", ["node2", "node3"]),
        ("!control", ["manager"]),
        ("&compute", ["node2", "node3"]),
        ("node*:!node1", ["node2", "node3"]),
        ("~node[13]", ["node1", "node3"]),
        ("control[0]", ["node1"]),
        ("control[-1]", ["node3"]),
        ("control[1:]", ["node2", "node3"]),
        ("control[0:1]", ["node1", "node2"]),
        ("control[9]", []),
        ("nobody", []),
        ("c*", ["node1", "node2", "node3"]),
    ],
)
def test_patterns(pattern: str, hosts: list[str]) -> None:
    assert sorted(match_pattern(pattern, HOSTS, GROUPS)) == sorted(hosts)


def test_names_that_do_not_exist() -> None:
    assert unknown_parts("control:!nobody,&compute", HOSTS, GROUPS) == ["control:!nobody"]
    assert unknown_parts("control:!nobody:nod*:x[0]", HOSTS, GROUPS) == ["nobody", "x"]


def test_brackets_keep_their_colons() -> None:
    assert split_pattern("a[0:2]:b") == ["a[0:2]", "b"]


def test_a_broken_regular_expression() -> None:
    with pytest.raises(ValueError, match="regular expression"):
        match_pattern("~(", HOSTS, GROUPS)
