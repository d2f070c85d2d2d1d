#!/usr/bin/python
"""Makes CephX users as a site asks for them, and changes capabilities that differ."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_auth import plan_users, read_users
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_users
short_description: Make CephX users, and give them the capabilities that they should have
description:
  - The monitors make the keys. No key is an option of this module or part of what it returns.
options:
  users:
    description: As ceph_users of the role ceph.
    type: list
    elements: dict
    required: true
  filesystems:
    description: Whether the site has file systems.
    type: bool
    default: false
"""

RETURN = r"""
changes:
  description: A sentence for each change.
  type: list
  returned: success
"""

USER = {
    "name": {"type": "str", "required": True},
    "caps": {"type": "dict", "required": True},
    "for": {"type": "list", "elements": "str"},
    "only_with_filesystems": {"type": "bool"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "users": {"type": "list", "elements": "dict", "required": True, "options": USER},
            "filesystems": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    wanted, problems = read_users(module.params["users"], filesystems=module.params["filesystems"])
    if problems:
        module.fail_json(msg=" ".join(problems), problems=problems)
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no key to administer a cluster. groundplane apply ceph.cluster --force")
    try:
        with Session(cluster) as session:
            changes = plan_users(wanted, session.call("auth ls")["auth_dump"])
            if not module.check_mode:
                for change in changes:
                    session.text(change.prefix, **change.arguments)
    except CephError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changes), changes=[change.sentence for change in changes])


if __name__ == "__main__":
    main()
