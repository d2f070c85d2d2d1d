"""Groundplane takes bare servers to a sovereign cloud, layer by layer, and keeps them there.

site files → `site` → `layers` (the graph of steps) → `plan` (what would run, and why) → `run` → journal and receipts.
`kolla`, `runtime`, `ssh`, `supply` and `machine` are what these work with; `ceph`, `openstack`, `platform` and
`identity` what is done with a layer once it stands; `checks`, `lab`, `overview`, `terminal` and `cli` what people meet.
Each says in its `__init__.py` where to start reading; pyproject.toml says which may import which.
"""

__version__ = "0.1.0"
