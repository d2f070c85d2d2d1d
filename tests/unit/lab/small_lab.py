"""A lab to test with: no podman, no root."""

from __future__ import annotations

from groundplane.content import toolkit_content
from groundplane.lab.model import Lab, LabNetwork, load_definition, plan_nodes


def small_lab(name: str = "tiny", *, nodes: int = 1) -> Lab:
    definition = load_definition(toolkit_content())
    return Lab(
        name=name,
        suite="trixie",
        profile="bootstrap",
        domain=f"{name}.test",
        networks={
            key: LabNetwork(cidr=f"172.31.{index}.0/24", **network.model_dump())
            for index, (key, network) in enumerate(definition.networks.items())
        },
        nodes=plan_nodes(definition, nodes, definition.profile("bootstrap")),
        apt_proxy="http://192.168.128.2:3142",
    )
