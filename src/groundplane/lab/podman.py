"""Nodes as system containers of podman: systemd is their first process, and they look like installed machines."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError
from groundplane.lab.disks import attach_disk, detach_disks, loop_devices
from groundplane.lab.driver import NodeState, NodeStatus
from groundplane.lab.memory_use import folder_of
from groundplane.lab.model import mac_address
from groundplane.machine.host_commands import as_root, find_program, run_command
from groundplane.machine.podman import has_cgroup_v2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.lab.disks import LoopDevice
    from groundplane.lab.model import Lab, LabNode
    from groundplane.lab.state import LabFolder
    from groundplane.machine.podman import Podman

LAB_LABEL = "groundplane.lab"
STATE_LABEL = "groundplane.lab.state"
"""The lab's state folder: the same name in another person's state is another lab."""
CAP_SYS_RESOURCE = 24
LEGACY_CGROUP_WORDS = ("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", "systemd.legacy_systemd_cgroup_controller=1")
"""systemd 256 and later run on cgroup v1 only when told so on their (kernel) command line."""
BOOT_SECONDS = 90.0
# A node with a cloud's images is some hundred thousand files.
REMOVE_SECONDS = 900
REMOVE_ATTEMPTS = 3
STOP_SECONDS = 30
LOST = "lost"
"""A container that podman takes for running, whose first process is gone (the machine went down hard)."""


def limit_words(*, may_raise: bool, files: int, processes: int) -> list[str]:
    """`--ulimit` words. Without CAP_SYS_RESOURCE a container must not ask for more than the hard limits here.

    `files` and `processes` are the hard limits, -1 for none. podman itself lowers processes to 32768 first.
    """
    if may_raise:
        return []
    files = 1048576 if files < 0 else min(files, 1048576)
    processes = 32768 if processes < 0 else min(processes, 32768)
    return ["--ulimit", f"nofile={files}:{files}", "--ulimit", f"nproc={processes}:{processes}"]


def host_limit_words() -> list[str]:
    """`limit_words` for this machine."""
    status = Path("/proc/self/status").read_text()
    bounding = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:"))
    return limit_words(
        may_raise=bool(int(bounding, 16) >> CAP_SYS_RESOURCE & 1),
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        processes=resource.getrlimit(resource.RLIMIT_NPROC)[1],
    )


def network_words(lab: Lab, node: LabNode) -> list[str]:
    """A `--network` for each network, with the node's address, its MAC and the interface's name.

    podman gives every interface an address; the node drops it at boot where it is to have none.
    """
    words = []
    for name, network in lab.networks.items():
        address = network.address(node.number)
        options = f"ip={address},mac={mac_address(address)},interface_name={network.interface}"
        words += ["--network", f"{lab.object_name(name)}:{options}"]
    return words


class PodmanDriver:
    """Everything carries the label of its lab and the lab's name in front of its own."""

    def __init__(self, podman: Podman, folder: LabFolder, image: str) -> None:
        self._podman = podman
        self._folder = folder
        self._image = image

    # -- names ---------------------------------------------------------------------------------------------------

    def check_names(self, lab: Lab) -> None:
        ours = self._labels()
        wanted = {
            "container": {lab.object_name(node.name) for node in lab.nodes},
            "network": {lab.object_name(name) for name in lab.networks},
        }
        found = {"container": self._containers(every=True), "network": self._networks(every=True)}
        for kind, names in wanted.items():
            for name, labels in found[kind].items():
                if name in names and not ours.items() <= labels.items():
                    owner = labels.get(STATE_LABEL)
                    raise InputError(
                        f"The {kind} {name} is there already and isn't this lab's",
                        why=f"it belongs to the lab with state in {owner}" if owner else "it wasn't made by a lab",
                        cure="Choose another name: groundplane lab up --name NAME",
                    )

    def _labels(self) -> dict[str, str]:
        return {LAB_LABEL: self._folder.name, STATE_LABEL: str(self._folder.root)}

    def _label_words(self) -> list[str]:
        return [word for key, value in self._labels().items() for word in ("--label", f"{key}={value}")]

    def _filter_words(self) -> list[str]:
        return [word for key, value in self._labels().items() for word in ("--filter", f"label={key}={value}")]

    def _containers(self, *, every: bool = False) -> dict[str, dict[str, str]]:
        filters = [] if every else self._filter_words()
        found = self._podman.json("ps", "--all", "--format", "json", *filters) or []
        return {entry["Names"][0]: {**(entry.get("Labels") or {}), "": _state(entry)} for entry in found}

    def _networks(self, *, every: bool = False) -> dict[str, dict[str, str]]:
        ours = self._labels()
        found: list[dict[str, Any]] = self._podman.json("network", "ls", "--format", "json") or []
        labelled = {entry["name"]: dict(entry.get("labels") or {}) for entry in found}
        return {name: labels for name, labels in labelled.items() if every or ours.items() <= labels.items()}

    # -- networks ------------------------------------------------------------------------------------------------

    def ensure_networks(self, lab: Lab) -> list[str]:
        there = self._networks()
        made = []
        for name, network in lab.networks.items():
            full = lab.object_name(name)
            if full in there:
                continue
            words = ["--disable-dns", "--subnet", network.cidr, "--gateway", network.gateway]
            # Only one network may bring a default route.
            internal = [] if network.nat else ["--internal"]
            self._podman.run(
                *("network", "create", *words, *internal, "--opt", f"mtu={network.mtu}", *self._label_words(), full),
                doing=f"Making the network {full}",
            )
            made.append(full)
        return made

    def _ensure_own_addresses(self, lab: Lab) -> None:
        """podman gives this machine no address on an internal network, and the bridge comes and goes with its users."""
        ip, ethtool = find_program("ip") or "ip", find_program("ethtool") or "ethtool"
        for name, network in lab.networks.items():
            if not network.host:
                continue
            bridge = self._podman.json("network", "inspect", lab.object_name(name))[0]["network_interface"]
            prefix = network.cidr.rpartition("/")[2]
            run_command(
                as_root([ip, "address", "replace", f"{network.gateway}/{prefix}", "dev", bridge]),
                doing=f"Giving this machine its address on {lab.object_name(name)}",
            )
            # Open vSwitch in user space drops packets whose checksum was left to hardware that there is not.
            run_command(
                as_root([ethtool, "--offload", bridge, "tx", "off"]),
                doing=f"Having checksums of packets to {lab.object_name(name)} made here",
            )

    # -- nodes ---------------------------------------------------------------------------------------------------

    def ensure_nodes(self, lab: Lab) -> list[str]:
        there = self._containers()
        attached = loop_devices(self._folder.disks)
        changed = []
        for node in lab.nodes:
            full = lab.object_name(node.name)
            state = there.get(full, {}).get("")
            if state == "running":
                continue
            _refuse_lost(lab, node, state)
            self._attach(lab, node, attached)
            if state is None:
                self._create(lab, node)
            else:
                self._podman.run("start", full, doing=f"Starting {full}")
            changed.append(node.name)
        if changed:
            self._ensure_own_addresses(lab)
        return changed

    def _create(self, lab: Lab, node: LabNode) -> None:
        full = lab.object_name(node.name)
        modules = Path("/lib/modules") / os.uname().release
        volumes = [
            *("--volume", f"{self._node_folder(node)}:/etc/groundplane-lab:ro"),
            # Overlay mounts can't lie on the container's own overlay.
            *("--volume", f"{full}-docker:/var/lib/docker"),
            *("--volume", f"{full}-containerd:/var/lib/containerd"),
            *(["--volume", f"{modules}:{modules}:ro"] if modules.is_dir() else []),
        ]
        for volume in (f"{full}-docker", f"{full}-containerd"):
            self._podman.run("volume", "create", *self._label_words(), volume, doing=f"Making the volume {volume}")
        self._podman.run(
            *("run", "--detach", "--pull", "never", "--privileged", "--systemd", "always", "--pids-limit", "-1"),
            *("--name", full, "--hostname", node.name, "--no-hosts", *self._label_words(), *host_limit_words()),
            *(*network_words(lab, node), *volumes, self._image, "/sbin/init"),
            *(() if has_cgroup_v2() else LEGACY_CGROUP_WORDS),
            doing=f"Making the node {full}",
        )

    def _node_folder(self, node: LabNode) -> Path:
        return self._folder.nodes / node.name

    def _attach(self, lab: Lab, node: LabNode, attached: Sequence[LoopDevice]) -> None:
        """The node reads its own devices from a file at boot: their numbers change when the machine restarts."""
        devices = [
            attach_disk(self._folder.disks / f"{node.name}-{number}.img", size, attached)
            for number, size in enumerate(node.disks_gib, 1)
        ]
        folder = self._node_folder(node)
        folder.mkdir(parents=True, exist_ok=True)
        # Written in place: the node has this very folder mounted.
        bare = [network.interface for network in lab.networks.values() if not network.addressed]
        (folder / "bare").write_text("".join(f"{interface}\n" for interface in bare))
        (folder / "disks").write_text("".join(f"{device}\n" for device in devices))

    def start(self, lab: Lab, node: LabNode) -> bool:
        full = lab.object_name(node.name)
        state = self._containers().get(full, {}).get("")
        if state == "running":
            return False
        _refuse_lost(lab, node, state)
        self._attach(lab, node, loop_devices(self._folder.disks))
        self._podman.run("start", full, doing=f"Starting {full}")
        self._ensure_own_addresses(lab)
        return True

    def stop(self, lab: Lab, node: LabNode, *, kill: bool = False) -> bool:
        full = lab.object_name(node.name)
        if self._containers().get(full, {}).get("") != "running":
            return False
        words = ["kill"] if kill else ["stop", "--time", str(STOP_SECONDS)]
        try:
            self._podman.run(*words, full, doing=f"Stopping {full}", timeout=STOP_SECONDS + 30)
        except FailedError:
            # With a cloud's containers in it, a node takes longer to end than podman waits for it.
            end = time.monotonic() + STOP_SECONDS
            while self._containers().get(full, {}).get("") == "running":
                if time.monotonic() > end:
                    raise
                time.sleep(1)
        return True

    def wait_for_ssh(self, lab: Lab, nodes: Sequence[LabNode]) -> None:
        end = time.monotonic() + BOOT_SECONDS
        for node in nodes:
            while True:
                try:
                    self.run(lab, node, "systemctl", "is-active", "--quiet", "ssh.service")
                    break
                except FailedError as not_yet:
                    if time.monotonic() > end:
                        raise FailedError(
                            f"The node {node.name} does not come up",
                            why=not_yet.why,
                            cure=f"Look inside: groundplane lab console {node.name} --name {lab.name}, "
                            "then systemctl --failed",
                        ) from not_yet
                    time.sleep(0.2)

    def status(self, lab: Lab) -> list[NodeStatus]:
        there = self._containers()
        found = []
        for node in lab.nodes:
            state = there.get(lab.object_name(node.name), {}).get("")
            disks = self._node_folder(node) / "disks"
            found.append(
                NodeStatus(
                    node.name,
                    NodeState.MISSING
                    if state is None
                    else NodeState.RUNNING
                    if state == "running"
                    else NodeState.STOPPED,
                    lab.addresses(node),
                    tuple(disks.read_text().split()) if disks.is_file() else (),
                )
            )
        return found

    def memory_folders(self, lab: Lab) -> dict[str, Path]:
        names = {lab.object_name(node.name): node.name for node in lab.nodes}
        running = [full for full, labels in self._containers().items() if labels[""] == "running" and full in names]
        found = self._podman.json("container", "inspect", *running) if running else []
        folders = {names[entry["Name"]]: entry["State"].get("CgroupPath") for entry in found}
        return {name: folder_of(folder) for name, folder in folders.items() if folder}

    def run(self, lab: Lab, node: LabNode, *words: str, stdin: str | None = None) -> str:
        interactive = ["--interactive"] if stdin is not None else []
        full = lab.object_name(node.name)
        return self._podman.run("exec", *interactive, full, *words, doing=f"{words[0]} in {full}", stdin=stdin)

    def console_words(self, lab: Lab, node: LabNode, words: Sequence[str] = (), *, terminal: bool = True) -> list[str]:
        interactive = ["--interactive", *(["--tty"] if terminal else [])]
        return self._podman.words("exec", *interactive, lab.object_name(node.name), *(words or ("/bin/bash", "-l")))

    # -- the end -------------------------------------------------------------------------------------------------

    def remove(self) -> list[str]:
        gone = []
        containers = list(self._containers())
        if containers:
            self._remove_nodes(containers)
            gone += [f"node {name}" for name in containers]
        volumes = [
            entry["Name"]
            for entry in self._podman.json("volume", "ls", "--format", "json", *self._filter_words()) or []
        ]
        if volumes:
            self._podman.run("volume", "rm", *volumes, doing="Removing the nodes' volumes", timeout=REMOVE_SECONDS)
            gone += [f"volume {name}" for name in volumes]
        networks = list(self._networks())
        if networks:
            self._podman.run("network", "rm", *networks, doing="Removing the networks")
            gone += [f"network {name}" for name in networks]
        return gone + [f"loop device {device}" for device in detach_disks(self._folder.disks)]

    def _remove_nodes(self, containers: Sequence[str]) -> None:
        # Their disks go too, so there is nothing to be shut down properly. podman waits some seconds for the end of
        # what it kills, and on a busy machine a node's hundreds of processes take longer.
        words = ("rm", "--force", "--ignore", "--volumes", "--time", "0", *containers)
        for attempt in range(1, REMOVE_ATTEMPTS + 1):
            try:
                self._podman.run(*words, doing="Removing the nodes", timeout=REMOVE_SECONDS)
            except FailedError:
                if attempt == REMOVE_ATTEMPTS:
                    raise
            else:
                return


def _state(entry: dict[str, Any]) -> str:
    process = entry.get("Pid")
    gone = entry["State"] == "running" and process and not Path(f"/proc/{process}").exists()
    return LOST if gone else str(entry["State"])


def _refuse_lost(lab: Lab, node: LabNode, state: str | None) -> None:
    # podman itself neither starts nor stops such a container; it only removes it.
    if state == LOST:
        raise FailedError(
            f"The node {node.name} can't be started",
            why=f"podman takes {lab.object_name(node.name)} for running, but its processes are gone, as after a crash",
            cure=f"Begin anew: groundplane lab down --name {lab.name}, then groundplane lab up --name {lab.name}",
        )
