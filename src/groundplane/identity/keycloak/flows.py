"""How people log in: authentication flows of our own, and which of them a realm uses.

Keycloak's built-in flows stay as they are. Ours differ in the second factor: a realm demands one-time passwords of
everybody (who has none sets one up at the next login), of those who set one up, or of nobody; by a browser, and where
an application asks for passwords itself. In the proxy realm, who comes from a customer's realm for the first time is
taken in without a question; a name that is there already is refused, never taken over.
Source: Keycloak's Server Administration Guide, "Configuring authentication".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.identity.keycloak.session import part
from groundplane.identity.keycloak.sheet import chosen
from groundplane.identity.keycloak.work import Part
from groundplane.platform.marks import has_mark, marked
from groundplane.platform.reconcile import Found, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from groundplane.identity.keycloak.work import RealmWork
    from groundplane.identity.policy_options import OneTimePassword

REQUIRED, ALTERNATIVE, CONDITIONAL = "REQUIRED", "ALTERNATIVE", "CONDITIONAL"
BROWSER, DIRECT_GRANT, FIRST_LOGIN = "groundplane browser", "groundplane direct grant", "groundplane first login"
_FLOWS = "authentication/flows"
_EXECUTIONS = "authentication/executions"
_STEP, _ORDER = "step", "order"


@dataclass(frozen=True, slots=True)
class Execution:
    """A step of a flow: an authenticator, or with `inner` a flow of its own that is named `name`.

    Attributes:
        config: the authenticator's settings.
    """

    name: str
    requirement: str
    inner: tuple[Execution, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow with its steps in their order; `binds` is the key of the realm that uses it."""

    alias: str
    description: str
    steps: tuple[Execution, ...]
    binds: str = ""


def browser_flow(one_time_password: OneTimePassword) -> Flow:
    """A session, another login service, or a form with username and password."""
    forms = (
        Execution("auth-username-password-form", REQUIRED),
        *_second_factor(one_time_password, "auth-otp-form", f"{BROWSER} one-time password"),
    )
    return Flow(
        BROWSER,
        "Login by a browser",
        (
            Execution("auth-cookie", ALTERNATIVE),
            Execution("identity-provider-redirector", ALTERNATIVE),
            Execution(f"{BROWSER} forms", ALTERNATIVE, forms),
        ),
        binds="browserFlow",
    )


def direct_grant_flow(asked: OneTimePassword) -> Flow:
    """An application sends username, password and, where it is demanded, the one-time password.

    Who has none can't set one up on this way: where everybody has to, that person is refused.
    """
    conditional = f"{DIRECT_GRANT} one-time password"
    refusal = (
        Execution(
            "conditional-sub-flow-executed",
            REQUIRED,
            config={"flow_to_check": conditional, "check_result": "not-executed"},
        ),
        Execution("deny-access-authenticator", REQUIRED),
    )
    asks = () if asked == "off" else _second_factor("optional", "direct-grant-validate-otp", conditional)
    refuses = (Execution(f"{DIRECT_GRANT} refusal", CONDITIONAL, refusal),) if asked == "required" else ()
    return Flow(
        DIRECT_GRANT,
        "Login by a password that an application sends",
        (
            Execution("direct-grant-validate-username", REQUIRED),
            Execution("direct-grant-validate-password", REQUIRED),
            *asks,
            *refuses,
        ),
        binds="directGrantFlow",
    )


def first_login_flow() -> Flow:
    """Who comes from a customer's realm for the first time."""
    return Flow(
        FIRST_LOGIN, "The first login of a customer's people", (Execution("idp-create-user-if-unique", REQUIRED),)
    )


def _second_factor(asked: OneTimePassword, authenticator: str, name: str) -> tuple[Execution, ...]:
    if asked == "off":
        return ()
    if asked == "required":
        return (Execution(authenticator, REQUIRED),)
    inner = (Execution("conditional-user-configured", REQUIRED), Execution(authenticator, REQUIRED))
    return (Execution(name, CONDITIONAL, inner),)


