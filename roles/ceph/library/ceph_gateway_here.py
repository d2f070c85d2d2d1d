#!/usr/bin/python
"""This host's object gateway shows the host's certificate of today and knows today's settings."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_gateway_host import Here, units
from ansible.module_utils.ceph_gateway_service import CERTIFICATE, SERVICE
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_gateway_here
short_description: Have this host's object gateway show the host's certificate
description:
  - Compares the certificate that the gateway shows with the host's, and restarts it where they differ, since a gateway
    reads it only when it starts. To be run host after host, so that never two are away at once.
options:
  address:
    description: The host's address on which it is asked.
    type: str
    default: 127.0.0.1
  port:
    description: Its TCP port.
    type: int
    required: true
  certificates:
    description: The folder with chain.crt and host.key. Empty for no TLS.
    type: str
    default: ""
  restart:
    description: Restart it in any case.
    type: bool
    default: false
  seconds:
    description: How long it may take to come back.
    type: int
    default: 60
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  type: list
  returned: always
units:
  description: The systemd units of this host's gateways.
  type: list
  returned: always
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "default": "127.0.0.1"},
            "port": {"type": "int", "required": True},
            "certificates": {"type": "str", "default": ""},
            "restart": {"type": "bool", "default": False},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    given = module.params
    found = units(SERVICE)
    if not found:
        if module.check_mode:
            module.exit_json(changed=False, changes=[], units=[])
        module.fail_json(msg="No gateway was deployed on this host. Cure: groundplane apply ceph.gateway")
    here = Here(
        address=given["address"],
        port=given["port"],
        certificate=Path(given["certificates"], CERTIFICATE) if given["certificates"] else None,
        own_units=found,
    )
    try:
        changes = here.put_right(restart=given["restart"], seconds=given["seconds"], check=module.check_mode)
    except CephError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changes), changes=changes, units=found)


if __name__ == "__main__":
    main()
