"""A host's OSDs: what the drive groups ask for, what is there, and the way from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

try:
    from ansible.module_utils import ceph_osd_making as making
    from ansible.module_utils.ceph_disks import DiskSurvey, survey_disks
    from ansible.module_utils.ceph_drive_groups import DrivePlan, named_paths, plan_drives
    from ansible.module_utils.ceph_session import CephError
except ImportError:
    import ceph_osd_making as making
    from ceph_disks import DiskSurvey, survey_disks
    from ceph_drive_groups import DrivePlan, named_paths, plan_drives
    from ceph_session import CephError


@dataclass
class HostOsds:
    """What was found on a host, and what was done to it.

    Attributes:
        states: by OSD id, "running", "stopped" or "" (no daemon).
        failed: reasons, where OSDs couldn't be made.
        not_started: ids of OSDs that are prepared and that the orchestrator has to start.
    """

    host: str
    fsid: str
    survey: DiskSurvey
    plan: DrivePlan
    states: dict[int, str]
    changes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_started: list[int] = field(default_factory=list)

    def intended(self) -> list[str]:
        """What is still to be done, as sentences."""
        lines = []
        for assignment in self.plan.assignments:
            for disk in assignment.new:
                again = "; what a run left half done on it is removed first" if disk in self.plan.unfinished else ""
                lines.append(f"{disk.described()} becomes an OSD (drive group {assignment.name}){again}")
        for osd_id, state in sorted(self.states.items()):
            if state != "running":
                lines.append(f"osd.{osd_id} is started")
        return lines

    def refusal(self) -> str:
        """Why nothing can be done, with the cure; empty where it can."""
        if not self.plan.problems:
            return ""
        them = "them" if len(self.plan.problems) > 1 else "it"
        held = [problem.split()[0] for problem in self.plan.problems if " holds " in problem]
        empty = f"; to empty one for good: groundplane ceph osd wipe {self.host} {held[0]}" if held else ""
        return f"{'; '.join(self.plan.problems)}. Cure: take {them} out of the host's disks{empty}"

    def failure(self) -> str:
        return (
            f"{'; '.join(self.failed)}. Cure: /var/log/ceph/{self.fsid}/ceph-volume.log on {self.host} says all of it;"
            " groundplane apply ceph.osds removes what is half done and tries again"
        )

    def as_data(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "new": [
                {"path": disk.path, "described": disk.described(), "group": assignment.name}
                for assignment in self.plan.assignments
                for disk in assignment.new
            ],
            "osds": [
                {
                    "id": part.osd_id,
                    "uuid": part.uuid,
                    "path": disk,
                    "group": assignment.name,
                    "device_class": assignment.group.get("device_class") or "",
                    "state": self.states.get(part.osd_id, ""),
                    "host": self.host,
                }
                for part, assignment in self.plan.osds
                for disk in [self._disk_of(part.uuid)]
            ],
            "uuids": sorted(self._uuids()),
            "refusal": self.refusal(),
            "changes": self.changes,
            "intended": self.intended(),
            "failed_to_start": self.not_started,
            "watch": making.watch_items(self.fsid, list(self.states)),
        }

    def _uuids(self) -> set[str]:
        """Of all OSDs that disks hold; what is half made and about to be removed doesn't count."""
        leaving = {disk.path for disk in self.plan.unfinished}
        return {part.uuid for disk in self.survey.disks.values() if disk.path not in leaving for part in disk.osds}

    def _disk_of(self, uuid: str) -> str:
        for disk in self.survey.disks.values():
            if any(part.uuid == uuid and part.role == "block" for part in disk.osds):
                return disk.path
        return ""


class OsdHost:
    """Looks at this host.

    Args:
        known: OSDs as the cluster knows them: id, uuid, unborn (never ran), destroyed, host.
    """

    def __init__(self, groups: list[dict[str, Any]], fsid: str, known: list[dict[str, Any]], name: str) -> None:
        self.groups = groups
        self.fsid = fsid
        self.known = known
        self.name = name

    def look(self, also: tuple[str, ...] = ()) -> HostOsds:
        """Reads the disks, and those at the paths `also`, and says what the drive groups make of them.

        Raises:
            DriveGroupError: a drive group can't be understood.
        """
        survey = survey_disks([*named_paths(self.groups), *also])
        unborn = tuple(osd["uuid"] for osd in self.known if osd["unborn"])
        plan = plan_drives(self.groups, survey, fsid=self.fsid, ours=making.noted(self.fsid), unborn=unborn)
        gone = self._gone(plan)
        plan.problems += gone
        states = {part.osd_id: making.daemon_state(self.fsid, part.osd_id) for part, _ in plan.osds}
        return HostOsds(self.name, self.fsid, survey, plan, states)

    def _gone(self, plan: DrivePlan) -> list[str]:
        """OSDs on disks that the cluster knows no more, or under that number as another one."""
        if not self.known:
            return []
        uuids = {osd["uuid"]: osd for osd in self.known}
        return [
            f"{assignment_disk(plan, part.uuid)} holds osd.{part.osd_id}, which the cluster"
            " doesn't know any more (it was removed or destroyed)"
            for part, _ in plan.osds
            if part.uuid not in uuids or uuids[part.uuid].get("destroyed")
        ]

    def replaceable(self) -> list[int]:
        """Ids of destroyed OSDs of this host, which new disks get."""
        return sorted(osd["id"] for osd in self.known if osd.get("destroyed") and osd.get("host") == self.name)


def assignment_disk(plan: DrivePlan, uuid: str) -> str:
    """The path of the disk that holds an OSD."""
    for assignment in plan.assignments:
        for disk in assignment.data:
            if any(part.uuid == uuid for part in disk.osds):
                return disk.path
    return "A disk"


def make_osds(host: OsdHost, found: HostOsds, *, image: str, conf: str, key: str) -> HostOsds:
    """Removes what a run left half done, prepares new disks, starts daemons; what the host is like afterwards.

    Raises:
        CephError: what was left can't be removed.
    """
    cephadm = making.Cephadm(image, host.fsid, conf, key)
    changes: list[str] = []
    failed: list[str] = []
    for disk in found.plan.unfinished:
        cephadm.volume("lvm", "zap", "--destroy", disk.path)
        changes.append(f"what a run left half done on {disk.path} was removed")
    new = found.plan.new()
    if new:
        making.write_note(host.fsid, [*new, *found.plan.unfinished])
        failed = making.prepare_all(cephadm, found.plan.assignments, host.replaceable())
    before = {part.uuid for part, _ in found.plan.osds}
    after = host.look()
    # What was made a moment ago isn't in the list of what the cluster knew.
    after.plan.problems = [problem for problem in after.plan.problems if problem in found.plan.problems]
    if not failed:
        making.remove_note()
    for part, _ in after.plan.osds:
        if part.uuid not in before:
            changes.append(f"osd.{part.osd_id} was made of {assignment_disk(after.plan, part.uuid)}")
        changes += _start(cephadm, after, part.osd_id, part.uuid)
    after.changes = changes
    after.failed = failed
    return after


def _start(cephadm: making.Cephadm, host: HostOsds, osd_id: int, uuid: str) -> list[str]:
    state = host.states.get(osd_id, "")
    if state == "running":
        return []
    try:
        if state == "stopped":
            making.start_daemon(host.fsid, osd_id)
        else:
            cephadm.deploy(osd_id, uuid)
    except CephError:
        host.not_started.append(osd_id)
        return []
    host.states[osd_id] = "running"
    return [f"osd.{osd_id} was started"]
