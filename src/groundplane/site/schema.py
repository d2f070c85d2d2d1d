"""The JSON Schema of the files that a person writes, for editors."""

from __future__ import annotations

from typing import Any

from groundplane.site.model import SiteFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def site_schema() -> dict[str, Any]:
    """site.yml."""
    return {"$schema": DIALECT, "title": "site.yml of Groundplane", **_without_title(SiteFile.model_json_schema())}


def layers_schema() -> dict[str, Any]:
    """layers.yml, the toolkit's and a site's own."""
    from groundplane.layers.format import LayersFile  # noqa: PLC0415 - the layers build upon the site

    return {"$schema": DIALECT, "title": "layers.yml of Groundplane", **_without_title(LayersFile.model_json_schema())}


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    """pydantic's title is the class's name, which says nothing to a person."""
    return {key: value for key, value in schema.items() if key != "title"}
