#!/usr/bin/python
"""Fetches the key by which hosts register OSDs. Its result is a secret: the task has no_log.

It never fails, so that a reason is never hidden: what went wrong stands in `problem`, for the next task to say.
"""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_osd_key
short_description: The key of client.bootstrap-osd
options: {}
"""

RETURN = r"""
key:
  description: The key; empty where there is a problem.
  type: str
  returned: always
problem:
  description: Why it can't be had.
  type: str
  returned: always
"""


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    cluster = find_cluster()
    key, problem = "", ""
    if cluster is None:
        problem = "This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster"
    else:
        try:
            with Session(cluster) as session:
                key = str(session.call("auth get", entity="client.bootstrap-osd")[0]["key"])
        except CephError as error:
            problem = f"{error}. Cure: groundplane ceph status says more"
    module.exit_json(changed=False, key=key, problem=problem)


if __name__ == "__main__":
    main()
