from __future__ import annotations

import pytest
from pydantic import ValidationError

from groundplane.identity.options import Project, RealmFile, User
from groundplane.identity.provider_options import IdentityProvider


def test_a_project_is_the_platforms_in_the_customers_domain() -> None:
    project = Project.model_validate({"name": "web", "quotas": {"compute": {"cores": 4}}}).in_domain("acme")
    assert (project.domain, project.name, project.adopt) == ("acme", "web", False)
    assert project.quotas is not None
    assert project.quotas.compute == {"cores": 4}


def test_usernames_are_small_as_keycloak_keeps_them() -> None:
    assert User(username="Alice").username == "alice"


@pytest.mark.parametrize(("given", "read"), [(False, "off"), ("off", "off"), ("required", "required")])
def test_yamls_off_is_off(given: object, read: str) -> None:
    assert RealmFile.model_validate({"one_time_password": given}).one_time_password == read


@pytest.mark.parametrize(
    ("given", "missing"), [({"alias": "a"}, "issuer and client_id"), ({"alias": "a", "type": "saml"}, "entity_id")]
)
def test_a_provider_says_where_it_is(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        IdentityProvider.model_validate(given)


def test_settings_of_keycloaks_are_text() -> None:
    given = {"alias": "a", "issuer": "https://x", "client_id": "c", "config": {"trust": True, "n": 3}}
    assert IdentityProvider.model_validate(given).config == {"trust": "true", "n": "3"}


def test_every_key_says_what_it_is_for() -> None:
    schema = RealmFile.model_json_schema()
    for name, model in {"RealmFile": schema, **schema["$defs"]}.items():
        for key, value in model.get("properties", {}).items():
            assert value.get("description") or "$ref" in value, f"{name}.{key}"
