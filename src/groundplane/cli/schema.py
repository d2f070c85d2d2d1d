"""groundplane schema: for editors that complete and check while one writes."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("what", metavar="[site|layers|LAYER]", default="site")
def command(*, what: str) -> None:
    """Print the JSON Schema of site.yml, of layers.yml, or of a layer's environments/LAYER/configuration.yml.

    \b
    For an editor with the YAML language server:
      groundplane schema > .schema.json
      and in site.yml's first line: # yaml-language-server: $schema=.schema.json
    """
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.schema import configuration_schema, layers_schema, site_schema  # noqa: PLC0415

    if what == "site":
        schema = site_schema()
    else:
        schema = layers_schema() if what == "layers" else configuration_schema(what, toolkit_content())
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
