from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundplane.content import Content
from groundplane.errors import InputError
from groundplane.site.schema import configuration_schema, layers_schema, realm_schema, site_schema

TOOLKIT = Content(Path(__file__).resolve().parents[3])


def test_the_sites_schema_describes_every_key() -> None:
    schema = site_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"name", "release", "domain", "networks"}
    assert "network plan" in schema["properties"]["networks"]["description"].lower()
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_the_layers_schema() -> None:
    assert set(layers_schema()["properties"]) == {"layers", "hooks"}


def test_a_layers_schema_has_its_roles_options_with_all_that_is_within() -> None:
    properties = configuration_schema("ceph", TOOLKIT)["properties"]
    pool = properties["ceph_pools"]["anyOf"][0]["items"]["anyOf"][0]
    assert pool["required"] == ["name"]
    assert pool["additionalProperties"] is False
    assert pool["properties"]["type"]["enum"] == ["replicated", "erasure"]
    assert pool["properties"]["size"]["anyOf"][0] == {"type": "integer"}
    assert pool["properties"]["erasure"]["anyOf"][0]["required"] == ["k", "m"]
    assert "description" in properties["ceph_config"]
    assert "firewall_rules_ceph" in properties


def test_a_layer_that_there_is_not() -> None:
    with pytest.raises(InputError) as caught:
        configuration_schema("cehp", TOOLKIT)
    assert caught.value.cure == "Did you mean 'ceph'?"


def test_what_the_schema_lets_pass() -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(configuration_schema("ceph", TOOLKIT))
    good = {"ceph_pools": [{"name": "a", "size": "{{ copies }}"}], "ceph_users": "{{ mine }}", "ceph_fsid": "x"}
    assert list(validator.iter_errors(good)) == []
    bad_ones: list[dict[str, Any]] = [
        {"ceph_pool": []},
        {"ceph_pools": [{"size": 3}]},
        {"ceph_pools": [{"name": "a", "sise": 3}]},
    ]
    for bad in bad_ones:
        assert list(validator.iter_errors(bad))


def test_the_schema_of_a_realm_file() -> None:
    schema = realm_schema()
    assert schema["additionalProperties"] is False
    assert "from" in schema["$defs"]["Smtp"]["properties"]
    span = schema["$defs"]["Lifetimes"]["properties"]["login"]["anyOf"]
    assert {"type": "string", "pattern": r"^\d+[smhd]?$"} in span


def test_the_identity_layers_schema_knows_what_realms_override() -> None:
    schema = configuration_schema("identity", TOOLKIT)
    assert schema["properties"]["identity_lifetimes"]["anyOf"][0]["$ref"] == "#/$defs/Lifetimes"
    assert "session_max" in schema["$defs"]["Lifetimes"]["properties"]
    assert "identity_port" in schema["properties"]
