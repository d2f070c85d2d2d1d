"""groundplane schema: for editors that complete and check while one writes."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("what", type=click.Choice(["site", "layers"]), default="site")
def command(*, what: str) -> None:
    """Print the JSON Schema of site.yml or of layers.yml.

    \b
    For an editor with the YAML language server:
      groundplane schema > .schema.json
      and in site.yml's first line: # yaml-language-server: $schema=.schema.json
    """
    from groundplane.site.schema import layers_schema, site_schema  # noqa: PLC0415

    schema = site_schema() if what == "site" else layers_schema()
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
