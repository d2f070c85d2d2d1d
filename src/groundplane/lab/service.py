"""A lab from nothing to bootstrapped nodes, and away again. The command line and the tests call these functions."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, LockedError
from groundplane.lab.apt_cache import ensure_apt_cache, remove_unused_apt_cache
from groundplane.lab.driver import NodeState
from groundplane.lab.guest_image import ensure_guest_image, lend
from groundplane.lab.model import Lab, LabNetwork, load_definition, plan_nodes
from groundplane.lab.networks import choose_subnets, taken_networks
from groundplane.lab.node_image import ensure_node_image, node_image_name
from groundplane.lab.podman import PodmanDriver
from groundplane.lab.requirements import check_machine
from groundplane.lab.site import ensure_site, operator_public_key, pin_host_keys, read_public_keys
from groundplane.lab.state import LabFolder, lab_names, machine_lock
from groundplane.machine.debian_mirror import host_mirror
from groundplane.machine.podman import host_podman
from groundplane.run.lock import lock_holder
from groundplane.site.scaffold.start import lab_password_file
from groundplane.site.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.lab.driver import LabDriver, NodeStatus
    from groundplane.lab.model import LabDefinition, LabNode

DEFAULT_NAME = "lab"
DEFAULT_PROFILE = "cloud"
DEFAULT_NODES = 3
READY_MARK = "/var/lib/groundplane-lab/ready"
"""In a node that got its first key; what the bootstrap layer made of access since is not undone."""

FIRST_ACCESS = f"""
set -eu
install -d -m 0700 /root/.ssh
cat > /root/.ssh/authorized_keys
chmod 0600 /root/.ssh/authorized_keys
install -d -m 0755 {READY_MARK.rpartition("/")[0]}
: > {READY_MARK}
"""


@dataclass(frozen=True, slots=True)
class LabPlaces:
    """Folders of Settings that labs use, and the toolkit's content."""

    state: Path
    config: Path
    cache: Path
    content: Content

    def folder(self, name: str) -> LabFolder:
        return LabFolder(self.state, name)


@dataclass(frozen=True, slots=True)
class UpRequest:
    """What `lab up` was asked for. `nodes` and `profile` None: as the lab was made, else the defaults."""

    name: str = DEFAULT_NAME
    nodes: int | None = None
    profile: str | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class LabIsUp:
    """What `make_lab` found or made."""

    lab: Lab
    folder: LabFolder
    changed: tuple[str, ...]
    """In words; empty when everything stood already."""


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A lab as it is now."""

    lab: Lab
    folder: LabFolder
    nodes: tuple[NodeStatus, ...]
    memory_folders: Mapping[str, Path] = field(default_factory=dict)
    """Node to where the kernel keeps account of its memory, of those that run."""

    @property
    def running(self) -> bool:
        return all(node.state is NodeState.RUNNING for node in self.nodes)


def make_lab(request: UpRequest, places: LabPlaces, *, tell: Callable[[str], None]) -> LabIsUp:
    """Makes what is missing of a lab: images, networks, disks, nodes, its site. Whatever stands stays untouched.

    `tell` is told what is being done, a line each. Applying layers is the caller's next step.

    Raises:
        InputError: the machine is too small, a name is taken, or the lab was made with other numbers.
        LockedError: another command works on this lab.
        FailedError: something could not be built or started.
    """
    definition = load_definition(places.content)
    folder = places.folder(request.name)
    with folder.lock():
        lab = folder.load()
        if lab is not None:
            _refuse_other_shape(lab, request)
        suite, profile_name = (lab.suite, lab.profile) if lab is not None else (definition.suite, request.profile)
        profile = definition.profile(profile_name or DEFAULT_PROFILE)
        driver = _driver(folder, suite)
        states = {node.state for node in driver.status(lab)} if lab is not None else {NodeState.MISSING}
        if states != {NodeState.RUNNING}:
            check_machine(profile.needs, folder.root, disks=bool(profile.disks_gib))
        if NodeState.MISSING in states or request.fresh:
            tell("Images")
            ensure_node_image(suite, cache=places.cache, fresh=request.fresh)
        changed: list[str] = []
        podman = host_podman()
        with machine_lock(places.state):
            tell("Apt cache")
            proxy = ensure_apt_cache(
                podman,
                definition.pools,
                cache=places.cache,
                upstream=host_mirror().proxy,
                fresh=request.fresh,
            )
            if lab is None:
                lab = _new_lab(request, definition, proxy)
                driver.check_names(lab)
                folder.save(lab)
                changed.append(f"state in {folder.root}")
            tell("Networks")
            changed += [f"network {name}" for name in driver.ensure_networks(lab)]
        tell("Nodes")
        changed += [f"node {name}" for name in driver.ensure_nodes(lab)]
        driver.wait_for_ssh(lab, lab.nodes)

        def guest_image() -> Mapping[str, Any]:
            tell("Guest image")
            image = ensure_guest_image(cache=places.cache, fresh=request.fresh)
            return lend(image, folder.root / "guests").declaration()

        if ensure_site(folder, lab, config=places.config, content=places.content, guest_image=guest_image):
            changed.append(f"site {folder.site}")
        changed += _first_access(driver, folder, lab)
        return LabIsUp(lab, folder, tuple(changed))


def _refuse_other_shape(lab: Lab, request: UpRequest) -> None:
    there = len(lab.nodes) - 1
    differs = []
    if request.nodes is not None and request.nodes != there:
        differs.append(f"{there} nodes, not {request.nodes}")
    if request.profile is not None and request.profile != lab.profile:
        differs.append(f"the profile {lab.profile}, not {request.profile}")
    if differs:
        raise InputError(
            f"The lab {lab.name} was made with {' and '.join(differs)}",
            cure=f"Take it down first (groundplane lab down --name {lab.name}), or make another one with --name.",
        )


def _new_lab(request: UpRequest, definition: LabDefinition, proxy: str) -> Lab:
    profile_name = request.profile or DEFAULT_PROFILE
    profile = definition.profile(profile_name)
    nodes = plan_nodes(definition, DEFAULT_NODES if request.nodes is None else request.nodes, profile)
    # The cache's network is among the taken ones by now.
    subnets = choose_subnets(definition.pools, taken_networks(host_podman()), len(definition.networks))
    return Lab(
        name=request.name,
        suite=definition.suite,
        profile=profile_name,
        domain=f"{request.name}.{definition.domain}",
        networks={
            name: LabNetwork(cidr=str(subnet), **network.model_dump())
            for (name, network), subnet in zip(definition.networks.items(), subnets, strict=True)
        },
        nodes=nodes,
        apt_proxy=proxy,
    )


def _first_access(driver: LabDriver, folder: LabFolder, lab: Lab) -> list[str]:
    """Gives new nodes the operator's key, as an installer would, and pins all host keys, read from the nodes."""
    public = operator_public_key(folder.site)
    changed = []
    keys = {}
    for node in lab.nodes:
        report = driver.run(
            lab, node, "sh", "-c", f"cat /etc/ssh/ssh_host_*_key.pub; test -e {READY_MARK} || echo unprepared"
        )
        keys[node.name] = read_public_keys(report)
        if report.rstrip().endswith("unprepared"):
            driver.run(lab, node, "sh", "-c", FIRST_ACCESS, stdin=public + "\n")
            changed.append(f"first access to {node.name}")
    return changed + [f"host keys of {name}" for name in pin_host_keys(folder.site, lab, keys)]


