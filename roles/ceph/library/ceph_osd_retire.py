#!/usr/bin/python
"""Retires an OSD in the cluster's maps, so that a new disk gets its id; from a host that may administer the cluster."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_osd_retiring import destroy, drain, hindrance
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_osd_retire
short_description: Retire an OSD and keep its id
options:
  osd_id:
    description: Its number.
    type: int
    required: true
  state:
    description: ready makes sure that the cluster can do without it. destroyed takes its key and its data's claim away.
    type: str
    choices: [ready, destroyed]
    required: true
  drain:
    description: For ready, move its data to other OSDs first.
    type: bool
    default: false
  seconds:
    description: For ready with I(drain), how long nothing may move before that is given up.
    type: int
    default: 3600
"""

RETURN = r"""
changes:
  description: What was done.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "osd_id": {"type": "int", "required": True},
            "state": {"type": "str", "choices": ["ready", "destroyed"], "required": True},
            "drain": {"type": "bool", "default": False},
            "seconds": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    given = module.params
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    try:
        with Session(cluster) as session:
            if given["state"] == "destroyed":
                changes = destroy(session, given["osd_id"], dry=module.check_mode)
            elif given["drain"]:
                changes = drain(session, given["osd_id"], stalled=given["seconds"], dry=module.check_mode)
            else:
                reason = hindrance(session, given["osd_id"])
                if reason:
                    module.fail_json(msg=reason)
                changes = []
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane ceph status says more")
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
