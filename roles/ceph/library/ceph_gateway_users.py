#!/usr/bin/python
"""Users of the object gateways, as the site asks for them."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_gateway_user import Wanted, set_up
from ansible.module_utils.ceph_radosgw import Administration
from ansible.module_utils.ceph_session import CephError, find_cluster

DOCUMENTATION = r"""
module: ceph_gateway_users
short_description: Make users of the object gateways
description:
  - Runs on one host that can administer the cluster. Users that aren't named are left alone; keys are made by the
    cluster, stay there, and are never part of the result.
options:
  users:
    description: The users, each with name and perhaps display_name, caps, system, swift, quota_bytes.
    type: list
    elements: dict
    required: true
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  type: list
  returned: always
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "users": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "display_name": {"type": "str"},
                    "caps": {"type": "str"},
                    "system": {"type": "bool"},
                    "swift": {"type": "bool"},
                    "quota_bytes": {"type": "int"},
                    "for": {"type": "list", "elements": "str", "default": []},
                },
            },
        },
        supports_check_mode=True,
    )
    users = [{key: value for key, value in user.items() if key != "for"} for user in module.params["users"]]
    cluster = find_cluster()
    if cluster is None:
        if module.check_mode:
            module.exit_json(changed=bool(users), changes=[f"make the user {user['name']}" for user in users])
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    changes: list[str] = []
    try:
        with Administration(cluster) as administration:
            for user in users:
                changes += set_up(administration, Wanted(**user), check=module.check_mode)
    except CephError as error:
        module.fail_json(msg=str(error), changes=changes)
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
