"""Values of a representation, compared and put in."""

from __future__ import annotations

from groundplane.identity.keycloak.sheet import Field, Sheet, attribute, attributes, chosen, settings


def test_what_is_left_out_is_false_nothing_or_empty() -> None:
    sheet = Sheet(
        [Field("hidden", ("hide",), value=False), attribute("url", "logout.url", ""), Field("to", ("uris",), [])]
    )
    assert sheet.have({}) == sheet.wanted
    assert sheet.have({"hide": True, "attributes": {"logout.url": "https://x"}, "uris": ["a"]}) == {
        "hidden": True,
        "url": "https://x",
        "to": ["a"],
    }


def test_lists_have_no_order() -> None:
    sheet = Sheet([Field("to", ("uris",), ["b", "a"])])
    assert sheet.wanted == sheet.have({"uris": ["a", "b"]}) == {"to": ["a", "b"]}


def test_what_is_wanted_is_put_onto_what_is_there_and_that_stays_as_it_is() -> None:
    sheet = Sheet([*settings({"issuer": "i"}), *attributes({"a": "1"}), Field("name", ("name",), "n")])
    there = {"id": "7", "config": {"clientId": "c"}, "attributes": None}
    made = sheet.onto(there)
    assert made == {"id": "7", "config": {"clientId": "c", "issuer": "i"}, "attributes": {"a": "1"}, "name": "n"}
    assert there["config"] == {"clientId": "c"}


def test_values_are_shown_as_people_read_them() -> None:
    sheet = Sheet([Field("lifetime", ("seconds",), 300, lambda value: f"{value // 60} minutes")])
    assert sheet.wanted == {"lifetime": "5 minutes"}
    assert sheet.have({"seconds": 600}) == {"lifetime": "10 minutes"}


def test_one_of_a_list_by_a_key() -> None:
    things = [{"name": "a"}, {"name": "b", "id": "2"}]
    assert chosen(things, "name", "b") == {"name": "b", "id": "2"}
    assert chosen(things, "name", "c") is None