def lab_status(name: str, places: LabPlaces) -> LabStatus:
    """
    Raises:
        InputError: there is no such lab.
    """
    folder, lab = find_lab(name, places)
    driver = _driver(folder, lab.suite)
    return LabStatus(lab, folder, tuple(driver.status(lab)), driver.memory_folders(lab))


def memory_folders(is_up: LabIsUp) -> Mapping[str, Path]:
    """Where the kernel keeps account of the memory of the nodes that run now."""
    return _driver(is_up.folder, is_up.lab.suite).memory_folders(is_up.lab)


def find_lab(name: str, places: LabPlaces) -> tuple[LabFolder, Lab]:
    """
    Raises:
        InputError: there is no such lab; names those that are there.
    """
    folder = places.folder(name)
    lab = folder.load()
    if lab is None:
        others = lab_names(places.state)
        raise InputError(
            f"There is no lab called {name}",
            why=f"labs here: {', '.join(others)}" if others else "there is no lab on this machine",
            cure=f"groundplane lab up --name {name}",
        )
    return folder, lab


def start_node(name: str, node: str, places: LabPlaces) -> bool:
    """Starts a node with the addresses and disks that it had, and waits for its ssh; False where it ran."""
    folder, lab = find_lab(name, places)
    with folder.lock():
        driver = _driver(folder, lab.suite)
        started = driver.start(lab, lab.node(node))
        driver.wait_for_ssh(lab, [lab.node(node)])
        return started


def stop_node(name: str, node: str, places: LabPlaces, *, kill: bool) -> bool:
    """Shuts a node down, or takes its power away; False where it stood still."""
    folder, lab = find_lab(name, places)
    # Without the lab's lock: a node may die while the lab is being worked on.
    return _driver(folder, lab.suite).stop(lab, lab.node(node), kill=kill)


def run_in_node(name: str, node: str, words: Sequence[str], places: LabPlaces, *, terminal: bool) -> int:
    """Runs a command, or a root shell, in a node, on this terminal; not over the network. Returns its exit code."""
    folder, lab = find_lab(name, places)
    found: LabNode = lab.node(node)
    command = _driver(folder, lab.suite).console_words(lab, found, words, terminal=terminal)
    return subprocess.run(command, check=False).returncode


def remove_lab(name: str, places: LabPlaces) -> list[str]:
    """Removes everything of a lab and nothing else; what it was, in words. Also what a damaged lab left behind.

    Raises:
        LockedError: another command works on this lab, or a run on its site.
    """
    folder = places.folder(name)
    with folder.lock():
        _refuse_while_running(folder)
        gone = _driver(folder, "trixie").remove()
        if folder.root.is_dir():
            shutil.rmtree(folder.root)
            gone.append(f"folder {folder.root}")
        password = lab_password_file(places.config, name)
        if password.is_file():
            password.unlink()
            gone.append(f"file {password}")
        with machine_lock(places.state):
            gone += remove_unused_apt_cache(host_podman())
    return gone


def _refuse_while_running(folder: LabFolder) -> None:
    holder = lock_holder(state_folder(folder.site))
    if holder is not None:
        raise LockedError(
            f"A run is at work on the lab {folder.name}",
            why=f"{holder.holder} holds its site since {holder.since}, run {holder.run}",
            cure=f"Wait for it, or stop it: groundplane --site {folder.site} cancel {holder.run}",
        )


def _driver(folder: LabFolder, suite: str) -> PodmanDriver:
    return PodmanDriver(host_podman(), folder, node_image_name(suite))
