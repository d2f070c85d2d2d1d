#!/usr/bin/python
"""Takes single containers of Kolla's off a host, of services that were switched off."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openstack_leftovers_cleaning import clean_leftovers
from ansible.module_utils.openstack_node_running import NodeError, engine_here, run

DOCUMENTATION = r"""
module: openstack_leftovers_clean
short_description: Take single containers of Kolla's off a host that stays in the cloud
description:
  - The containers, their systemd units, and folders below /etc/kolla that no other container mounts. Volumes stay.
  - A container that isn't of an image of Kolla's is refused; so is the hypervisor while virtual machines run.
options:
  containers:
    description: Their names.
    type: list
    elements: str
    required: true
  steps:
    description: Steps that the host doesn't have any more; their watch lists go too.
    type: list
    elements: str
    default: []
author: Groundplane
"""

EXAMPLES = r"""
- name: Take what was left over off the host
  openstack_leftovers_clean:
    containers: [heat_api, heat_api_cfn, heat_engine]
    steps: [openstack.heat]
"""

RETURN = r"""
changes:
  description: What was taken off, or would be.
  type: list
  elements: str
  returned: success
volumes:
  description: The containers' volumes, which stay.
  type: list
  elements: str
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "containers": {"type": "list", "elements": "str", "required": True},
            "steps": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        changes, volumes = clean_leftovers(
            run, engine_here(), module.params["containers"], module.params["steps"], check=module.check_mode
        )
    except NodeError as error:
        module.fail_json(msg=f"They can't be taken off this host: {error}")
    module.exit_json(changed=bool(changes), changes=changes, volumes=volumes)


if __name__ == "__main__":
    main()
