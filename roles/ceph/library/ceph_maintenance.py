#!/usr/bin/python
"""Sets and clears maintenance of hosts: noout for their OSDs, with a note of who wanted it."""

from __future__ import annotations

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_lasting import LastingSession
from ansible.module_utils.ceph_maintaining import RUN, Maintenance
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_maintenance
short_description: Keep the OSDs of hosts from being taken for lost, and end that
description:
  - Runs on a host that can administer the cluster. Who set it since when is noted in the cluster's own store.
options:
  hosts:
    description: The hosts, as the cluster knows them.
    type: list
    elements: str
    default: []
  state:
    description:
      - "set: put them into maintenance; cleared: end it; leftovers: end what runs that are gone left on any host."
    type: str
    choices: [set, cleared, leftovers]
    required: true
  by:
    description: Who wants it.
    type: str
    default: ""
  reason:
    description: Why, for people.
    type: str
    default: ""
  run:
    description: The run that asks.
    type: str
    default: ""
  own:
    description: With set, for the time of this run alone; with cleared, only what this run set.
    type: bool
    default: false
"""

RETURN = r"""
changes:
  description: What was done, as sentences.
  type: list
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["set", "cleared", "leftovers"], "required": True},
            "by": {"type": "str", "default": ""},
            "reason": {"type": "str", "default": ""},
            "run": {"type": "str", "default": ""},
            "own": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    try:
        with LastingSession(lambda: Session(cluster)) as session:
            work = Maintenance(session, check=module.check_mode)
            if given["state"] == "set":
                since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                note = {key: given[key] for key in ("by", "reason", "run")}
                work.set(given["hosts"], {**note, "since": since, "kind": RUN if given["own"] else "person"})
            elif given["state"] == "cleared":
                work.clear(given["hosts"], run=given["run"] if given["own"] else "")
            else:
                work.clear(work.leftovers(given["run"]))
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane ceph maintenance show says what is still set")
    module.exit_json(changed=bool(work.changes), changes=work.changes)


if __name__ == "__main__":
    main()
