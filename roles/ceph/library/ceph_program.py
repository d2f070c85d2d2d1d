#!/usr/bin/python
"""Brings the cephadm program of the image to the host."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_program_file import bring_program
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_program
short_description: Bring the cephadm program of the image to the host
description:
  - The program and the daemons always fit together when both are of one image.
options:
  image:
    description: Ceph's image; it must be on the host already.
    type: str
    required: true
  path:
    description: Where the program comes to lie.
    type: path
    default: /usr/local/sbin/cephadm
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
            "image": {"type": "str", "required": True},
            "path": {"type": "path", "default": "/usr/local/sbin/cephadm"},
        },
        supports_check_mode=True,
    )
    try:
        changes = bring_program(module.params["image"], module.params["path"], check=module.check_mode)
    except (CephError, OSError) as error:
        module.fail_json(msg=f"cephadm can't be brought from the image: {error}. Cure: groundplane apply supply.pull")
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