class Flows(Part):
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, flows: Sequence[Flow]) -> None:
        self._work = work
        self._flows = flows

    def things(self) -> Iterator[Thing]:
        for flow in self._flows:
            yield self._flow(flow)
        if any(flow.binds for flow in self._flows):
            yield self._bindings()

    def _flow(self, flow: Flow) -> Thing:
        def look() -> Found | None:
            there = chosen(self._work.calls.all(_FLOWS), "alias", flow.alias)
            if there is None:
                return None
            have = self._as_they_are(flow)
            return Found(str(there["id"]), have, ours=has_mark(self._work.site, there.get("description")))

        def make() -> None:
            body = {
                "alias": flow.alias,
                "description": marked(self._work.site, flow.description),
                "providerId": "basic-flow",
                "topLevel": True,
                "builtIn": False,
            }
            self._work.calls.post(_FLOWS, body)
            self._fill(flow.alias, flow.steps)

        return Thing(
            name=self._work.named("login flow", flow.alias),
            wanted=_as_declared(flow.steps),
            look=look,
            make=make,
            change=lambda *_: self._repair(flow),
            after=self._work.after,
        )

    def _as_they_are(self, flow: Flow) -> dict[str, Any]:
        there = self._work.calls.all(_executions(flow.alias))
        have: dict[str, Any] = {
            _STEP: {_name(one): str(one.get("requirement")).lower() for one in there},
            _ORDER: _in_a_row((int(one.get("level", 0)), _name(one)) for one in there),
        }
        for _, step in _flat(flow.steps):
            one = next((each for each in there if _name(each) == step.name), {})
            if step.config:
                path = f"authentication/config/{one.get('authenticationConfig')}"
                found = self._work.calls.get(path, {}) if one.get("authenticationConfig") else {}
                have[step.name] = {key: (found.get("config") or {}).get(key) for key in step.config}
        return have

    def _repair(self, flow: Flow) -> None:
        """The flow stays, and with it who uses it. A login in that moment is refused: an empty flow knows nobody."""
        for one in self._work.calls.all(_executions(flow.alias)):
            if not one.get("level"):
                self._work.calls.delete(f"{_EXECUTIONS}/{one['id']}")
        self._fill(flow.alias, flow.steps)

    def _fill(self, alias: str, steps: Sequence[Execution]) -> None:
        """Keycloak puts each at the end, disabled; what it shall be is set afterwards."""
        for step in steps:
            if step.inner:
                body = {
                    "alias": step.name,
                    "type": "basic-flow",
                    "provider": "registration-page-form",
                    "description": "",
                }
                self._work.calls.post(f"{_executions(alias)}/flow", body)
                self._fill(step.name, step.inner)
            else:
                self._work.calls.post(f"{_executions(alias)}/execution", {"provider": step.name})
        for one in self._work.calls.all(_executions(alias)):
            step_of = next((step for step in steps if step.name == _name(one)), None)
            if not one.get("level") and step_of is not None and one.get("requirement") != step_of.requirement:
                self._work.calls.put(_executions(alias), {**one, "requirement": step_of.requirement})
            if not one.get("level") and step_of is not None and step_of.config:
                config = {"alias": f"{alias} {step_of.name}", "config": dict(step_of.config)}
                self._work.calls.post(f"{_EXECUTIONS}/{one['id']}/config", config)

    def _bindings(self) -> Thing:
        wanted = {_words(flow.binds): flow.alias for flow in self._flows if flow.binds}

        def look() -> Found:
            there = self._work.calls.get("", {})
            have = {_words(flow.binds): there.get(flow.binds) for flow in self._flows if flow.binds}
            return Found(self._work.realm, have)

        def change(*_: object) -> None:
            chosen_flows = {flow.binds: flow.alias for flow in self._flows if flow.binds}
            self._work.calls.put("", {**self._work.calls.get("", {}), **chosen_flows})

        return Thing(
            name=f"login flows of {self._work.after}",
            wanted=wanted,
            look=look,
            make=lambda: None,
            change=change,
            after=self._work.named("login flow", self._flows[0].alias),
        )


def _words(binds: str) -> str:
    return {"browserFlow": "browser", "directGrantFlow": "direct grant"}[binds]


def _executions(alias: str) -> str:
    return f"{_FLOWS}/{part(alias)}/executions"


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("displayName") if one.get("authenticationFlow") else one.get("providerId"))


def _as_declared(steps: Sequence[Execution]) -> dict[str, Any]:
    """Each step's requirement, all in their order, and what some are set to."""
    flat = list(_flat(steps))
    return {
        _STEP: {step.name: step.requirement.lower() for _, step in flat},
        _ORDER: _in_a_row((level, step.name) for level, step in flat),
        **{step.name: dict(step.config) for _, step in flat if step.config},
    }


def _in_a_row(steps: Iterable[tuple[int, str]]) -> str:
    """The first says how deep a step lies."""
    return ", ".join(f"{'> ' * level}{name}" for level, name in steps)


def _flat(steps: Sequence[Execution], level: int = 0) -> Iterator[tuple[int, Execution]]:
    for step in steps:
        yield level, step
        yield from _flat(step.inner, level + 1)
