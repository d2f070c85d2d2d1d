#!/usr/bin/python
"""Has the orchestrator upgrade daemons of some types, and follows it to the end; or pauses or stops it."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_lasting import LastingSession
from ansible.module_utils.ceph_session import CephError, Session, find_cluster
from ansible.module_utils.ceph_upgrading import Follower, UpgradeStoppedError

DOCUMENTATION = r"""
module: ceph_upgrade
short_description: Bring daemons of some types to an image by "ceph orch upgrade"
description:
  - Goes on where an upgrade was interrupted, and does nothing where all daemons of the types run the image.
options:
  image:
    description: The image, by digest; on all hosts already, so that nothing is pulled.
    type: str
    required: true
  types:
    description: Types of daemons, as "ceph orch ps" has them; in Ceph's own order (mgr, mon, crash, osd, mds, rgw).
    type: list
    elements: str
    default: []
  stall_seconds:
    description: It is paused where nothing goes on for this long.
    type: int
    default: 900
  state:
    description: Whether to go on, or to keep the orchestrator from going on by itself.
    type: str
    choices: [done, paused]
    default: done
"""

RETURN = r"""
changes:
  description: What was done, as sentences.
  type: list
  returned: always
"""

CURE = (
    "groundplane ceph status says more; to go on: groundplane upgrade ceph; to give it up: "
    "groundplane upgrade ceph --stop"
)


def pause(session: LastingSession) -> list[str]:
    status = session.call("orch upgrade status", target="mgr", patience=60)
    if not status["in_progress"] or status.get("is_paused"):
        return []
    session.text("orch upgrade pause", target="mgr")
    return [f"The upgrade to {status['target_image']} was paused"]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "image": {"type": "str", "required": True},
            "types": {"type": "list", "elements": "str", "default": []},
            "stall_seconds": {"type": "int", "default": 900},
            "state": {"type": "str", "choices": ["done", "paused"], "default": "done"},
        },
        supports_check_mode=True,
    )
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    given = module.params
    session = LastingSession(lambda: Session(cluster))
    follower = Follower(session, given["types"], given["image"], stall_seconds=given["stall_seconds"])
    try:
        with session:
            if given["state"] == "paused":
                changes = [] if module.check_mode else pause(session)
            elif module.check_mode:
                changes = [f"{name} would be upgraded" for name in follower.outdated()]
            else:
                follower.run()
                changes = follower.changes
    except UpgradeStoppedError as error:
        module.fail_json(msg=f"{error}. Cure: {CURE}", changes=follower.changes)
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: {CURE}", changes=follower.changes)
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
