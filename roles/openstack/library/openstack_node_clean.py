#!/usr/bin/python
"""Takes Kolla's containers and what belongs to them off a host that leaves a cloud."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openstack_node_cleaning import clean
from ansible.module_utils.openstack_node_running import NodeError, engine_here, run

DOCUMENTATION = r"""
module: openstack_node_clean
short_description: Take Kolla's containers and what belongs to them off a host
description:
  - Containers that carry the label kolla_version, their systemd units and volumes, Open vSwitch's bridges and
    /etc/kolla. The volume with images in local files is kept. A host where virtual machines run is refused.
options: {}
"""

RETURN = r"""
changes:
  description: What was taken off, or would be.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        changes = clean(run, engine_here(), check=module.check_mode)
    except NodeError as error:
        module.fail_json(msg=f"OpenStack can't be taken off this host: {error}")
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
