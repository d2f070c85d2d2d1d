#!/usr/bin/python
"""Makes the cluster's first monitor and manager, where the hosts have no cluster yet."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_bootstrapping import Bootstrap, bootstrap, decide, public_key
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_bootstrap
short_description: Make the cluster's first monitor and manager, where the hosts have no cluster yet
description:
  - A cluster is only made where all hosts of the layer were asked and none belongs to one.
  - It goes on after having been cut off at any point.
options:
  states:
    description: What ceph_host saw of each host that takes part, by host.
    type: dict
    required: true
  hosts:
    description: All hosts of the layer; those that are not in states weren't asked.
    type: list
    elements: str
    required: true
  mons:
    description: Hosts that are to run monitors; the first one begins.
    type: list
    elements: str
    required: true
  fsid:
    description: The id of the site's cluster, where the site says it.
    type: str
    default: ""
  image:
    description: Ceph's image.
    type: str
    required: true
  address:
    description: The first monitor's address.
    type: str
    required: true
  configuration:
    description: Settings to begin with, as section to key to value.
    type: dict
    default: {}
  program:
    description: The cephadm program.
    type: path
    default: /usr/local/sbin/cephadm
"""

RETURN = r"""
fsid:
  description: The cluster's id.
  type: str
  returned: success
public_key:
  description: The orchestrator's public ssh key.
  type: str
  returned: success
changes:
  description: What was done, or would be.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "states": {"type": "dict", "required": True},
            "hosts": {"type": "list", "elements": "str", "required": True},
            "mons": {"type": "list", "elements": "str", "required": True},
            "fsid": {"type": "str", "default": ""},
            "image": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "configuration": {"type": "dict", "default": {}},
            "program": {"type": "path", "default": "/usr/local/sbin/cephadm"},
        },
        supports_check_mode=True,
    )
    given = module.params
    absent = [host for host in given["hosts"] if host not in given["states"]]
    try:
        fsid = decide(given["states"], mons=given["mons"], absent=absent, fsid=given["fsid"])
        if fsid:
            module.exit_json(changed=False, fsid=fsid, public_key=public_key(), changes=[])
        if module.check_mode:
            change = f"a cluster made, with its first monitor on {given['mons'][0]}"
            module.exit_json(changed=True, fsid="", public_key="", changes=[change])
        fsid, changes = bootstrap(
            Bootstrap(**{key: given[key] for key in ("image", "address", "configuration", "program")})
        )
        module.exit_json(changed=True, fsid=fsid, public_key=public_key(), changes=changes)
    except CephError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
