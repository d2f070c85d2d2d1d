"""The lab's site: an ordinary one, written by the lab template; its hosts are the lab's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from groundplane.errors import InputError
from groundplane.lab.model import load_definition
from groundplane.layers.order import topological
from groundplane.machine.host_commands import run_command
from groundplane.site.scaffold import ScaffoldNetwork, ScaffoldNode, ScaffoldParameters, ScaffoldVip, Template
from groundplane.site.scaffold.create import create_site
from groundplane.site.scaffold.start import lab_password_file, make_lab_password
from groundplane.ssh.known_hosts import HostKey, HostTarget, pin, read_known_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.lab.model import Lab, LabNetwork, LabNode
    from groundplane.lab.state import LabFolder

FIRST_HOST = 10
LAST_HOST = 199
"""Virtual addresses and what later layers hand out lie above."""
VIPS = {"internal": 240, "external": 241}
"""Numbers of the cloud's virtual addresses in the management network: the machine that the lab runs on reaches them."""
VIPS_LAYER = "openstack"
GUESTS_LAYER = "platform"
KEY_FIELDS = 2


def newest_release(content: Content) -> str:
    """
    Raises:
        InputError: the toolkit has none.
    """
    names = sorted(path.stem for path in content.releases.glob("*.yml"))
    if not names:
        raise InputError("The toolkit has no release file", why=f"{content.releases} holds no NAME.yml")
    return names[-1]


def toolkit_layers(content: Content) -> tuple[str, ...]:
    """All layers of the toolkit in their order."""
    layers = yaml.safe_load((content.playbooks / "layers.yml").read_text())["layers"]
    return topological({name: tuple((layer or {}).get("needs") or ()) for name, layer in layers.items()})


def site_parameters(
    lab: Lab,
    *,
    release: str,
    password_file: str,
    layers: tuple[str, ...],
    images_layers: tuple[str, ...] = (),
    guest_images: tuple[Mapping[str, Any], ...] = (),
) -> ScaffoldParameters:
    """What the lab template is filled with."""
    management = next(name for name, network in lab.networks.items() if network.nat)
    vips = VIPS if VIPS_LAYER in layers else {}
    return ScaffoldParameters(
        name=lab.name,
        domain=lab.domain,
        release=release,
        networks={name: _network(network) for name, network in lab.networks.items()},
        nodes=tuple(ScaffoldNode(node.name, node.number, node.groups, _variables(lab, node)) for node in lab.nodes),
        layers=layers,
        images_layers=images_layers,
        management_network=management,
        vips={name: ScaffoldVip(management, lab.management.address(number)) for name, number in vips.items()},
        vault_password_file=password_file,
        packages_apt_proxy=lab.apt_proxy,
        guest_images=guest_images,
    )


def _variables(lab: Lab, node: LabNode) -> dict[str, list[str]]:
    addressed = [name for name, network in lab.networks.items() if network.addressed]
    networks = {} if len(addressed) == len(lab.networks) else {"networks": addressed}
    return networks | ({"disks": list(node.disks)} if node.disks else {})


def _network(network: LabNetwork) -> ScaffoldNetwork:
    return ScaffoldNetwork(
        network.cidr,
        network.interface,
        mtu=network.mtu,
        gateway=network.gateway if network.nat else None,
        hosts=f"{network.address(FIRST_HOST)}-{network.address(LAST_HOST)}",
        purpose=network.purpose,
    )


def lab_layers(lab: Lab, content: Content) -> tuple[str, ...]:
    """The layers that the lab's site has when it is made: its profile's, as far as the toolkit has them."""
    wanted = load_definition(content).profile(lab.profile).layers
    return tuple(layer for layer in toolkit_layers(content) if layer in wanted)


def ensure_site(
    folder: LabFolder,
    lab: Lab,
    *,
    config: Path,
    content: Content,
    guest_image: Callable[[], Mapping[str, Any]] | None = None,
) -> bool:
    """Makes the site where it isn't there; what a person changed in it since stays. True where it was made.

    `guest_image` makes an image for the cloud's users and says what the platform layer is to know of it; it is called
    where the site has that layer.
    """
    if (folder.site / "site.yml").is_file():
        return False
    password = make_lab_password(config, lab.name)
    profile = load_definition(content).profile(lab.profile)
    layers = lab_layers(lab, content)
    make_image = guest_image if GUESTS_LAYER in layers else None
    parameters = site_parameters(
        lab,
        release=newest_release(content),
        password_file=str(lab_password_file(config, lab.name)),
        layers=layers,
        images_layers=profile.images_layers,
        guest_images=(make_image(),) if make_image is not None else (),
    )
    create_site(folder.site, Template.LAB, parameters, password=password, content=content)
    return True


def operator_public_key(site: Path) -> str:
    return (site / "inventory" / "operator.pub").read_text().strip()


def read_public_keys(text: str) -> tuple[HostKey, ...]:
    """The contents of a host's ssh_host_*_key.pub files."""
    fields = (line.split() for line in text.splitlines())
    return tuple(HostKey(words[0], words[1]) for words in fields if len(words) >= KEY_FIELDS)


def pin_host_keys(site: Path, lab: Lab, keys: Mapping[str, Iterable[HostKey]]) -> list[str]:
    """Writes the nodes' own host keys to the site's known_hosts; the names of nodes whose keys were new."""
    path = site / "inventory" / "known_hosts"
    known = read_known_hosts(path)
    fresh = []
    for node in lab.nodes:
        shown = tuple(keys.get(node.name, ()))
        target = host_target(lab, node)
        if shown and set(shown) != set(known.keys_of(target.address)):
            fresh.append((target, shown))
    if fresh:
        pin(path, fresh)
        _commit(site, path)
    return [target.name for target, _ in fresh]


def _commit(site: Path, path: Path) -> None:
    """A person who looks at the site's changes should see their own."""
    if not (site / ".git").is_dir():
        return
    git = ["git", f"--git-dir={site / '.git'}", f"--work-tree={site}", "-c", "core.hooksPath=/dev/null"]
    person = ["-c", "user.name=Groundplane", "-c", "user.email=groundplane@localhost", "-c", "commit.gpgsign=false"]
    doing = "Committing the nodes' host keys"
    run_command([*git, "add", "--", str(path)], doing=doing)
    run_command([*git, *person, "commit", "-qm", "The nodes' own host keys", "--", str(path)], doing=doing)


def host_target(lab: Lab, node: LabNode) -> HostTarget:
    """All names under which ssh may meet a node."""
    others = (address for address in lab.addresses(node).values() if address != lab.address(node))
    return HostTarget(node.name, lab.address(node), aliases=(f"{node.name}.{lab.domain}", *others))
