from __future__ import annotations

from groundplane.site.schema import layers_schema, site_schema


def test_the_sites_schema_describes_every_key() -> None:
    schema = site_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"name", "release", "domain", "networks"}
    assert "network plan" in schema["properties"]["networks"]["description"].lower()
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_the_layers_schema() -> None:
    assert set(layers_schema()["properties"]) == {"layers", "hooks"}
