#!/usr/bin/python
"""How a host stands before Keycloak comes to it, and what of that would keep logins from working."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.keycloak_host_judging import host_problems
from ansible.module_utils.keycloak_host_state import host_state

DOCUMENTATION = r"""
module: keycloak_host
short_description: Look how a host stands, and what of that keeps Keycloak, or those who ask it, from working there
description:
  - Changes nothing. Problems are returned, not failed on, so that those of all hosts can be shown together.
options:
  container:
    description: Keycloak's container; while it runs, its ports are rightly taken.
    type: str
    required: true
  image:
    description: The image that the host needs; empty where the site has none.
    type: str
    default: ""
  listen:
    description: The address that Keycloak is to listen on.
    type: str
    required: true
  ports:
    description: The ports that it is to listen on.
    type: list
    elements: int
    required: true
  certificates:
    description: The folder with the host's own key and certificate (host.key, chain.crt).
    type: path
    required: true
  door_name:
    description: The name by which people and Keystone reach Keycloak.
    type: str
    required: true
  door_port:
    description: The port there.
    type: int
    required: true
  database_address:
    description: Where the database answers.
    type: str
    required: true
  database_port:
    description: The port there.
    type: int
    required: true
  minimum_memory_mb:
    description: Less memory left than this is a problem, where Keycloak doesn't run yet.
    type: int
    default: 0
  clock:
    description: The controller's clock, in seconds since 1970.
    type: float
    required: true
  furthest_clock_seconds:
    description: How far the host's clock may be from that.
    type: float
    required: true
author: Groundplane
"""

RETURN = r"""
problems:
  description: What would keep logins from working, a sentence with its cure each.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "container": {"type": "str", "required": True},
            "image": {"type": "str", "default": ""},
            "listen": {"type": "str", "required": True},
            "ports": {"type": "list", "elements": "int", "required": True},
            "certificates": {"type": "path", "required": True},
            "door_name": {"type": "str", "required": True},
            "door_port": {"type": "int", "required": True},
            "database_address": {"type": "str", "required": True},
            "database_port": {"type": "int", "required": True},
            "minimum_memory_mb": {"type": "int", "default": 0},
            "clock": {"type": "float", "required": True},
            "furthest_clock_seconds": {"type": "float", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    state = host_state(
        container=given["container"],
        image=given["image"],
        listen=given["listen"],
        ports=given["ports"],
        certificates=given["certificates"],
        door=(given["door_name"], given["door_port"]),
        database=(given["database_address"], given["database_port"]),
    )
    problems = host_problems(
        state,
        image=given["image"],
        address=given["listen"],
        url=f"https://{given['door_name']}:{given['door_port']}",
        database=f"{given['database_address']}:{given['database_port']}",
        minimum_memory_mb=given["minimum_memory_mb"],
        clock=given["clock"],
        furthest_clock_seconds=given["furthest_clock_seconds"],
    )
    module.exit_json(changed=False, problems=problems)


if __name__ == "__main__":
    main()
