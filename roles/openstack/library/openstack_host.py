#!/usr/bin/python
"""How a host stands before OpenStack's containers come to it, and what of that keeps them from working."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openstack_host_judging import host_problems
from ansible.module_utils.openstack_host_state import host_state

DOCUMENTATION = r"""
module: openstack_host
short_description: Look how a host stands, and what of that keeps OpenStack from working there
description:
  - Changes nothing. Problems are returned, not failed on, so that those of all hosts can be shown together.
options:
  interfaces:
    description: Kolla's variable to the interface that the host needs, and the address that it has to have.
    type: dict
    default: {}
  vips:
    description: Virtual addresses by name, each with its address and the interface that is to have it.
    type: dict
    default: {}
  images:
    description: Container images that the host needs.
    type: list
    elements: str
    default: []
  folders:
    description: Folders that need room.
    type: list
    elements: str
    default: []
  minimum_memory_mb:
    description: Less memory than this is a problem.
    type: int
    default: 0
  minimum_free_mb:
    description: Less room than this is a problem.
    type: int
    default: 0
  virt_type:
    description: How the host runs servers; empty where it runs none.
    type: str
    default: ""
  clock:
    description: The controller's clock, in seconds since 1970.
    type: float
    required: true
  ceph:
    description: Whether the monitor here is asked for the cluster's health.
    type: bool
    default: false
"""

RETURN = r"""
state:
  description: What was seen.
  type: dict
  returned: success
problems:
  description: What would keep OpenStack from working, a sentence with its cure each.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "interfaces": {"type": "dict", "default": {}},
            "vips": {"type": "dict", "default": {}},
            "images": {"type": "list", "elements": "str", "default": []},
            "folders": {"type": "list", "elements": "str", "default": []},
            "minimum_memory_mb": {"type": "int", "default": 0},
            "minimum_free_mb": {"type": "int", "default": 0},
            "virt_type": {"type": "str", "default": ""},
            "clock": {"type": "float", "required": True},
            "ceph": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    state = host_state(vips=given["vips"], images=given["images"], ceph=given["ceph"], folders=given["folders"])
    problems = host_problems(
        state,
        interfaces=given["interfaces"],
        minimum_memory_mb=given["minimum_memory_mb"],
        minimum_free_mb=given["minimum_free_mb"],
        virt_type=given["virt_type"],
        clock=given["clock"],
    )
    module.exit_json(changed=False, state=state, problems=problems)


if __name__ == "__main__":
    main()
