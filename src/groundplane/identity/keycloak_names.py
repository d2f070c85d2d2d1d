"""Names that are Keycloak's own, in the version that releases pin (26): what is taken, and what may be referred to.

Sources: Keycloak's providers (META-INF/services of its distribution: ProtocolMapper, IdentityProviderMapper,
LDAPStorageMapperFactory, RequiredActionFactory) and what each new realm comes with (Server Administration Guide).
"""

from __future__ import annotations

CLIENTS = frozenset({"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"})
"""Clients that each realm comes with."""
BROKER_CLIENT = "groundplane-broker"
"""The client of a customer's realm by which the proxy realm logs people in."""
OPENID_SCOPES = frozenset(
    {
        "acr",
        "address",
        "basic",
        "email",
        "microprofile-jwt",
        "offline_access",
        "organization",
        "phone",
        "profile",
        "roles",
        "service_account",
        "web-origins",
    }
)
SAML_SCOPES = frozenset({"AuthnContextClassRef", "role_list", "saml_organization"})
SCOPES = OPENID_SCOPES | SAML_SCOPES
"""Client scopes that each realm comes with."""
ROLES = frozenset({"offline_access", "uma_authorization"})
"""Roles that each realm comes with; and default-roles-REALM."""
PROTOCOL_MAPPERS = frozenset(
    {
        "oidc-acr-mapper",
        "oidc-address-mapper",
        "oidc-allowed-origins-mapper",
        "oidc-amr-mapper",
        "oidc-audience-mapper",
        "oidc-audience-resolve-mapper",
        "oidc-claims-param-token-mapper",
        "oidc-claims-param-value-idtoken-mapper",
        "oidc-full-name-mapper",
        "oidc-group-membership-mapper",
        "oidc-hardcoded-claim-mapper",
        "oidc-hardcoded-role-mapper",
        "oidc-nonce-backwards-compatible-mapper",
        "oidc-organization-group-membership-mapper",
        "oidc-organization-membership-mapper",
        "oidc-role-name-mapper",
        "oidc-session-state-mapper",
        "oidc-sha256-pairwise-sub-mapper",
        "oidc-sub-mapper",
        "oidc-usermodel-attribute-mapper",
        "oidc-usermodel-client-role-mapper",
        "oidc-usermodel-property-mapper",
        "oidc-usermodel-realm-role-mapper",
        "oidc-usersessionmodel-note-mapper",
        "saml-audience-mapper",
        "saml-audience-resolve-mapper",
        "saml-group-membership-mapper",
        "saml-hardcode-attribute-mapper",
        "saml-hardcode-role-mapper",
        "saml-organization-group-membership-mapper",
        "saml-organization-membership-mapper",
        "saml-role-list-mapper",
        "saml-role-name-mapper",
        "saml-user-attribute-mapper",
        "saml-user-attribute-nameid-mapper",
        "saml-user-property-mapper",
        "saml-user-session-note-mapper",
    }
)
PROVIDER_MAPPERS = frozenset(
    {
        "hardcoded-attribute-idp-mapper",
        "hardcoded-user-session-attribute-idp-mapper",
        "keycloak-oidc-role-to-role-idp-mapper",
        "oidc-advanced-group-idp-mapper",
        "oidc-advanced-role-idp-mapper",
        "oidc-hardcoded-group-idp-mapper",
        "oidc-hardcoded-role-idp-mapper",
        "oidc-role-idp-mapper",
        "oidc-user-attribute-idp-mapper",
        "oidc-user-session-note-idp-mapper",
        "oidc-username-idp-mapper",
        "saml-advanced-group-idp-mapper",
        "saml-advanced-role-idp-mapper",
        "saml-role-idp-mapper",
        "saml-user-attribute-idp-mapper",
        "saml-username-idp-mapper",
        "saml-xpath-attribute-idp-mapper",
    }
)
LDAP_MAPPERS = frozenset(
    {
        "certificate-ldap-mapper",
        "full-name-ldap-mapper",
        "group-ldap-mapper",
        "hardcoded-attribute-mapper",
        "hardcoded-ldap-attribute-mapper",
        "hardcoded-ldap-group-mapper",
        "hardcoded-ldap-role-mapper",
        "kerberos-principal-attribute-mapper",
        "msad-lds-user-account-control-mapper",
        "msad-user-account-control-mapper",
        "role-ldap-mapper",
        "user-attribute-ldap-mapper",
    }
)
REQUIRED_ACTIONS = frozenset(
    {
        "CONFIGURE_RECOVERY_AUTHN_CODES",
        "CONFIGURE_TOTP",
        "TERMS_AND_CONDITIONS",
        "UPDATE_EMAIL",
        "UPDATE_PASSWORD",
        "UPDATE_PROFILE",
        "VERIFY_EMAIL",
        "VERIFY_PROFILE",
        "delete_account",
        "delete_credential",
        "idp_link",
        "update_user_locale",
        "webauthn-register",
        "webauthn-register-passwordless",
    }
)
