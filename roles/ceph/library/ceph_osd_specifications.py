#!/usr/bin/python
"""Sets specifications of OSDs unmanaged."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_osd_specification import set_unmanaged
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_osd_specifications
short_description: Set specifications of OSDs unmanaged
description:
  - The orchestrator makes no OSD by a specification that is unmanaged. OSDs that it made go on as before.
options:
  unmanaged:
    description: The specifications, by service name; those that aren't there are passed over.
    type: list
    elements: str
    required: true
"""

RETURN = r"""
changes:
  description: What changed, or would, a sentence each.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={"unmanaged": {"type": "list", "elements": "str", "required": True}},
        supports_check_mode=True,
    )
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane ceph adopt HOST")
    try:
        with Session(cluster) as session:
            changes = set_unmanaged(session, module.params["unmanaged"], check=module.check_mode)
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane ceph status; then call groundplane ceph adopt again")
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
