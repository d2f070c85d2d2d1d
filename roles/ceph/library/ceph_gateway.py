#!/usr/bin/python
"""Object gateways by the orchestrator, as the site asks for them."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_gateway_pools import set_up as set_up_pools
from ansible.module_utils.ceph_gateway_service import Gateways, remove, set_up, short, stale, wait
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_gateway
short_description: Run object gateways
description:
  - Runs on one host that can administer the cluster, for all hosts that have gateways.
  - Compares the service's specification and its settings with what is asked for, and calls the orchestrator only where
    they differ. Waits until each host's gateway runs that way.
options:
  enabled:
    description: Whether there are gateways. Without them the service is removed; what is stored stays.
    type: bool
    default: true
  port:
    description: Their TCP port.
    type: int
    required: true
  certificates:
    description: The hosts' folder with chain.crt and host.key. Empty for no TLS.
    type: str
    default: ""
  settings:
    description: More settings, key to value. Those that were set before and are no longer named are taken back.
    type: dict
    default: {}
  pools:
    description: Their pools, as ceph_gateway_pools. Standard ones that are missing are made in any case.
    type: list
    elements: dict
    default: []
  pool_defaults:
    description: As ceph_pool_defaults.
    type: dict
    default: {}
  hosts:
    description: The hosts that have gateways.
    type: list
    elements: str
    default: []
  seconds:
    description: How long they may take to start.
    type: int
    default: 300
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  type: list
  returned: always
restart:
  description: Hosts whose gateway has to be restarted, as it only reads a changed setting then.
  type: list
  returned: always
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "enabled": {"type": "bool", "default": True},
            "port": {"type": "int", "required": True},
            "certificates": {"type": "str", "default": ""},
            "settings": {"type": "dict", "default": {}},
            "pools": {"type": "list", "elements": "dict", "default": []},
            "pool_defaults": {"type": "dict", "default": {}},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "seconds": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    given = module.params
    cluster = find_cluster()
    if cluster is None:
        if module.check_mode:
            module.exit_json(changed=given["enabled"], changes=["run gateways" * given["enabled"]], restart=[])
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    wanted = Gateways(port=given["port"], folder=given["certificates"], settings=given["settings"])
    restart: list[str] = []
    try:
        with Session(cluster) as session:
            if not given["enabled"]:
                changes = remove(session, check=module.check_mode)
                module.exit_json(changed=bool(changes), changes=changes, restart=restart)
            pools, defaults = given["pools"], given["pool_defaults"]
            changes = set_up_pools(cluster, session, pools, defaults, check=module.check_mode)
            changes += set_up(session, wanted, check=module.check_mode)
            if not module.check_mode:
                lacking = wait(session, wanted, given["hosts"], seconds=given["seconds"])
                if lacking:
                    service = f"No gateway runs as it should on {', '.join(lacking)} after {given['seconds']} s"
                    hint = f"journalctl -u 'ceph-{cluster.fsid}@rgw*' on {short(lacking[0])} says why"
                    module.fail_json(msg=f"{service}. {hint}; then: groundplane apply ceph.gateway", changes=changes)
            restart = stale(session, given["hosts"])
    except CephError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changes), changes=changes, restart=restart)


if __name__ == "__main__":
    main()
