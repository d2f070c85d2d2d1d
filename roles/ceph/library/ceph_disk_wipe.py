#!/usr/bin/python
"""Empties a disk that a person named and confirmed, or the disks of an OSD that is destroyed."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_disk_wiping import busy, contents, wipe
from ansible.module_utils.ceph_disks import survey_disks
from ansible.module_utils.ceph_osd_making import Cephadm, alone
from ansible.module_utils.ceph_session import CephError

DOCUMENTATION = r"""
module: ceph_disk_wipe
short_description: Empty a disk for good
description:
  - Looks again at what is on the disk, and does nothing unless that is what was confirmed.
options:
  path:
    description: The disk.
    type: str
  expected:
    description: What was on it when it was confirmed, as parts of a sentence.
    type: list
    elements: str
    default: []
  osd_id:
    description: Instead of a path, all disks that hold a part of this OSD. It must be destroyed.
    type: int
  fsid:
    description: The OSD's cluster.
    type: str
    default: ""
  paths:
    description: With I(osd_id), disks to look at that aren't found by themselves (loop devices).
    type: list
    elements: str
    default: []
  image:
    description: With I(osd_id), Ceph's image.
    type: str
    default: ""
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
            "path": {"type": "str"},
            "expected": {"type": "list", "elements": "str", "default": []},
            "osd_id": {"type": "int"},
            "fsid": {"type": "str", "default": ""},
            "paths": {"type": "list", "elements": "str", "default": []},
            "image": {"type": "str", "default": ""},
        },
        required_one_of=[("path", "osd_id")],
        mutually_exclusive=[("path", "osd_id")],
        required_by={"osd_id": ("fsid", "image")},
        supports_check_mode=True,
    )
    try:
        with alone():
            disks = named(module) if module.params["path"] else of_osd(module)
            for disk in disks:
                reason = busy(disk)
                if reason:
                    module.fail_json(msg=f"{reason}. Nothing was wiped")
            if not module.check_mode:
                if module.params["osd_id"] is not None:
                    zap_volumes(module, disks)
                for disk in disks:
                    if module.params["path"] or not disk.groups:
                        wipe(disk, list(disk.groups))
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: take the disk out of the host, or see what holds it: lsblk")
    module.exit_json(changed=bool(disks), changes=[f"{disk.described()} was wiped" for disk in disks])


def named(module: AnsibleModule) -> list:
    path = module.params["path"]
    survey = survey_disks([path])
    disk = survey.disks.get(survey.named.get(path, ""))
    if disk is None:
        module.fail_json(msg=f"{path} is {survey.others.get(path, 'not there')}; nothing was wiped")
    if disk.empty():
        return []
    if contents(disk) != module.params["expected"]:
        module.fail_json(
            msg=f"{path} holds {'; '.join(contents(disk))}, which isn't what was confirmed. Nothing was wiped."
            " Cure: call the command again"
        )
    return [disk]


def of_osd(module: AnsibleModule) -> list:
    osd_id, fsid = module.params["osd_id"], module.params["fsid"]
    disks = survey_disks(module.params["paths"]).disks.values()
    uuids = {part.uuid for disk in disks for part in disk.osds if part.osd_id == osd_id and part.fsid == fsid}
    return [disk for disk in disks if uuids & {part.uuid for part in disk.osds}]


def zap_volumes(module: AnsibleModule, disks: list) -> None:
    """OSDs may share a disk for their databases, so their volumes are removed one by one, by the OSD's ids."""
    osd_id, fsid = module.params["osd_id"], module.params["fsid"]
    uuids = sorted({part.uuid for disk in disks for part in disk.osds if part.osd_id == osd_id and part.lv})
    for uuid in uuids:
        Cephadm(module.params["image"], fsid).volume(
            "lvm", "zap", "--destroy", "--osd-id", str(osd_id), "--osd-fsid", uuid
        )


if __name__ == "__main__":
    main()
