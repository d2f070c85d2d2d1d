#!/usr/bin/python
"""Makes pools as a site asks for them, and changes what differs."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_pool import plan_pools, read_pool
from ansible.module_utils.ceph_pool_work import look, make_pools
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_pools
short_description: Make pools, with their CRUSH rules and erasure code profiles
description:
  - Compares all pools with the cluster by a few questions, refuses what can't be placed before anything is changed, and
    changes what differs. Pools that aren't named stay as they are; none is ever deleted.
options:
  pools:
    description: As ceph_pools of the role ceph.
    type: list
    elements: dict
    required: true
  defaults:
    description: As ceph_pool_defaults of the role ceph.
    type: dict
    default: {}
"""

RETURN = r"""
changes:
  description: A sentence for each change.
  type: list
  returned: success
"""

POOL = {
    "name": {"type": "str", "required": True},
    "application": {"type": "str"},
    "type": {"type": "str", "choices": ["replicated", "erasure"]},
    "size": {"type": "int"},
    "min_size": {"type": "int"},
    "erasure": {
        "type": "dict",
        "options": {
            "k": {"type": "int", "required": True},
            "m": {"type": "int", "required": True},
            "plugin": {"type": "str"},
        },
    },
    "failure_domain": {"type": "str"},
    "device_class": {"type": "str"},
    "crush_rule": {"type": "str"},
    "pg_num": {"type": "int"},
    "autoscale": {"type": "str", "choices": ["on", "off", "warn"]},
    "target_ratio": {"type": "float"},
    "bulk": {"type": "bool"},
    "compression": {"type": "str", "choices": ["none", "passive", "aggressive", "force"]},
    "quota_bytes": {"type": "int"},
    "settings": {"type": "dict"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "pools": {"type": "list", "elements": "dict", "required": True, "options": POOL},
            "defaults": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    wanted, problems = [], []
    for written in module.params["pools"]:
        pool, wrong = read_pool(written, module.params["defaults"])
        wanted += [pool] if pool else []
        problems += wrong
    if problems:
        module.fail_json(msg=" ".join(problems))
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no key to administer a cluster. groundplane apply ceph.cluster --force")
    try:
        with Session(cluster) as session:
            changes, problems = plan_pools(wanted, look(session, wanted))
            if problems:
                module.fail_json(msg=" ".join(problems), problems=problems)
            if not module.check_mode:
                make_pools(cluster, session, wanted, changes)
    except CephError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changes), changes=[change.sentence for change in changes])


if __name__ == "__main__":
    main()
