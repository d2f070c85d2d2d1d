#!/usr/bin/python
"""What a host says of its own part in the cluster. Changes nothing."""

from __future__ import annotations

import socket
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_drive_groups import DriveGroupError
from ansible.module_utils.ceph_gateway_host import Here, units
from ansible.module_utils.ceph_gateway_service import CERTIFICATE, SERVICE
from ansible.module_utils.ceph_host_state import clock_problem
from ansible.module_utils.ceph_osd_host import OsdHost
from ansible.module_utils.ceph_session import CephError, clusters_here, find_cluster, place, run

DOCUMENTATION = r"""
module: ceph_verify_host
short_description: Look how a host stands in the cluster
description:
  - Says whether the cluster can be asked from here, which of its daemons here failed, which disks that the site names
    have no OSD, whether the clock is kept, and whether the gateway shows the host's certificate.
options:
  checks:
    description: The layer's steps that are verified; "all" for all.
    type: list
    elements: str
    default: [all]
  fsid:
    description: The site's cluster. Empty for the one that is here.
    type: str
    default: ""
  groups:
    description: The drive groups, where the host is to have OSDs.
    type: list
    elements: dict
    default: []
  port:
    description: The port of the gateway, where the host is to have one.
    type: int
  certificates:
    description: The folder with the host's certificate. Empty where the gateway doesn't use TLS.
    type: str
    default: ""
"""

RETURN = r"""
speaks:
  description: Whether the cluster can be asked from this host.
  type: bool
  returned: always
silent:
  description: Why it can't.
  type: str
  returned: always
osds:
  description: OSDs on this host's disks, as id, uuid, path.
  type: list
  returned: always
new:
  description: Disks that the site names and that have no OSD, as path and described.
  type: list
  returned: always
problems:
  description: A sentence for each thing that is wrong.
  type: list
  returned: always
"""


def speaking() -> str:
    """Why the cluster can't be asked from here; empty where it can, as far as one sees without asking."""
    cluster = find_cluster()
    if cluster is None:
        return "there is no administrator's key of a cluster"
    try:
        place(cluster.fsid, "")
    except CephError as error:
        return str(error)
    return ""


def failed_units(fsid: str) -> list[str]:
    """Daemons of the cluster that systemd gave up, or that are switched on and don't run."""
    shown = run(["systemctl", "list-units", "--all", "--plain", "--no-legend", f"ceph-{fsid}@*.service"])
    found = []
    for line in shown.stdout.splitlines():
        unit, _, active = [*line.split(None, 3), "", "", ""][:3]
        if active in ("failed", "inactive", "activating"):
            name = unit.partition("@")[2].removesuffix(".service")
            found.append(f"{name} doesn't run here ({active}). Cure: systemctl restart {unit}; journalctl -u {unit}")
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "checks": {"type": "list", "elements": "str", "default": ["all"]},
            "fsid": {"type": "str", "default": ""},
            "groups": {"type": "list", "elements": "dict", "default": []},
            "port": {"type": "int"},
            "certificates": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    given = module.params

    def asked(step: str) -> bool:
        return bool({"all", step} & set(given["checks"]))

    problems: list[str] = []
    found = {"osds": [], "new": []}
    fsid = given["fsid"] or next(iter(clusters_here()), "")
    silent = speaking()
    try:
        if asked("cluster"):
            problems += (
                failed_units(fsid) if fsid else ["No daemon of the cluster is here. Cure: groundplane apply ceph"]
            )
            clock = clock_problem()
            problems += [clock[0].upper() + clock[1:]] if clock else []
        if asked("osds") and given["groups"]:
            looked = OsdHost(given["groups"], fsid, [], socket.gethostname()).look()
            data = looked.as_data()
            found = {"osds": data["osds"], "new": data["new"]}
            problems += [
                f"{problem}. Cure: correct ceph_osds, or groundplane ceph osd list" for problem in looked.plan.problems
            ]
        if asked("gateway") and given["port"]:
            certificate = Path(given["certificates"], CERTIFICATE) if given["certificates"] else None
            here = Here(address="127.0.0.1", port=given["port"], certificate=certificate, own_units=units(SERVICE))
            lacks = here.lacks()
            problems += [f"The gateway: {lacks}. Cure: groundplane apply ceph.gateway --force"] if lacks else []
    except (CephError, DriveGroupError) as error:
        problems.append(str(error))
    module.exit_json(changed=False, speaks=not silent, silent=silent, problems=problems, **found)


if __name__ == "__main__":
    main()
