"""The lab: a manager and nodes as containers with systemd on one Linux machine, for the very layers that hardware gets.

Takes a profile and gives running nodes, their networks and disks, and a site for them; no layer knows that its hosts
are a lab's. Start with `service`, then `model` and `podman`, which makes nodes; `deploy` brings the layers up.
"""
