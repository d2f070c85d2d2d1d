#!/usr/bin/python
"""Takes an OSD's daemon off this host; its disk stays as it is."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_osd_making import DATA, Cephadm
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_osd_daemon
short_description: Take an OSD's daemon off this host
description:
  - Stops it and takes its unit away. cephadm keeps the daemon's folder among the removed ones. The disk stays as it is.
options:
  osd_id:
    description: Its number.
    type: int
    required: true
  fsid:
    description: The cluster's id.
    type: str
    required: true
  image:
    description: Ceph's image.
    type: str
    required: true
"""

RETURN = r"""
changes:
  description: What was done.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "osd_id": {"type": "int", "required": True},
            "fsid": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    osd_id, fsid = module.params["osd_id"], module.params["fsid"]
    if not Path(DATA, fsid, f"osd.{osd_id}").exists():
        module.exit_json(changed=False, changes=[])
    if not module.check_mode:
        try:
            Cephadm(module.params["image"], fsid).remove_daemon(osd_id)
        except CephError as error:
            module.fail_json(msg=f"osd.{osd_id} can't be stopped. {error}. Cure: /var/log/ceph/cephadm.log says more")
    module.exit_json(changed=True, changes=[f"the daemon osd.{osd_id} was stopped and taken away"])


if __name__ == "__main__":
    main()
