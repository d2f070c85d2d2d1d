"""The login test itself: each way into the cloud that people have, who mustn't come in, and the way out.

Every login is made anew, with a session of its own, as different people at different machines would.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import FailedError, GroundplaneError
from groundplane.identity.login.asking import WELL, RefusedError
from groundplane.identity.login.browser import Browser
from groundplane.identity.login.dashboard import Dashboard
from groundplane.identity.login.forms import asks_for_password, choose, log_in
from groundplane.identity.login.grants import DEVICE, DISCOVERY, PASSWORD, Client, discover, fetch_keys
from groundplane.identity.login.tokens import verified
from groundplane.openstack.api import INTERNAL
from groundplane.openstack.checks.endpoints import Endpoint, ask_from_hosts
from groundplane.run.actions import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundplane.checks.engine_checks import CheckCall, CheckTask
    from groundplane.identity.checks.customer import SmokeCustomer
    from groundplane.identity.checks.doors import Doors
    from groundplane.identity.login.forms import Person
    from groundplane.identity.login.grants import Provider
    from groundplane.identity.login.keystone import KeystoneToken
    from groundplane.identity.login.tokens import Key, Tokens
    from groundplane.openstack.smoke.waiting import Patience

DEVICE_SECONDS = 60.0
CLOCK_SECONDS = 30.0
"""mod_auth_openidc takes tokens from the future only up to here (OIDCIDTokenIatSlack's order of magnitude)."""
DAY_SECONDS = 86400.0
ANYBODYS_CLIENT = "admin-cli"
"""Keycloak brings it in every realm, and it may ask for passwords."""
WRONG_SUFFIX = "-wrong"


@dataclass(slots=True)
class Course:
    """Runs the parts one after the other; a part that fails is told, and the others are tried all the same."""

    call: CheckCall
    doors: Doors
    customer: SmokeCustomer
    patience: Patience
    session_count: Callable[[], int]
    """How many sessions the test's people have in Keycloak right now, in all realms."""

    def run(self) -> None:
        """Raises CancelledError: stopped."""
        parts: list[tuple[str, Callable[[CheckTask], None]]] = [
            ("Log in on the command line, by device", self._device),
            ("Log in on the command line, by password", self._password),
            *([("Log in to Horizon, and out at both ends", self._dashboard)] if self.doors.dashboard else []),
            ("Refuse a wrong password", self._wrong_password),
            ("Refuse somebody without a group", self._outsider),
            ("Refuse tokens of another realm and of another client", self._foreign_tokens),
        ]
        for name, work in parts:
            self.patience.check()
            try:
                with self.call.task(name) as task:
                    work(task)
            except FailedError as error:
                # It has been told as the part's end.
                self.call.say(one_line(error))

    # The ways in

    def _device(self, task: CheckTask) -> None:
        client, keys = self._client()
        tokens = self._by_device(client, self.customer.member)
        self._check_token(task, tokens, keys)
        token = self._enter(task, tokens, self.customer.proxy_name(self.customer.member))
        if not self.session_count():
            task.wrong(None, "Keycloak has no session of who logged in")
        newer = client.refresh(tokens)
        self._hide(newer)
        client.log_out(newer)
        self._check_ended(task, client, newer)
        self._check_none_left(task)
        task.note(
            f"{token.user} is {', '.join(token.roles)} in {token.project_domain}/{token.project}; refreshed; after the "
            "logout the session was gone"
        )

    def _password(self, task: CheckTask) -> None:
        client, keys = self._client()
        person = self.customer.local
        try:
            tokens = client.password(person.username, person.password, self.customer.code())
        except RefusedError as error:
            if self.doors.password_grant:
                raise
            if error.code not in ("unauthorized_client", "invalid_client", "invalid_grant"):
                raise
            task.note(f"the site doesn't allow it (identity_password_grant), and it is refused: {error.why}")
            return
        self._hide(tokens)
        if not self.doors.password_grant:
            task.wrong(None, f"{client.id} may ask for passwords, and the site doesn't allow it")
            return
        self._check_token(task, tokens, keys)
        token = self._enter(task, tokens, person.username)
        client.log_out(tokens)
        self._check_ended(task, client, tokens)
        task.note(f"{token.user} is {', '.join(token.roles)} in {token.project_domain}/{token.project}")

    def _dashboard(self, task: CheckTask) -> None:
        page_of = self._new_dashboard()
        person = self.customer.member
        page = page_of.log_in(person, provider=self.customer.realm)
        for word in (self.customer.project, self.customer.proxy_name(person)):
            if word not in page.text:
                task.wrong(None, f"Horizon's project page doesn't show {word}")
        if not self.session_count():
            task.wrong(None, "Keycloak has no session of who is logged in to Horizon")
        page_of.log_out(page)
        after = page_of.browser.open(f"{page_of.url}project/")
        if page_of.is_in(after):
            task.wrong(None, "after the logout Horizon still lets the person in")
        self._check_none_left(task)
        again = choose(page_of.browser, page_of.start(), self.customer.realm)
        if not asks_for_password(again):
            task.wrong(
                None, f"after the logout the same browser comes in without a password, as far as {again.heading}"
            )
        task.note(f"the project page shows {self.customer.project}")

    # Who mustn't come in

    def _wrong_password(self, task: CheckTask) -> None:
        # Once each: two failures within a second are no person's, and Keycloak would lock the account for a minute.
        member, outsider = (
            replace(one, password=f"{one.password}{WRONG_SUFFIX}")
            for one in (self.customer.member, self.customer.outsider)
        )
        client, _ = self._client()
        attempts: tuple[tuple[str, Callable[[], Tokens]], ...] = (
            ("the login page", lambda: self._by_device(client, member)),
            ("the password grant", lambda: self._anybodys_tokens(self.customer.realm, outsider)),
        )
        told = []
        for what, attempt in attempts:
            try:
                attempt()
            except RefusedError as error:
                told.append(f"{what}: {error.why}")
            else:
                task.wrong(None, f"{what} lets somebody in with a wrong password")
        task.note("; ".join(told))

    def _outsider(self, task: CheckTask) -> None:
        client, _ = self._client()
        tokens = self._by_device(client, self.customer.outsider)
        self._refused(task, tokens, f"{self.customer.outsider.username}, who is in no group,")

    def _foreign_tokens(self, task: CheckTask) -> None:
        own = self._anybodys_tokens(self.customer.realm, self.customer.member)
        self._refused(task, own, f"a token of the realm {self.customer.realm} itself")
        other = self._anybodys_tokens(self.doors.proxy_realm, self.customer.local, self.customer.code())
        self._refused(task, other, f"a token that {ANYBODYS_CLIENT} of {self.doors.proxy_realm} was given")

    # What they share

    def _client(self) -> tuple[Client, tuple[Key, ...]]:
        """The command line's client, in a session of its own."""
        asker = self.doors.asker()
        provider = discover(asker, self.doors.issuer)
        return Client(asker, provider, self.doors.command_line), fetch_keys(asker, provider)

    def _by_device(self, client: Client, person: Person) -> Tokens:
        """The command line asks, the person says yes in a browser elsewhere."""
        device = client.start_device()
        browser = Browser(self.doors.asker())
        page = log_in(
            browser,
            browser.open(device.url),
            person,
            keycloak=self.doors.keycloak,
            provider=self.customer.realm,
        )

        def ask() -> Tokens | None:
            tokens = client.device(device)
            if tokens is None:
                self.patience.pause(device.interval)
            return tokens

        what = f"{person.username} let the command line in (the last page was '{page.heading}')"
        tokens = self.patience.until(what, ask, seconds=DEVICE_SECONDS)
        self._hide(tokens)
        return tokens

    def _anybodys_tokens(self, realm: str, person: Person, one_time: str = "") -> Tokens:
        asker = self.doors.asker()
        provider = discover(asker, self.doors.issuer_of(realm))
        tokens = Client(asker, provider, ANYBODYS_CLIENT).password(person.username, person.password, one_time)
        self._hide(tokens)
        return tokens

    def _check_token(self, task: CheckTask, tokens: Tokens, keys: tuple[Key, ...]) -> None:
        said = verified(tokens.access, keys, issuer=self.doors.issuer)
        ahead = float(said.get("iat", 0)) - time.time()
        if abs(ahead) > CLOCK_SECONDS:
            way = "ahead of" if ahead > 0 else "behind"
            task.wrong(None, f"Keycloak's clock is {abs(ahead):.0f} s {way} this machine's")
        domain, groups = said.get(self.doors.domain_claim), said.get(self.doors.groups_claim)
        if domain != self.customer.domain:
            task.wrong(None, f"the token says domain {domain}, not {self.customer.domain}")
        if groups != [self.customer.group]:
            task.wrong(None, f"the token says groups {groups}, not {self.customer.group} alone")
        longest = max(tokens.seconds, tokens.refresh_seconds)
        if longest > DAY_SECONDS:
            task.wrong(None, f"the tokens are good for {longest / 3600:.0f} hours; a day is the most")

    def _enter(self, task: CheckTask, tokens: Tokens, name: str) -> KeystoneToken:
        """Keystone's token for the customer's project, its roles as mapped."""
        keystone = self.doors.keystone()
        entered = keystone.enter(tokens.access)
        self.call.hide([entered.id])
        self.customer.seen.add(entered.user_id)
        projects = [project for project, _ in keystone.projects(entered)]
        if projects != [self.customer.project]:
            task.wrong(None, f"Keystone offers the projects {', '.join(projects) or 'none'}: not the group's alone")
        token = keystone.scope(entered, self.customer.project, self.customer.domain)
        self.call.hide([token.id])
        if (token.user, token.user_domain) != (name, self.customer.domain):
            task.wrong(
                None, f"Keystone takes them for {token.user_domain}/{token.user}, not {self.customer.domain}/{name}"
            )
        if token.roles != self.customer.roles:
            task.wrong(None, f"Keystone gives the roles {', '.join(token.roles)}, not {', '.join(self.customer.roles)}")
        if _until(token.expires) > timedelta(days=1):
            task.wrong(None, f"Keystone's token is good until {token.expires}; a day is the most")
        keystone.revoke(token)
        return token

    def _refused(self, task: CheckTask, tokens: Tokens, who: str) -> None:
        keystone = self.doors.keystone()
        try:
            entered = keystone.enter(tokens.access)
        except RefusedError as error:
            task.note(f"{who}: {error.why}")
            return
        self.call.hide([entered.id])
        self.customer.seen.add(entered.user_id)
        task.wrong(None, f"Keystone lets {who} in, as {entered.user_domain}/{entered.user}")

    def _check_ended(self, task: CheckTask, client: Client, tokens: Tokens) -> None:
        try:
            self._hide(client.refresh(tokens))
        except RefusedError:
            return
        task.wrong(None, "after the logout the session still gives tokens")

    def _check_none_left(self, task: CheckTask) -> None:
        """In the customer's realm neither: else the next one at that machine comes in without a password."""
        if left := self.session_count():
            task.wrong(None, f"after the logout Keycloak still has {counted(left, 'session')} of the person")

    def _new_dashboard(self) -> Dashboard:
        return Dashboard(
            Browser(self.doors.asker()), self.doors.dashboard, self.doors.dashboard_choice, self.doors.keycloak
        )

    def _hide(self, tokens: Tokens) -> None:
        self.call.hide(tokens.secrets())


def check_provider(call: CheckCall, doors: Doors, realms: tuple[str, ...]) -> None:
    """The discovery document and the keys of the proxy realm; of customers' realms that they are there.

    Raises:
        FailedError: the proxy realm's aren't there: nobody can log in.
    """
    with call.task("Discovery documents and keys") as task:
        asker = doors.asker()
        provider = discover(asker, doors.issuer)
        found = fetch_keys(asker, provider)
        for what in _shortcomings(provider, password=doors.password_grant):
            task.wrong(None, what)
        for realm in realms:
            try:
                discover(asker, doors.issuer_of(realm))
            except GroundplaneError as error:
                task.wrong(None, one_line(error))
        for host, what in _seen_from_hosts(call, doors):
            task.wrong(host, what)
        signing = [key for key in found if key.use == "sig"]
        task.note(
            f"{provider.issuer}: {counted(len(signing), 'key')} for signatures; {counted(len(realms), 'customer')}"
        )


def _seen_from_hosts(call: CheckCall, doors: Doors) -> Iterator[tuple[str, str]]:
    """Host and what is wrong there: Keystone on it asks Keycloak for its keys, over TLS that the host verifies."""
    url = f"{doors.issuer}{DISCOVERY}"
    asked = [Endpoint("identity-provider", doors.provider, INTERNAL, url)]
    told = ask_from_hosts(call.site, call.hosts, call.connection, asked, token="", authority=doors.authority or "")
    for host, said in told.items():
        if said.error:
            yield host, f"{host} can't be asked: {said.error}"
        for answer in said.endpoints:
            if answer.error or answer.status not in WELL:
                yield host, f"from {host}: {url} answers with {answer.error or f'HTTP {answer.status}'}"


def _shortcomings(provider: Provider, *, password: bool) -> list[str]:
    wanted: dict[str, Any] = {DEVICE: "the device grant", "authorization_code": "the code flow"}
    if password:
        wanted[PASSWORD] = "the password grant"
    found = [f"the provider doesn't offer {name}" for grant, name in wanted.items() if grant not in provider.grants]
    if "S256" not in provider.challenges:
        found.append("the provider doesn't offer PKCE by S256")
    plain = [
        name for name, url in provider.data.items() if name.endswith("_endpoint") and not str(url).startswith("https:")
    ]
    return found + [f"{name} isn't encrypted" for name in plain]


def _until(expires: str) -> timedelta:
    return datetime.fromisoformat(expires.replace("Z", "+00:00")) - datetime.now(UTC)
