#!/usr/bin/python
"""Makes file systems as a site asks for them, with their pools and metadata servers."""

from __future__ import annotations

import json
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_filesystem import lacking, plan_filesystem, pools_to_plan, read_filesystems
from ansible.module_utils.ceph_pool import plan_pools
from ansible.module_utils.ceph_pool_work import look, make_pools
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_filesystems
short_description: Make file systems, with their pools and metadata servers
description:
  - Compares all file systems with the cluster, refuses what can't be before anything is changed, changes what differs
    and waits until their metadata servers are at work. None is ever deleted.
options:
  filesystems:
    description: As ceph_filesystems of the role ceph.
    type: list
    elements: dict
    required: true
  defaults:
    description: As ceph_pool_defaults of the role ceph.
    type: dict
    default: {}
  hosts:
    description: The hosts that may run metadata servers.
    type: list
    elements: str
    required: true
  seconds:
    description: How long metadata servers may take to be at work.
    type: int
    default: 180
"""

RETURN = r"""
changes:
  description: A sentence for each change.
  type: list
  returned: success
"""

FILESYSTEM = {
    "name": {"type": "str", "required": True},
    "active": {"type": "int"},
    "standby": {"type": "int"},
    "pool": {"type": "dict"},
}
PAUSE_SECONDS = 1.0


def look_at_filesystems(session: Session) -> dict:
    """`fs dump`, with the names of the metadata pools."""
    names = {pool["poolnum"]: pool["poolname"] for pool in session.call("osd lspools")}
    dump = session.call("fs dump")
    for one in dump["filesystems"]:
        one["mdsmap"]["metadata_pool_name"] = names.get(one["mdsmap"]["metadata_pool"], "")
    return dump


def plan(session: Session, module: AnsibleModule, wanted: list) -> tuple[list, list, list]:
    """Pools, what is to change about them, and about file systems; ends the module where something is refused."""
    hosts = module.params["hosts"]
    dump = look_at_filesystems(session)
    pools = [pool for one in wanted for pool in pools_to_plan(one, dump)]
    now = look(session, pools)
    of_pools, problems = plan_pools(pools, now)
    known = {host["hostname"] for host in session.call("orch host ls", target="mgr")}
    if away := sorted(set(hosts) - known):
        problems.append(f"The cluster doesn't know {', '.join(away)}. groundplane apply ceph.cluster --force")
    if problems:
        module.fail_json(msg=" ".join(problems), problems=problems)
    answer = session.call("orch ls", target="mgr", service_type="mds", export=True)
    services = answer if isinstance(answer, list) else []
    ids = {name: pool["pool"] for name, pool in now.pools.items()}
    of_filesystems = [
        change for one in wanted for change in plan_filesystem(one, dump, services, hosts=hosts, pool_ids=ids)
    ]
    return pools, of_pools, of_filesystems


def carry_out(session: Session, changes: list) -> None:
    for change in changes:
        for command in change.commands:
            if command.data is None:
                session.text(command.prefix, **command.arguments)
            else:
                # What the orchestrator reads is YAML, and JSON is that too.
                session.text(command.prefix, target="mgr", data=json.dumps(command.data))


def wait(session: Session, wanted: list, *, seconds: int, standbys: bool) -> str:
    """Until all are at work; what is lacking where time is up."""
    until = time.monotonic() + seconds
    while True:
        dump = look_at_filesystems(session)
        missing = {one.name: lacking(one, dump, standbys=standbys) for one in wanted}
        told = "; ".join(f"{name}: {why}" for name, why in missing.items() if why)
        if not told or time.monotonic() > until:
            return told
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "filesystems": {"type": "list", "elements": "dict", "required": True, "options": FILESYSTEM},
            "defaults": {"type": "dict", "default": {}},
            "hosts": {"type": "list", "elements": "str", "required": True},
            "seconds": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    given = module.params
    wanted, problems = read_filesystems(given["filesystems"], given["defaults"], given["hosts"])
    if problems:
        module.fail_json(msg=" ".join(problems), problems=problems)
    if not wanted:
        module.exit_json(changed=False, changes=[])
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no key to administer a cluster. groundplane apply ceph.cluster --force")
    told = ""
    try:
        with Session(cluster) as session:
            pools, of_pools, of_filesystems = plan(session, module, wanted)
            changes = [*of_pools, *of_filesystems]
            if not module.check_mode:
                make_pools(cluster, session, pools, of_pools)
                carry_out(session, of_filesystems)
                # A standby that is missing because its host is down is no reason to wait where nothing was changed.
                told = wait(session, wanted, seconds=given["seconds"], standbys=bool(changes))
    except CephError as error:
        module.fail_json(msg=str(error))
    if told:
        msg = f"After {given['seconds']} seconds file systems aren't ready: {told}. groundplane ceph status"
        module.fail_json(msg=msg, changed=bool(changes))
    module.exit_json(changed=bool(changes), changes=[change.sentence for change in changes])


if __name__ == "__main__":
    main()
