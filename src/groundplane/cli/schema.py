"""groundplane schema: for editors that complete and check while one writes."""

from __future__ import annotations

import json

import click

from groundplane.cli.completion import complete_schemas


@click.command()
@click.argument("what", metavar="[site|layers|realm|LAYER]", default="site", shell_complete=complete_schemas)
def command(*, what: str) -> None:
    """Print the JSON Schema of a site's files: site.yml, layers.yml, a realm's file, a layer's configuration.yml.

    For an editor with the YAML language server, write it down, and put this into site.yml's first line:
    # yaml-language-server: $schema=.schema.json

    \b
    Examples:
      groundplane schema > .schema.json
      groundplane schema openstack
    """
    from groundplane.content import toolkit_content  # noqa: PLC0415
    from groundplane.site.schema import (  # noqa: PLC0415
        configuration_schema,
        layers_schema,
        realm_schema,
        site_schema,
    )

    schemas = {"site": site_schema, "layers": layers_schema, "realm": realm_schema}
    schema = schemas[what]() if what in schemas else configuration_schema(what, toolkit_content())
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
