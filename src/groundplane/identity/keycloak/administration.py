"""Who administrates Keycloak: the realm master, the service account by which realms are kept, and a person.

`kc.sh bootstrap-admin` leaves a temporary service account; it makes the lasting one and is removed. No account with a
default password is left. The person sets up a one-time password at the first login.
Source: Keycloak's "Bootstrapping and recovering an admin account".
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import TYPE_CHECKING

from groundplane.identity.client_options import Client
from groundplane.identity.keycloak.clients import SECRET, client_fields, find_client, settle_redirects
from groundplane.identity.keycloak.flows import Flows, browser_flow, direct_grant_flow
from groundplane.identity.keycloak.realm_settings import policy_fields, settings_thing
from groundplane.identity.keycloak.required_actions import ONE_TIME_PASSWORD
from groundplane.identity.keycloak.roles import roles_given, settle_roles
from groundplane.identity.keycloak.session import ADMIN_CLIENT, ADMIN_SECRET, BOOTSTRAP_CLIENT
from groundplane.identity.keycloak.sheet import Sheet
from groundplane.identity.keycloak.user_profile import UserProfile
from groundplane.identity.keycloak.users import Users
from groundplane.identity.keycloak.work import ANOTHER, DECLARED, MARK, RealmWork
from groundplane.identity.options import User
from groundplane.openstack.api import secret
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.identity.policy_options import RealmDefaults

ADMIN_ROLE = "admin"
"""Keycloak's role for everything."""
PERSON = "admin"
ROLES = "roles"


class Administration:
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, defaults: RealmDefaults) -> None:
        self._work = work
        self._defaults = defaults
        asked = defaults.one_time_password
        self._person = User(
            username=PERSON,
            roles=(ADMIN_ROLE,),
            password="{{ keycloak_admin_password }}",  # noqa: S106 - the variable that has it
            required_actions=() if asked == "off" else (ONE_TIME_PASSWORD,),
        )

    def things(self) -> Iterator[Thing]:
        yield self._account()
        # The realm is Keycloak's own and the deployment's alone: it carries no mark and is adopted.
        yield settings_thing(self._work, Sheet(policy_fields(self._defaults)), adopt=True)
        yield from UserProfile(self._work).things()
        asked = self._defaults.one_time_password
        yield from Flows(self._work, [browser_flow(asked), direct_grant_flow(asked)]).things()
        yield from Users(self._work, [self._person]).things()

    def leftovers(self) -> Iterator[Leftover]:
        """The temporary account, whether or not anything else of the realm is ours."""
        there = find_client(self._work, BOOTSTRAP_CLIENT)
        if there is not None:
            path = f"clients/{there['id']}"
            yield Leftover(f"temporary account {BOOTSTRAP_CLIENT}", partial(self._work.calls.delete, path))

    def _account(self) -> Thing:
        work, session = self._work, self._work.calls.session
        word = secret(work.site, ADMIN_SECRET)
        client = Client(
            client_id=ADMIN_CLIENT,
            name="Groundplane",
            description="Keeps realms as the site declares them",
            standard_flow=False,
            service_account=True,
            pkce=False,
        )
        # All its roles have to be in its tokens.
        fields = [field for field in client_fields(client) if field.path != ("fullScopeAllowed",)]
        sheet = Sheet(fields)

        def look() -> Found | None:
            there = find_client(work, ADMIN_CLIENT)
            if there is None:
                return None
            same = hmac.compare_digest(str(there.get("secret") or "").encode(), word.encode())
            have = {**sheet.have(there), SECRET: DECLARED if same else ANOTHER, ROLES: self._roles(str(there["id"]))}
            return Found(str(there["id"]), have, ours=work.marked(there.get("attributes")))

        def settle(id_: str) -> None:
            owner = f"users/{work.calls.get(f'clients/{id_}/service-account-user')['id']}"
            settle_roles(work, owner, roles_given(work, owner, [ADMIN_ROLE], ()), [ADMIN_ROLE])
            if session.client != ADMIN_CLIENT:
                session.log_in(ADMIN_CLIENT)

        def make() -> None:
            body = sheet.onto({"clientId": ADMIN_CLIENT, "fullScopeAllowed": True, "secret": word})
            body["attributes"][MARK] = work.mark
            id_ = work.calls.post("clients", body)
            settle_redirects(work, id_, body)
            settle(id_)

        def change(seen: Found, _: object) -> None:
            body = sheet.onto(find_client(work, ADMIN_CLIENT))
            body["attributes"][MARK] = work.mark
            work.calls.put(f"clients/{seen.id}", {**body, "fullScopeAllowed": True, "secret": word})
            settle(seen.id)

        return Thing(
            name=f"service account {ADMIN_CLIENT}",
            wanted={**sheet.wanted, SECRET: DECLARED, ROLES: [ADMIN_ROLE]},
            look=look,
            make=make,
            change=change,
        )

    def _roles(self, id_: str) -> list[str]:
        account = self._work.calls.get(f"clients/{id_}/service-account-user", {})
        return roles_given(self._work, f"users/{account.get('id')}", [ADMIN_ROLE], ())
