#!/usr/bin/python
"""Restarts one daemon of a cluster by its unit on this host, and sees that it stays."""

from __future__ import annotations

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_session import CephError, run

DOCUMENTATION = r"""
module: ceph_daemon_restart
short_description: Restart one of a cluster's daemons on this host
description:
  - By systemd, so that it also works where the orchestrator doesn't.
options:
  fsid:
    description: The cluster's id.
    type: str
    required: true
  daemon:
    description: The daemon, as in "ceph orch ps".
    type: str
    required: true
  started_before:
    description: Seconds since 1970; one that was started later is left alone. 0 for any.
    type: int
    default: 0
"""

RETURN = r"""
unit:
  description: The unit.
  type: str
  returned: always
"""

STEADY_SECONDS = 4.0


def show(unit: str) -> dict[str, str]:
    words = ["systemctl", "show", "--timestamp=unix", "-p", "ActiveState,LoadState,ActiveEnterTimestamp,Result", unit]
    lines = run(words, seconds=30).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def said(unit: str) -> str:
    """The last line of its log."""
    lines = run(["journalctl", "-u", unit, "-n", "3", "-o", "cat", "--no-pager"], seconds=30).stdout.strip()
    return lines.splitlines()[-1] if lines else "its log is empty"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "fsid": {"type": "str", "required": True},
            "daemon": {"type": "str", "required": True},
            "started_before": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    daemon, before = module.params["daemon"], module.params["started_before"]
    unit = f"ceph-{module.params['fsid']}@{daemon}.service"
    if not (Path("/var/lib/ceph") / module.params["fsid"] / daemon).is_dir():
        module.fail_json(msg=f"{daemon} isn't on this host. Cure: groundplane ceph status shows where it is", unit=unit)
    try:
        now = show(unit)
        started = now.get("ActiveEnterTimestamp", "").lstrip("@")
        fresh = before and now.get("ActiveState") == "active" and started.isdigit() and int(started) >= before
        if fresh or module.check_mode:
            module.exit_json(changed=not fresh, unit=unit)
        # One that ended too often isn't started again before its failures are forgotten.
        run(["systemctl", "reset-failed", unit], seconds=30)
        done = run(["systemctl", "restart", unit], seconds=300)
        time.sleep(STEADY_SECONDS)
        now = show(unit)
        if done.returncode or now.get("ActiveState") != "active":
            why = done.stderr.strip().splitlines()[0] if done.stderr.strip() else f"it is {now.get('ActiveState')}"
            module.fail_json(
                msg=f"{daemon} doesn't start: {why}; {said(unit)}. Cure: on the host, journalctl -u {unit}", unit=unit
            )
    except CephError as error:
        module.fail_json(msg=f"{daemon}: {error}. Cure: on the host, systemctl status {unit}", unit=unit)
    module.exit_json(changed=True, unit=unit)


if __name__ == "__main__":
    main()
