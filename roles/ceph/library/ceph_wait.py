#!/usr/bin/python
"""Waits until the cluster is in a state, and says what it still lacks where it doesn't get there."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_session import CephError, Session, find_cluster
from ansible.module_utils.ceph_waiting import Wanted, wait_for

DOCUMENTATION = r"""
module: ceph_wait
short_description: Wait until the cluster is in a state
description:
  - Runs on a host that can administer the cluster, and waits until all that is asked for is true at once.
  - Changes nothing. In check mode it looks once and doesn't fail.
options:
  seconds:
    description: How long it may take.
    type: int
    default: 300
  steady_seconds:
    description:
      - How long the state must last. More than 5 where an OSD has just restarted, since OSDs report placement groups
        every 5 seconds.
    type: int
    default: 0
  quorum:
    description: Monitors that must be in the quorum, by name.
    type: list
    elements: str
    default: []
  quorum_size:
    description: How many monitors must be in the quorum.
    type: int
    default: 0
  mgr_active:
    description: A manager must be active.
    type: bool
    default: false
  mgr_standbys:
    description: How many managers must stand by.
    type: int
    default: 0
  osds_up:
    description: OSDs that must be up, by id.
    type: list
    elements: int
    default: []
  osds_in:
    description: OSDs that must be in, by id.
    type: list
    elements: int
    default: []
  all_osds_up:
    description: All OSDs of the map must be up.
    type: bool
    default: false
  pgs_clean:
    description: All placement groups must be active and clean.
    type: bool
    default: false
  daemons:
    description: Daemons that must run, named as in "ceph orch ps".
    type: list
    elements: str
    default: []
  image:
    description: The image that these daemons must run.
    type: str
    default: ""
  health:
    description: The worst health that is allowed.
    type: str
    choices: ["", HEALTH_OK, HEALTH_WARN]
    default: ""
  ignore_checks:
    description: Health checks that don't count.
    type: list
    elements: str
    default: []
  orchestrator:
    description: The orchestrator must answer.
    type: bool
    default: false
  stoppable:
    description: Daemons that may stop without anything becoming unavailable, by Ceph's own account.
    type: list
    elements: str
    default: []
  cure:
    description: What a person does where it doesn't come true; the end of the message.
    type: str
    default: "groundplane ceph status says more"
"""

RETURN = r"""
missing:
  description: What the cluster still lacked, as parts of sentences.
  type: list
  returned: always
seconds:
  description: How long it took.
  type: float
  returned: always
"""

LISTS = {
    "quorum": "str",
    "osds_up": "int",
    "osds_in": "int",
    "daemons": "str",
    "ignore_checks": "str",
    "stoppable": "str",
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "seconds": {"type": "int", "default": 300},
            "steady_seconds": {"type": "int", "default": 0},
            **{name: {"type": "list", "elements": of, "default": []} for name, of in LISTS.items()},
            "quorum_size": {"type": "int", "default": 0},
            "mgr_active": {"type": "bool", "default": False},
            "mgr_standbys": {"type": "int", "default": 0},
            "all_osds_up": {"type": "bool", "default": False},
            "pgs_clean": {"type": "bool", "default": False},
            "image": {"type": "str", "default": ""},
            "health": {"type": "str", "choices": ["", "HEALTH_OK", "HEALTH_WARN"], "default": ""},
            "orchestrator": {"type": "bool", "default": False},
            "cure": {"type": "str", "default": "groundplane ceph status says more"},
        },
        supports_check_mode=True,
    )
    wanted = Wanted(
        **{name: value for name, value in module.params.items() if name not in ("seconds", "steady_seconds", "cure")}
    )
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    try:
        waited = wait_for(
            lambda: Session(cluster),
            wanted,
            seconds=0 if module.check_mode else module.params["seconds"],
            steady_seconds=0 if module.check_mode else module.params["steady_seconds"],
        )
    except CephError as error:
        module.fail_json(msg=str(error))
    result = {"changed": False, "missing": waited.missing, "seconds": round(waited.seconds, 1)}
    if waited.missing and not module.check_mode:
        module.fail_json(msg=f"{waited.sentence()}. Cure: {module.params['cure']}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
