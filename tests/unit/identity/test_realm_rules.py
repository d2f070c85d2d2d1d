"""What a realm file says of Keycloak, and how its parts fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import RealmDesk

OFFICE = "{alias: office, issuer: 'https://login.acme.example', client_id: c, client_secret: '{{ alice_password }}'}"
GOOD = f"""\
client_scopes:
  - name: department
    mappers: [{{name: d, type: oidc-usermodel-attribute-mapper, config: {{user.attribute: d, claim.name: d}}}}]
mappers:
  - {{scope: department, name: a, type: oidc-full-name-mapper}}
  - {{scope: profile, name: b, type: oidc-full-name-mapper}}
clients:
  - {{client_id: wiki, redirect_uris: ["https://wiki.acme.example/*"], default_scopes: [basic, department]}}
  - {{client_id: robot, standard_flow: false, service_account: true}}
identity_providers: [{OFFICE}]
ldap:
  - {{name: p, url: "ldaps://dc", users_dn: "ou=p", bind_dn: cn=k, bind_password: "{{{{ alice_password }}}}"}}
required_actions: [{{alias: TERMS_AND_CONDITIONS}}]
smtp: {{host: mail, from: a@b}}
login: {{reset_password: true}}
locales: {{supported: [de, en], default: de}}
"""


def test_what_docs_show_is_right(realms: RealmDesk) -> None:
    realms.realm("acme", GOOD)
    assert realms.told() == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "mappers: [{scope: profil, name: a, type: oidc-sub-mapper}]",
            "'profil', which there isn't | Did you mean",
        ),
        ("mappers: [{scope: profile, name: a, type: oidc-sub}]", "no protocol mapper 'oidc-sub' | Did you mean 'oidc-"),
        ("client_scopes: [{name: email}]", "the client scope 'email' is one of Keycloak's own | Add to it by mappers"),
        ("client_scopes: [{name: a}, {name: a}]", "the client scope 'a' is declared twice"),
        ("clients: [{client_id: broker, standard_flow: false}]", "'broker' is taken: it is one of Keycloak's own"),
        ("clients: [{client_id: account-console, standard_flow: false}]", "'account-console' is taken"),
        ("clients: [{client_id: groundplane-broker, standard_flow: false}]", "is taken: it is Groundplane's own"),
        ("clients: [{client_id: a}]", "doesn't say where a browser may go after the login"),
        ("clients: [{client_id: a, redirect_uris: ['*']}]", "may send people anywhere: '*'"),
        ("clients: [{client_id: a, redirect_uris: ['https://*/x']}]", "may send people anywhere: 'https://*/x'"),
        ("clients: [{client_id: a, redirect_uris: [x], optional_scopes: [y]}]", "has the client scope 'y', which"),
        (
            "clients: [{client_id: a, standard_flow: false, public: true, secret: '{{ alice_password }}'}]",
            "is public and has a secret",
        ),
        ("clients: [{client_id: a, standard_flow: false, rediret_uris: []}]", "Did you mean 'redirect_uris'?"),
        (
            "identity_providers: [{alias: a, issuer: 'https://172.31.0.6:8443/realms/acme', client_id: c}]",
            "which is the realm 'acme' itself",
        ),
        (
            "identity_providers: [{alias: a, issuer: 'https://172.31.0.6:8443/realms/cloud/', client_id: c}]",
            "which is the realm 'cloud' itself",
        ),
        (f"identity_providers: [{OFFICE}, {OFFICE.replace('office', 'b')}]", "have the same issuer"),
        ("identity_providers: [{alias: a, issuer: 'http://x', client_id: c}]", "is no https:// address"),
        ("identity_providers: [{alias: a, issuer: 'https://x', client_id: c}]", "has no client_secret"),
        (
            f"identity_providers: [{OFFICE[:-1]}, mappers: [{{name: a, type: oidc-username-idp-maper}}]}}]",
            "no identity provider mapper 'oidc-username-idp-maper' | Did you mean",
        ),
        ("identity_providers: [{alias: a, issuer: 'https://x'}]", "needs client_id"),
        ("ldap: [{name: a, url: 'ldap://dc', users_dn: o}]", "cross the network in clear"),
        ("ldap: [{name: a, url: 'ldaps://dc', users_dn: o, bind_dn: cn=k}]", "asked as cn=k, without a password"),
        (
            "ldap: [{name: a, url: 'ldaps://dc', users_dn: o, config: {bindCredential: x}}]",
            "'bindCredential' is a",
        ),
        ("ldap: [{name: a, url: 'ldaps://dc', users_dn: o, mappers: [{name: a, type: b}]}]", "no LDAP mapper 'b'"),
        ("login: {reset_password: true}", "login.reset_password needs somebody who sends mails"),
        ("smtp: {host: a, from: b, user: c}", "smtp logs in as c, without a password"),
        ("smtp: {host: a, from: b, tls: true, start_tls: true}", "smtp has tls and start_tls"),
        ("locales: {supported: [de], default: en}", "the language 'en' is shown first"),
        ("required_actions: [{alias: CONFIGURE_OTP}]", "no required action 'CONFIGURE_OTP'"),
        ("attributes: {groundplane: x}", "Groundplane's own mark"),
        ("groups: [{name: a, attributes: {groundplane_x: y}}]", "Groundplane's own mark"),
    ],
)
def test_what_cannot_be(realms: RealmDesk, text: str, what: str) -> None:
    realms.realm("acme", text)
    told = realms.told()
    assert any(what in each for each in told), told
    assert all(each.startswith("acme.yml:1:") for each in told)
