"""Ceph: what a site asks of its cluster, how the cluster stands, and what is done to one that runs.

Takes the role's options (`configuration`) and what `asking.ask_cluster` brings back from the cluster (`state`), and
gives findings, what is handed over to OpenStack, and operations: plans with stages for `groundplane.run.stages`.
The deployment itself is the role ceph (roles/ceph).

Start with `configuration` and `state`; each sub-package is one kind of work: `osds`, `hosts`, `upgrade`, `adopt`.
"""
