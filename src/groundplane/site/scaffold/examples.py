"""The parameters of a site that nobody has measured out yet: what `init` fills the templates with."""

from __future__ import annotations

from groundplane.site.scaffold.parameters import ScaffoldNetwork, ScaffoldNode, ScaffoldParameters

_LAB_NODES = 3
_PRODUCTION_LAYERS = ("bootstrap", "supply", "ceph", "openstack", "identity", "platform")
_LAB_GROUPS = ("control", "network", "compute", "storage", "monitoring")


def lab_parameters(name: str, *, domain: str | None, release: str, password_file: str | None) -> ScaffoldParameters:
    """A manager and three nodes with three networks."""
    return ScaffoldParameters(
        name=name,
        domain=domain or f"{name}.test",
        release=release,
        networks={
            "management": ScaffoldNetwork("172.31.0.0/24", "eth0", purpose="The engine reaches the nodes here."),
            "tunnel": ScaffoldNetwork("172.31.1.0/24", "tun0", purpose="Between virtual machines on different nodes."),
            "external": ScaffoldNetwork("172.31.2.0/24", "ext0", purpose="Floating addresses."),
        },
        nodes=(
            ScaffoldNode("manager", 10, ("managers",)),
            *(ScaffoldNode(f"node{number}", 10 + number, _LAB_GROUPS) for number in range(1, _LAB_NODES + 1)),
        ),
        vault_password_file=password_file,
    )


def production_parameters(
    name: str, *, domain: str | None, release: str, password_file: str | None
) -> ScaffoldParameters:
    """Networks and hosts come with the template (inventories/example)."""
    return ScaffoldParameters(
        name=name,
        domain=domain or f"{name}.example.org",
        release=release,
        layers=_PRODUCTION_LAYERS,
        vault_password_file=password_file,
    )
