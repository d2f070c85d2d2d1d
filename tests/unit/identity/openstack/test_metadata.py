"""What Apache in front of Keystone is told of Keycloak."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from groundplane.identity.openstack.mapping import mapping_rules
from groundplane.identity.openstack.metadata import federation_files, metadata_name

from ...openstack.translation.conftest import LAYERS, cloud  # noqa: TID252

if TYPE_CHECKING:
    from ...openstack.translation.conftest import CloudSite  # noqa: TID252

__all__ = ["cloud"]
STEM = "keystone/federation/oidc/metadata/172.31.0.241%3A8443%2Frealms%2Fcloud"


def test_a_site_without_the_layer_tells_keystone_nothing(cloud: CloudSite) -> None:
    assert federation_files(cloud.load()) == {}


def test_the_files_follow_from_keycloaks_address(cloud: CloudSite) -> None:
    cloud.change_site(layers=[*LAYERS, "identity"])
    files = federation_files(cloud.load())
    provider = json.loads(files[f"{STEM}.provider"])
    assert provider["issuer"] == "https://172.31.0.241:8443/realms/cloud"
    assert provider["end_session_endpoint"].endswith("/realms/cloud/protocol/openid-connect/logout")
    assert json.loads(files[f"{STEM}.conf"])["pkce_method"] == "S256"
    assert json.loads(files["keystone/federation/oidc/attribute_maps/keycloak.json"]) == mapping_rules()


def test_the_secret_stays_a_template(cloud: CloudSite) -> None:
    cloud.change_site(layers=[*LAYERS, "identity"])
    client = federation_files(cloud.load())[f"{STEM}.client"]
    assert '"client_secret": {{ identity_keystone_client_secret | to_json }}' in client
    assert '"client_id": "keystone"' in client


def test_an_address_of_version_six_and_a_name() -> None:
    assert metadata_name("https://[fd00::1]:8443/realms/cloud") == "%5Bfd00%3A%3A1%5D%3A8443%2Frealms%2Fcloud"
    assert metadata_name("https://login.example.org/realms/a-b/") == "login.example.org%2Frealms%2Fa-b"
