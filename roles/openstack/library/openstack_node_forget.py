#!/usr/bin/python
"""Takes what is left of a node out of RabbitMQ, OVN and Cinder."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.openstack_node_forgetting import Forgetting
from ansible.module_utils.openstack_node_running import NodeError, engine_here, run

DOCUMENTATION = r"""
module: openstack_node_forget
short_description: Take what is left of a node out of RabbitMQ, OVN and Cinder
description:
  - Run on a node that stays. What isn't there any more is passed over.
options:
  name:
    description: The node's host name, the first part of it.
    type: str
    required: true
  names:
    description: All names that it is known by.
    type: list
    elements: str
    required: true
  address:
    description: Its own address for the other nodes.
    type: str
    required: true
  parts:
    description: What to take it out of.
    type: list
    elements: str
    choices: [queues, rabbitmq, ovn_nb_db, ovn_sb_db, chassis, cinder]
    required: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be, in sentences.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "address": {"type": "str", "required": True},
            "parts": {
                "type": "list",
                "elements": "str",
                "required": True,
                "choices": ["queues", "rabbitmq", "ovn_nb_db", "ovn_sb_db", "chassis", "cinder"],
            },
        },
        supports_check_mode=True,
    )
    changes: list[str] = []
    try:
        forgetting = Forgetting(run, engine_here(), module.params, check=module.check_mode)
        does = {
            "queues": forgetting.queues,
            "rabbitmq": forgetting.rabbit,
            "ovn_nb_db": lambda: forgetting.raft("ovn_nb_db"),
            "ovn_sb_db": lambda: forgetting.raft("ovn_sb_db"),
            "chassis": forgetting.chassis,
            "cinder": forgetting.cinder,
        }
        for part in module.params["parts"]:
            changes += does[part]()
    except NodeError as error:
        module.fail_json(msg=f"{module.params['name']} can't be taken out: {error}", changes=changes)
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
