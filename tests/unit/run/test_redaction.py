from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplane.run.redaction import MASK, SHORTEST, Redactor, secret_strings

AWKWARD = "gp \"planted\" \\ 50% with 'quotes' and é"
KEY = """-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmU
QyNTUxOQAAACBvZXlmY2hlY2sxMjM0NTY
-----END OPENSSH PRIVATE KEY-----
"""


@pytest.mark.parametrize("secret", ["correct-horse", AWKWARD, KEY], ids=["plain", "awkward", "many lines"])
@pytest.mark.parametrize(
    "form",
    [
        str,
        json.dumps,
        lambda text: json.dumps({"deep": [text]}, ensure_ascii=False),
        lambda text: json.dumps(json.dumps(text)),
        lambda text: quote(text, safe=""),
        repr,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(b"x" + text.encode() + b"tail").decode(),
        lambda text: base64.b64encode(b"xy" + text.encode() + b"and more").decode(),
    ],
    ids=["raw", "json", "json unescaped", "json twice", "url", "repr", "base64", "base64+1", "base64+2"],
)
def test_a_secret_is_masked_in_every_form(secret: str, form: object) -> None:
    assert callable(form)
    shown = Redactor([secret]).text(f"before {form(secret)} after")
    assert MASK in shown
    assert secret.strip() not in shown
    assert base64.b64encode(secret.encode()).decode().rstrip("=")[4:-4] not in shown
    assert shown.startswith("before ")


def test_one_line_of_a_key_is_enough() -> None:
    shown = Redactor([KEY]).text("the log has b3BlbnNzaC1rZXktdjEAAAAABG5vbmU alone")
    assert shown == f"the log has {MASK} alone"


def test_headers_of_keys_are_left_readable() -> None:
    assert Redactor([KEY]).text("-----BEGIN OPENSSH PRIVATE KEY-----") == "-----BEGIN OPENSSH PRIVATE KEY-----"


def test_data_is_searched_keys_included() -> None:
    assert Redactor(["hunter2000"]).data({"hunter2000": [{"msg": "is hunter2000"}, 5, None, True]}) == {
        MASK: [{"msg": f"is {MASK}"}, 5, None, True]
    }


def test_a_longer_secret_goes_before_the_one_that_it_begins_with() -> None:
    assert Redactor(["secret-one", "secret-one-and-more"]).text("secret-one-and-more") == MASK


def test_texts_too_short_to_be_secrets_blank_out_nothing() -> None:
    assert Redactor(["no", "12345"]).text("no 12345") == "no 12345"
    assert Redactor([]).text("anything") == "anything"


def test_secrets_are_found_however_deep() -> None:
    assert secret_strings({"a": ["x", {"b": 12}], "c": b"raw", "d": None, "e": True}) == {"x", "12", "raw"}


@given(st.text(min_size=SHORTEST).filter(lambda text: len(text.strip()) >= SHORTEST), st.text(), st.text())
def test_no_secret_survives_whatever_stands_around_it(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])
    assert secret not in redactor.text(f"{before}{secret}{after}").replace(MASK, "\0")


def test_secrets_that_are_learnt_on_the_way_are_hidden_from_then_on() -> None:
    redactor = Redactor(["first-secret"])
    assert redactor.text("second-secret") == "second-secret"
    redactor.add(["second-secret"])
    redactor.add(["second-secret"])
    assert redactor.text("first-secret second-secret") == f"{MASK} {MASK}"
