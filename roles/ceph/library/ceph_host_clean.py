#!/usr/bin/python
"""Takes off a host what a cluster that it left has put there."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_host_cleaning import clean
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_host_clean
short_description: Take what a cluster has put onto a host off it again
description:
  - Files, keys and units of a cluster that the host has left. Disks aren't touched; a host where a daemon of the
    cluster runs is refused.
options:
  fsid:
    description: The cluster's id.
    type: str
    required: true
  account:
    description: The account by which the orchestrator came in; it loses the cluster's key.
    type: str
    required: true
  program:
    description: The cephadm program's path.
    type: str
    required: true
"""

RETURN = r"""
changes:
  description: What was removed, or would be.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "fsid": {"type": "str", "required": True},
            "account": {"type": "str", "required": True},
            "program": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        changes = clean(given["fsid"], given["account"], given["program"], check=module.check_mode)
    except CephError as error:
        module.fail_json(
            msg=f"What is left of the cluster can't be taken off: {error}. Cure: drain the host first, groundplane ceph"
            " host drain"
        )
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
