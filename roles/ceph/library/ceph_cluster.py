#!/usr/bin/python
"""Keeps the cluster's settings, hosts, places, monitors, managers and modules as the site has them."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_memory import HostMemory, apply_memory, note_memory
from ansible.module_utils.ceph_places import Host, apply_hosts, apply_key, apply_places, apply_way_in
from ansible.module_utils.ceph_services import apply_services, place_at_once
from ansible.module_utils.ceph_session import CephError, Session, find_cluster
from ansible.module_utils.ceph_settings import apply_modules, apply_settings
from ansible.module_utils.ceph_waiting import Wanted, wait_for

DOCUMENTATION = r"""
module: ceph_cluster
short_description: Keep the cluster's settings, hosts, places, monitors, managers and modules as the site has them
description:
  - Compares everything with what the cluster has, changes what differs, and waits until monitors and managers are
    there.
options:
  fsid:
    description: The cluster's id; another one's administrator's key on this host is refused.
    type: str
    required: true
  account:
    description: The account by which the orchestrator comes to hosts.
    type: str
    required: true
  ssh_port:
    description: The port of the hosts' sshd.
    type: int
    default: 22
  hosts:
    description: Hosts that take part; others are left as they are.
    type: list
    elements: dict
    required: true
    options:
      name:
        description: The host's name.
        type: str
        required: true
      address:
        description: The address by which the orchestrator comes to it.
        type: str
        required: true
      labels:
        description: What it is to run.
        type: list
        elements: str
      location:
        description: CRUSH type to name, from the biggest part to the smallest.
        type: dict
      memory:
        description: What its OSDs' memory targets are computed from.
        type: dict
        options:
          memory_mb:
            description: The host's memory, in MiB.
            type: int
            required: true
          share:
            description: The part of it for all its OSDs, 0 to 1.
            type: float
            required: true
          minimum_mb:
            description: No target is below this.
            type: int
            required: true
          maximum_mb:
            description: No target is above this.
            type: int
            required: true
  configuration:
    description: Settings, as section to key to value.
    type: dict
    default: {}
  services:
    description: Service specifications.
    type: list
    elements: dict
    default: []
  modules:
    description: Modules of the managers that are to be on.
    type: list
    elements: str
    default: []
  seconds:
    description: How long monitors and managers may take to come up.
    type: int
    default: 300
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  type: list
  returned: success
watch:
  description: Host to items of a watch list, its monitor's and managers' units.
  type: dict
  returned: success
"""

MEMORY = {
    "memory_mb": {"type": "int", "required": True},
    "share": {"type": "float", "required": True},
    "minimum_mb": {"type": "int", "required": True},
    "maximum_mb": {"type": "int", "required": True},
}
HOST = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "labels": {"type": "list", "elements": "str"},
    "location": {"type": "dict"},
    "memory": {"type": "dict", "options": MEMORY},
}


def apply(session: Session, given: dict, *, check: bool) -> list[str]:
    """Everything in its order: settings come before the daemons that start with them."""
    hosts = [Host(host["name"], host["address"], host["labels"], host["location"]) for host in given["hosts"]]
    changes = apply_settings(session, given["configuration"], check=check)
    changes += apply_way_in(session, given["account"], given["ssh_port"], check=check)
    changes += apply_key(session, check=check)
    changes += apply_hosts(session, hosts, check=check)
    changes += apply_places(session, hosts, check=check)
    if not check:
        changes += place_at_once(
            session,
            given["services"],
            {
                "mgr": [host.name for host in hosts if "mgr" in host.labels],
                "crash": [host.name for host in hosts],
                "mon": [host.name for host in hosts if "mon" in host.labels],
            },
        )
    changes += apply_services(session, given["services"], check=check)
    changes += apply_modules(session, given["modules"], check=check)
    if not check:
        note_memory(session, {host["name"]: HostMemory(**host["memory"]) for host in given["hosts"] if host["memory"]})
    return changes + apply_memory(session, check=check)


def watch(session: Session, fsid: str, mons: list[str]) -> dict[str, list[dict[str, str]]]:
    """Host to the units of its monitor and managers, as the monitors know them."""
    daemons = {host: [f"mon.{host}"] for host in mons}
    found = session.call("mgr metadata")
    for entry in found if isinstance(found, list) else []:
        name = entry.get("name") or entry.get("id")
        daemons.setdefault(str(entry.get("hostname", "")), []).append(f"mgr.{name}")
    return {
        host: [{"kind": "unit", "name": f"ceph-{fsid}@{name}.service"} for name in sorted(names)]
        for host, names in daemons.items()
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "fsid": {"type": "str", "required": True},
            "account": {"type": "str", "required": True},
            "ssh_port": {"type": "int", "default": 22},
            "hosts": {"type": "list", "elements": "dict", "required": True, "options": HOST},
            "configuration": {"type": "dict", "default": {}},
            "services": {"type": "list", "elements": "dict", "default": []},
            "modules": {"type": "list", "elements": "str", "default": []},
            "seconds": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    given = module.params
    cluster = find_cluster()
    if cluster is None or cluster.fsid != given["fsid"]:
        has = f"that of {cluster.fsid}" if cluster else "none"
        module.fail_json(
            msg=f"This host needs the administrator's key of the cluster {given['fsid']} and has {has}."
            " Cure: ceph orch host label add HOST _admin, on a host that has it"
        )
    mons = [host["name"] for host in given["hosts"] if "mon" in (host["labels"] or ())]
    mgrs = [host["name"] for host in given["hosts"] if "mgr" in (host["labels"] or ())]
    try:
        with Session(cluster) as session:
            changes = apply(session, given, check=module.check_mode)
        if not module.check_mode:
            waited = wait_for(
                lambda: Session(cluster),
                Wanted(quorum=mons, mgr_active=True, mgr_standbys=max(len(mgrs) - 1, 0)),
                seconds=given["seconds"],
            )
            if waited.missing:
                module.fail_json(
                    msg=f"{waited.sentence()}. Cure: ceph log last cephadm, on a monitor's host, says what the"
                    " orchestrator could not do; then groundplane apply --resume",
                    changes=changes,
                )
        with Session(cluster) as session:
            watched = watch(session, cluster.fsid, mons)
    except CephError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changes), changes=changes, watch=watched)


if __name__ == "__main__":
    main()
