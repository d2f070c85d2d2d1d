#!/usr/bin/python
"""Checks the cluster against what the site asks for, and tries it. Leaves nothing behind."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_asking import look_again
from ansible.module_utils.ceph_intent import missing
from ansible.module_utils.ceph_judging import HostOsds, Problem, gathered
from ansible.module_utils.ceph_session import CephError, Session, find_cluster
from ansible.module_utils.ceph_verifying import Site, settle, try_out

DOCUMENTATION = r"""
module: ceph_verify
short_description: Check the cluster, and write and read through it
description:
  - Runs on one host that can administer the cluster. Compares monitors, managers, members, OSDs, images and versions,
    pools, users, gateways and file systems with what is asked for, looks at placement groups, flags, clocks, crashes
    and Ceph's own health, writes and reads through RBD in each pool and through each gateway by S3 and Swift.
  - Doesn't fail; what is wrong is in the result.
options:
  checks:
    description: The layer's steps that are verified; "all" for all.
    type: list
    elements: str
    default: [all]
  fsid:
    description: The site's cluster. Empty where that isn't fixed.
    type: str
    default: ""
  image:
    description: The image of images.lock that all daemons are to run.
    type: str
    required: true
  mons:
    description: Hosts that are to have a monitor.
    type: list
    elements: str
    required: true
  mgrs:
    description: Hosts that are to have a manager.
    type: list
    elements: str
    required: true
  osd_hosts:
    description: Hosts that are to have OSDs.
    type: list
    elements: str
    required: true
  members:
    description: All hosts of the cluster.
    type: list
    elements: str
    required: true
  asked:
    description: By host that took part, what ceph_verify_host found there.
    type: dict
    default: {}
  reached:
    description: Hosts that took part.
    type: list
    elements: str
    required: true
  addresses:
    description: Address to host.
    type: dict
    default: {}
  tolerated:
    description: Names of Ceph's health checks that the site puts up with.
    type: list
    elements: str
    default: []
  pools:
    description: As ceph_pools.
    type: list
    elements: dict
    default: []
  pool_defaults:
    description: As ceph_pool_defaults.
    type: dict
    default: {}
  users:
    description: As ceph_users.
    type: list
    elements: dict
    default: []
  filesystems:
    description: As ceph_filesystems.
    type: list
    elements: dict
    default: []
  filesystem_hosts:
    description: Hosts that are to have metadata servers.
    type: list
    elements: str
    default: []
  gateways:
    description: Host to the address at which its gateway is asked; empty where there are none.
    type: dict
    default: {}
  gateway_port:
    description: The gateways' port.
    type: int
    default: 7480
  gateway_certificates:
    description: The hosts' folder with their certificates; empty for no TLS.
    type: str
    default: ""
  gateway_settings:
    description: As ceph_gateway_config.
    type: dict
    default: {}
  gateway_users:
    description: As ceph_gateway_users.
    type: list
    elements: dict
    default: []
  gateway_pools:
    description: As ceph_gateway_pools.
    type: list
    elements: dict
    default: []
  swift:
    description: Whether Swift is tried as well, by the gateways' own authentication.
    type: bool
    default: true
  settle_seconds:
    description: How long to look again where what is wrong passes by itself.
    type: int
    default: 15
"""

RETURN = r"""
problems:
  description: What is wrong, as host (empty for the cluster) and text.
  type: list
  returned: always
"""

LISTS = ("mons", "mgrs", "osd_hosts", "members", "reached")
OPTIONS = {
    "checks": {"type": "list", "elements": "str", "default": ["all"]},
    "fsid": {"type": "str", "default": ""},
    "image": {"type": "str", "required": True},
    **{name: {"type": "list", "elements": "str", "required": True} for name in LISTS},
    **{name: {"type": "list", "elements": "str", "default": []} for name in ("tolerated", "filesystem_hosts")},
    **{name: {"type": "dict", "default": {}} for name in ("asked", "addresses", "pool_defaults", "gateways")},
    **{
        name: {"type": "list", "elements": "dict", "default": []}
        for name in ("pools", "users", "filesystems", "gateway_users", "gateway_pools")
    },
    "gateway_port": {"type": "int", "default": 7480},
    "gateway_certificates": {"type": "str", "default": ""},
    "gateway_settings": {"type": "dict", "default": {}},
    "swift": {"type": "bool", "default": True},
    "settle_seconds": {"type": "int", "default": 15},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    given = module.params

    def asked(step: str) -> bool:
        return bool({"all", step} & set(given["checks"]))

    cluster = find_cluster()
    if cluster is None:
        msg = "This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster"
        module.exit_json(changed=False, problems=[{"host": "", "text": msg}])
    if given["fsid"] and cluster.fsid != given["fsid"]:
        msg = f"The cluster here is {cluster.fsid}, and the site's is {given['fsid']}. Cure: correct ceph_fsid"
        module.exit_json(changed=False, problems=[{"host": "", "text": msg}])
    site = Site(
        image=given["image"],
        mons=given["mons"],
        mgrs=given["mgrs"],
        osd_hosts=given["osd_hosts"],
        members=given["members"],
        asked={host: HostOsds(seen["osds"], seen["new"]) for host, seen in given["asked"].items()},
        tolerated=given["tolerated"],
        hosts=given["addresses"],
    )
    rbd = [
        pool["name"]
        for pool in given["pools"]
        if {**given["pool_defaults"], **pool}.get("application", "rbd") == "rbd"
        and {**given["pool_defaults"], **pool}.get("type", "replicated") == "replicated"
    ]
    problems = []
    try:
        with Session(cluster) as session:
            look_again(session, given["reached"])
            problems += settle(session, site, asked, seconds=given["settle_seconds"])
            problems += missing(cluster, session, given, asked)
        problems += try_out(
            cluster,
            pools=rbd if asked("pools") else [],
            image=given["image"],
            gateways=given["gateways"] if asked("gateway") else {},
            port=given["gateway_port"],
            tls=bool(given["gateway_certificates"]),
            swift=given["swift"],
        )
    except CephError as error:
        problems.append(
            Problem("quorum", f"{error}. Cure: start the monitors' hosts; more than half of them have to run")
        )
    told = [{"host": found.host, "text": found.text} for found in gathered(problems, given["reached"])]
    module.exit_json(changed=False, problems=told)


if __name__ == "__main__":
    main()
