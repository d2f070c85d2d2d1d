#!/usr/bin/python
"""Makes the OSDs that drive groups ask for on this host, and refuses disks that can't be used."""

from __future__ import annotations

import socket
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_drive_groups import DriveGroupError
from ansible.module_utils.ceph_osd_host import OsdHost, make_osds
from ansible.module_utils.ceph_osd_making import alone
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_osds
short_description: OSDs on this host's disks
description:
  - Looks at the disks, says which of them are to become OSDs, and refuses those that a person named and that don't
    exist, hold something or are in use. With I(state=made), prepares them with ceph-volume and starts their daemons.
options:
  state:
    description: Whether OSDs are made, or disks are only looked at.
    type: str
    choices: [looked, made]
    default: looked
  groups:
    description: The drive groups of this host (ceph_osds).
    type: list
    elements: dict
    required: true
  fsid:
    description: The cluster's id. Empty where there is none yet, so that each OSD on a disk is a stranger's.
    type: str
    default: ""
  image:
    description: Ceph's image.
    type: str
  conf:
    description: The cluster's minimal configuration.
    type: str
    default: ""
  key:
    description: The key of client.bootstrap-osd.
    type: str
  refuse:
    description: Fail where disks that were named can't be used. Without it, I(refusal) says why.
    type: bool
    default: true
  key_problem:
    description: Why there is no key, where there is none.
    type: str
    default: ""
  known:
    description: The OSDs that the cluster knows; from ceph_osd_cluster.
    type: list
    elements: dict
    default: []
"""

RETURN = r"""
host:
  description: The host's own name.
  type: str
  returned: always
new:
  description: Disks that are to become OSDs, as path, described, group.
  type: list
  returned: always
osds:
  description: OSDs of drive groups on this host, as id, uuid, path, group, device_class, state of the daemon.
  type: list
  returned: always
uuids:
  description: Ids of all OSDs of which this host has a part.
  type: list
  returned: always
refusal:
  description: Why disks that were named can't be used, and the cure; empty where all can.
  type: str
  returned: always
failed_to_start:
  description: OSDs that are prepared, and whose daemons this host couldn't start itself.
  type: list
  returned: always
watch:
  description: What a plan's probe looks at.
  type: list
  returned: always
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["looked", "made"], "default": "looked"},
            "groups": {"type": "list", "elements": "dict", "required": True},
            "fsid": {"type": "str", "default": ""},
            "image": {"type": "str"},
            "conf": {"type": "str", "default": ""},
            "key": {"type": "str", "no_log": True},
            "refuse": {"type": "bool", "default": True},
            "key_problem": {"type": "str", "default": ""},
            "known": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    if given["key_problem"]:
        module.fail_json(msg=f"The key by which hosts register OSDs can't be had. {given['key_problem']}")
    host = OsdHost(given["groups"], given["fsid"], given["known"], socket.gethostname())
    started = time.monotonic()
    try:
        with alone():
            found = host.look()
            if not found.plan.problems and given["state"] == "made" and not module.check_mode:
                found = make_osds(host, found, image=given["image"], conf=given["conf"], key=given["key"] or "")
    except (CephError, DriveGroupError) as error:
        module.fail_json(msg=str(error))
    result = {**found.as_data(), "seconds": round(time.monotonic() - started, 1)}
    if found.plan.problems and given["refuse"]:
        module.fail_json(msg=found.refusal(), **result)
    if found.failed:
        module.fail_json(msg=found.failure(), **result)
    changed = bool(found.changes) or (module.check_mode and given["state"] == "made" and bool(found.intended()))
    module.exit_json(changed=changed, **result)


if __name__ == "__main__":
    main()
