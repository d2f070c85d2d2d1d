#!/usr/bin/python
"""How a host stands, and what of that keeps Ceph from working there."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_host_state import cluster_state, host_problems, host_state
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_host
short_description: Look how a host stands, and what of that keeps Ceph from working there
description:
  - Changes nothing. Problems are returned, not failed on, so that those of all hosts can be shown together.
options:
  problems:
    description: Look for problems, too; without it only which clusters the host has to do with.
    type: bool
    default: true
  name:
    description: The host's name in the inventory.
    type: str
  image:
    description: Ceph's image.
    type: str
  fsid:
    description: The id of the site's cluster, where the site says it.
    type: str
    default: ""
  minimum_memory_mb:
    description: Less memory than this is a problem.
    type: int
    default: 0
  addresses:
    description: The host's addresses in Ceph's networks, by the networks' names.
    type: dict
    default: {}
  account:
    description: The account by which the orchestrator comes in.
    type: str
    default: cephadm
"""

RETURN = r"""
state:
  description: What was seen.
  type: dict
  returned: success
problems:
  description: What would keep Ceph from working, a sentence with its cure each.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "problems": {"type": "bool", "default": True},
            "name": {"type": "str"},
            "image": {"type": "str"},
            "fsid": {"type": "str", "default": ""},
            "minimum_memory_mb": {"type": "int", "default": 0},
            "addresses": {"type": "dict", "default": {}},
            "account": {"type": "str", "default": "cephadm"},
        },
        required_if=[("problems", True, ("name", "image"))],
        supports_check_mode=True,
    )
    given = module.params
    if not given["problems"]:
        module.exit_json(changed=False, state=cluster_state(given["account"]), problems=[])
    try:
        state = host_state(given["image"], given["account"])
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane apply bootstrap")
    problems = host_problems(
        state,
        name=given["name"],
        fsid=given["fsid"],
        minimum_memory_mb=given["minimum_memory_mb"],
        addresses=given["addresses"],
        account=given["account"],
    )
    module.exit_json(changed=False, state=state, problems=problems)


if __name__ == "__main__":
    main()
