#!/usr/bin/python
"""Drains a host of the cluster, takes that back, or removes a host."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_host_leaving import (
    StalledError,
    begin_drain,
    remove_host,
    take_back_drain,
    wait_until_empty,
)
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_host_membership
short_description: Drain a host of the cluster, take that back, or remove a host
description:
  - Runs on another host, which can administer the cluster. What is so already isn't done again.
options:
  host:
    description: The host, as the orchestrator calls it.
    type: str
    required: true
  state:
    description:
      - drained moves all data and daemons away and waits until that is done; member takes a drain back that was begun;
        absent takes the host out of the cluster.
    type: str
    choices: [drained, member, absent]
    required: true
  offline:
    description: The host that is to be removed is gone for good; its OSDs are purged.
    type: bool
    default: false
  stall_seconds:
    description: How long nothing may move before a drain is given up.
    type: int
    default: 1800
"""

RETURN = r"""
changes:
  description: What changed, or would, a sentence each.
  type: list
  returned: success
seconds:
  description: How long the drain took.
  type: float
  returned: where state is drained
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["drained", "member", "absent"], "required": True},
            "offline": {"type": "bool", "default": False},
            "stall_seconds": {"type": "int", "default": 1800},
        },
        supports_check_mode=True,
    )
    given, check = module.params, module.check_mode
    host = given["host"]
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(
            msg="This host can't administer the cluster: it has no administrator's key."
            " Cure: groundplane apply ceph.cluster"
        )
    seconds = 0.0
    try:
        with Session(cluster) as session:
            if given["state"] == "drained":
                changes = begin_drain(session, host, check=check)
            elif given["state"] == "member":
                changes = take_back_drain(session, host, check=check)
            else:
                changes = remove_host(session, host, offline=given["offline"], check=check)
        if given["state"] == "drained" and not check:
            seconds = wait_until_empty(lambda: Session(cluster), host, stall_seconds=given["stall_seconds"])
    except StalledError as error:
        module.fail_json(
            msg=f"Draining {host} was given up: {error}. Cure: mend what Ceph names and call again, it goes on where it"
            f" was; or take it back: groundplane ceph host add {host}"
        )
    except CephError as error:
        module.fail_json(
            msg=f"{host} could not be brought to the state '{given['state']}': {error}. Cure: groundplane ceph status"
        )
    module.exit_json(changed=bool(changes), changes=changes, seconds=round(seconds, 1))


if __name__ == "__main__":
    main()
