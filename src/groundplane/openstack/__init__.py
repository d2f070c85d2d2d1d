"""OpenStack once it stands: asked through its API and on its hosts, and what is done to one that runs.

Takes a `Site` and a way to its hosts and gives how services stand (`status`), whether they work (`checks`, `smoke`),
their logs, and operations on compute hosts, nodes and services. How it is deployed is `groundplane.kolla`, and the
steps made of that in `groundplane.layers`.

Start with `api`, the way into the cloud; each sub-package is one kind of work.
"""
