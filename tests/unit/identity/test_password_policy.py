from __future__ import annotations

import pytest

from groundplane.identity.password_policy import broken, policies, policy_problems
from groundplane.identity.policy_options import PASSWORD_POLICY


def test_two_ways_to_write_a_policy_are_the_same() -> None:
    assert policies("length and notUsername") == policies("notUsername(undefined)  and length(8)")
    assert policies("length(12)") != policies("length(8)")
    assert policies("") == {}


def test_an_expression_may_hold_the_word_between() -> None:
    assert policies("regexPattern(^(a|b)+$) and digits(2)") == {"regexPattern": "^(a|b)+$", "digits": "2"}


def test_ours_is_one_of_keycloaks() -> None:
    assert policy_problems(PASSWORD_POLICY) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("lenght(12)", "no password policy 'lenght'"),
        ("length(12), digits(1)", "for a number"),
        ("length(twelve)", "'twelve' for a number"),
        ("length(8) and length(12)", "written twice"),
        ("regexPattern", "says nothing"),
    ],
)
def test_what_is_none(text: str, what: str) -> None:
    ((told, cure),) = policy_problems(text)
    assert what in told
    assert cure


@pytest.mark.parametrize(
    ("policy", "password", "missed"),
    [
        ("length(12)", "short", ["length(12)"]),
        ("digits(1) and upperCase(1) and specialChars(1)", "abc", ["digits(1)", "upperCase(1)", "specialChars(1)"]),
        ("notUsername and notEmail", "Alice", ["notUsername"]),
        ("notContainsUsername", "xxalicexx", ["notContainsUsername"]),
        ("notEmail", "alice@acme.test", ["notEmail"]),
        ("maxLength(3)", "abcd", ["maxLength(3)"]),
        (PASSWORD_POLICY, "a" * 32, []),
    ],
)
def test_a_password_that_keycloak_would_refuse(policy: str, password: str, missed: list[str]) -> None:
    assert broken(policy, password, username="alice", email="alice@acme.test") == missed
