from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundplane.plan.drift import UNASKED, drift

FILE = "0644 root:root content:aaaa"
states = st.dictionaries(st.sampled_from(["watch list", "sysctl a", "file /b", "unit c"]), st.sampled_from(["1", "2"]))


def test_each_change_is_a_sentence() -> None:
    before = {"watch list": "w", "sysctl a": "10", "file /b": FILE, "file /c": FILE, "file /d": FILE}
    now = {
        "watch list": "w",
        "sysctl a": "60",
        "file /b": "0600 root:root content:aaaa",
        "file /c": "0644 root:root content:bbbb",
        "file /d": "missing",
    }
    assert drift(before, now) == (
        "sysctl a is 60, was 10",
        "file /b was changed: mode is 0600, was 0644",
        "file /c was changed: content",
        f"file /d is missing, was {FILE}",
    )


def test_a_lost_or_changed_watch_list() -> None:
    assert drift({"watch list": "w"}, None) == ("the watch list is missing",)
    assert drift({"watch list": "w"}, {"watch list": "x", "unit z": "active"}) == (
        "the watch list was changed",
        "unit z is new on the watch list",
    )


def test_a_file_that_came_into_a_folder_is_named_whether_folders_were_looked_at_before_or_not() -> None:
    before = {"watch list": "w", "file /etc/kolla/nova-api/nova.conf": FILE}
    folder = "folder /etc/kolla/nova-api"
    for was in (before, {**before, folder: "nothing else"}, {**before, folder: "by-hand.conf"}):
        assert drift(was, {**before, folder: "by-hand.conf"}) == (
            "/etc/kolla/nova-api holds by-hand.conf besides what was written there",
        )
        assert drift(was, {**before, folder: "nothing else"}) == ()
        assert drift(was, {**before, folder: "missing"}) == ()


def test_a_step_that_watches_nothing_never_drifts() -> None:
    assert drift({}, None) == ()
    assert drift({}, {"watch list": "x"}) == ()


@given(states)
def test_what_did_not_change_is_not_told(state: dict[str, str]) -> None:
    assert drift(state, dict(state)) == ()


@given(states, states)
def test_every_other_value_is_told(before: dict[str, str], now: dict[str, str]) -> None:
    told = drift(before, now)
    changed = [item for item in before if now.get(item) != before[item]]
    assert all(any(item in sentence for sentence in told) for item in changed)
    if before and not changed and before.keys() >= now.keys():
        assert told == ()


def test_another_key_that_was_handed_over_is_told_by_whose_it_is() -> None:
    before = {"watch list": "w", "handover ceph client.glance": "1", "handover ceph client.nova": "1"}
    assert drift(before, {"watch list": "w", "handover ceph client.glance": "2"}) == (
        "the key of client.glance from ceph is another one",
        "the key of client.nova from ceph is no longer handed over",
    )
    assert drift(before, {**before, "handover ceph client.new": "1"}) == ("the key of client.new from ceph is new",)
    assert drift({}, {"handover ceph client.new": "1"}) == ("the key of client.new from ceph is new",)


def test_a_containers_image_is_told_only_where_it_is_another_one() -> None:
    before = {"container a": "running r/a:1", "container b": "running r/b:1", "container c": "running r/c:1"}
    now = {"container a": "missing", "container b": "exited r/b:1", "container c": "running r/c:2"}
    assert drift(before, now) == (
        "container a is missing, was running",
        "container b is exited, was running",
        "container c has the image r/c:2, had r/c:1",
    )
    assert drift({**before, "sysctl a": "1"}, {"sysctl a": "1"})[0] == "container a is no longer watched, was running"


def test_of_what_is_told_in_parts_those_that_differ_are_told() -> None:
    before = {"flavor a": "vCPUs 1; RAM in MiB 4096; extra spec x none"}
    now = {"flavor a": "vCPUs 1; RAM in MiB 2048; extra spec x 1"}
    assert drift(before, now) == ("flavor a: RAM in MiB 2048, was 4096; extra spec x 1, was none",)
    assert drift(before, {"flavor a": "missing"}) == ("flavor a is missing",)


def test_what_nobody_can_be_asked_about_is_told_once_and_the_rest_taken_as_it_was() -> None:
    before = {"flavor a": "vCPUs 1"}
    assert drift(before, {**before, UNASKED: "no answer"}) == ("nobody can say how it stands: no answer",)
