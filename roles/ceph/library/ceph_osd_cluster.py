#!/usr/bin/python
"""The cluster's side of making OSDs, from a host that may administer it."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_memory import apply_memory
from ansible.module_utils.ceph_osd_map import (
    activate,
    class_changes,
    known_osds,
    leftovers,
    refresh_daemons,
    remove_leftovers,
    set_classes,
    wait_until_up,
    why_down,
)
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_osd_cluster
short_description: What the cluster knows about its OSDs
options:
  state:
    description:
      - known asks which OSDs the cluster has. clean removes ids that were registered, never ran and have no disk.
        running waits until OSDs are up, and gives them the classes of their drive groups.
    type: str
    choices: [known, clean, running]
    default: known
  uuids:
    description: For clean, ids of all OSDs that hosts have disks of.
    type: list
    elements: str
    default: []
  osds:
    description: For running, the OSDs, as id and device_class.
    type: list
    elements: dict
    default: []
  activate_hosts:
    description: For running, hosts on which the orchestrator has to start daemons.
    type: list
    elements: str
    default: []
  refresh:
    description: For running, whether there are new daemons that the orchestrator doesn't know yet.
    type: bool
    default: false
  seconds:
    description: For running, how long OSDs may take to come up.
    type: int
    default: 300
"""

RETURN = r"""
fsid:
  description: The cluster's id.
  type: str
  returned: always
conf:
  description: A minimal configuration, without secrets.
  type: str
  returned: when known
osds:
  description: OSDs as id, uuid, up, in, unborn, destroyed, host, device_class.
  type: list
  returned: when known
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["known", "clean", "running"], "default": "known"},
            "uuids": {"type": "list", "elements": "str", "default": []},
            "osds": {"type": "list", "elements": "dict", "default": []},
            "activate_hosts": {"type": "list", "elements": "str", "default": []},
            "refresh": {"type": "bool", "default": False},
            "seconds": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    work = {"known": tell, "clean": clean, "running": bring_up}[module.params["state"]]
    try:
        with Session(cluster) as session:
            result = work(module, session)
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane ceph status says more")
    problem = result.pop("problem", "")
    if problem:
        module.fail_json(msg=problem, fsid=cluster.fsid, **result)
    module.exit_json(fsid=cluster.fsid, **result)


def tell(_module: AnsibleModule, session: Session) -> dict[str, object]:
    return {
        "changed": False,
        "conf": session.text("config generate-minimal-conf"),
        "osds": known_osds(session),
    }


def clean(module: AnsibleModule, session: Session) -> dict[str, object]:
    left = leftovers(known_osds(session), module.params["uuids"])
    changes = [f"osd.{osd_id} would be removed: it was registered and never made" for osd_id in left]
    if not module.check_mode:
        changes = remove_leftovers(session, left)
    return {"changed": bool(left), "changes": changes}


def bring_up(module: AnsibleModule, session: Session) -> dict[str, object]:
    asked = module.params["osds"]
    if module.check_mode:
        changes = class_changes(known_osds(session), asked)
        said = [f"osd.{osd_id} would get the class {new} ({old or 'none'} now)" for osd_id, old, new in changes]
        return {"changed": bool(changes), "changes": said}
    activate(session, module.params["activate_hosts"])
    seconds = module.params["seconds"]
    missing = wait_until_up(session, [osd["id"] for osd in asked], seconds)
    known = known_osds(session)
    if missing:
        hosts = {osd["id"]: osd.get("host", "") for osd in asked}
        return {"changed": False, "problem": why_down(session, missing, hosts, seconds)}
    changes = [*set_classes(session, class_changes(known, asked)), *apply_memory(session)]
    if module.params["refresh"]:
        refresh_daemons(session)
    return {"changed": bool(changes), "changes": changes}


if __name__ == "__main__":
    main()
