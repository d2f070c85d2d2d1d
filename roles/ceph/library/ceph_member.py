#!/usr/bin/python
"""Makes a host a member of the cluster, as far as it is done on the host itself."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_membership import join
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_member
short_description: Make a host a member of the cluster, as far as it is done on the host itself
description:
  - Lets the orchestrator in, notes the cluster's id on the host, and starts monitors, managers and crash collectors
    that stand still.
options:
  fsid:
    description: The cluster's id.
    type: str
    required: true
  public_key:
    description: The orchestrator's public ssh key.
    type: str
    required: true
  account:
    description: The account by which the orchestrator comes in.
    type: str
    required: true
  sources:
    description: Addresses from which the key may be used.
    type: list
    elements: str
    required: true
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "fsid": {"type": "str", "required": True},
            "public_key": {"type": "str", "required": True, "no_log": False},
            "account": {"type": "str", "required": True},
            "sources": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        changes = join(
            given["fsid"],
            given["public_key"],
            account=given["account"],
            sources=given["sources"],
            check=module.check_mode,
        )
    except (CephError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
