"""What Apache in front of Keystone is told of Keycloak."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.kolla.federation import MAPPINGS, METADATA, federation_files, metadata_name
from groundplane.kolla.federation_mapping import mapping_rules
from groundplane.kolla.values import conditions
from groundplane.plan.kolla_inputs import KollaInputs
from groundplane.supply.catalogue import needed_images

from .conftest import LAYERS

if TYPE_CHECKING:
    from .conftest import CloudSite

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


def test_kolla_is_told_of_the_same_files_and_its_container_is_among_the_sites(cloud: CloudSite) -> None:
    def found() -> tuple[Any, Any, set[str]]:
        site = cloud.load()
        values = [
            conditions(site).value(value.value)
            for name in ("keystone_identity_providers", "keystone_identity_mappings")
            if (value := site.variables.value(name, None)) is not None
        ]
        return values[0], values[1], {image.name for image in needed_images(site, layers=["openstack"])}

    providers, mappings, images = found()
    assert (providers, mappings) == ([], [])
    assert "httpd" not in images
    cloud.change_site(layers=[*LAYERS, "identity"])
    providers, mappings, images = found()
    assert providers[0]["metadata_folder"] == f"/{METADATA}"
    assert providers[0]["identifier"] == "https://172.31.0.241:8443/realms/cloud"
    assert mappings == [{"name": "keycloak", "file": f"/{MAPPINGS}/keycloak.json"}]
    assert "httpd" in images


def test_a_new_customer_changes_nothing_that_keystone_and_horizon_depend_on(cloud: CloudSite) -> None:
    cloud.change_site(layers=[*LAYERS, "identity"])

    def inputs() -> list[dict[str, Any]]:
        found = KollaInputs(cloud.load())
        return [found.of_host(service, "node1") for service in ("keystone", "horizon", "loadbalancer")]

    before = inputs()
    cloud.write("environments/identity/realms/initech.yml", "projects: [{name: web}]\n")
    assert inputs() == before
