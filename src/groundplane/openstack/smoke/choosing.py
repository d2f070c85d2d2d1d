"""What the smoke test takes of what a cloud offers: the image, the flavor, the network of floating addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GIB = 1024**3
APPLY = "groundplane apply platform makes what the site declares."


def choose_image(images: Iterable[Any], wanted: str = "") -> Any:
    """The image called `wanted`, else the smallest public one that boots from a disk: it is copied.

    Raises:
        InputError: there is none.
    """
    bootable = [
        image
        for image in images
        if image.status == "active"
        and image.disk_format in ("qcow2", "raw")
        and image.size
        and (image.name == wanted if wanted else image.visibility == "public")
    ]
    if bootable:
        return min(bootable, key=lambda image: (int(image.size), str(image.id)))
    if wanted:
        raise InputError(
            f"The cloud has no image '{wanted}' for the smoke test",
            cure="openstack image list names those that it has; smoke_image says which one is taken.",
        )
    raise InputError("The cloud has no public image that a server could boot", cure=APPLY)


def choose_flavor(flavors: Iterable[Any], image: Any, wanted: str = "") -> Any:
    """The flavor called `wanted`, else the smallest one that suits the image; those without a disk come first, as the
    server's disk is a volume.

    Raises:
        InputError: there is none.
    """
    known = list(flavors)
    if wanted:
        for flavor in known:
            if flavor.name == wanted:
                return flavor
        names = [str(flavor.name) for flavor in known]
        raise InputError(
            f"The cloud has no flavor '{wanted}' for the smoke test", cure=suggest(wanted, names, "See smoke_flavor.")
        )
    needed = int(image.min_ram or 0)
    fitting = [flavor for flavor in known if int(flavor.ram) >= max(needed, 1)]
    if not known:
        raise InputError("The cloud has no flavor", cure=APPLY)
    if not fitting:
        raise InputError(f"No flavor has the {needed} MiB of memory that the image '{image.name}' asks for", cure=APPLY)
    return min(fitting, key=lambda flavor: (int(flavor.ram), int(flavor.disk or 0), int(flavor.vcpus)))


def choose_network(networks: Iterable[Any], wanted: str = "") -> Any:
    """The external network called `wanted`, else the default one, else the first by its name.

    Raises:
        InputError: there is none.
    """
    external = [network for network in networks if network.is_router_external]
    chosen = [network for network in external if network.name == wanted] if wanted else external
    if chosen:
        return min(chosen, key=lambda network: (not network.is_default, str(network.name)))
    if wanted and external:
        names = [str(network.name) for network in external]
        raise InputError(
            f"The cloud has no external network '{wanted}'", cure=suggest(wanted, names, "See smoke_network.")
        )
    raise InputError("The cloud has no external network, which floating addresses come from", cure=APPLY)


def volume_gib(image: Any) -> int:
    """The size of a volume that the image fits on, in GiB: what it asks for, and never less than it takes unpacked."""
    sizes = (int(image.size or 0), int(getattr(image, "virtual_size", None) or 0))
    return max(int(image.min_disk or 0), *(-(-size // GIB) for size in sizes), 1)


def free_cidr(taken: Sequence[str]) -> str:
    """A /24 for the test's own network that overlaps none of `taken`: of what the machine itself may reach directly,
    nothing should be hidden from the server.

    Raises:
        InputError: none is free, which nobody will see.
    """
    from netaddr import IPNetwork  # noqa: PLC0415 - heavy

    used = [IPNetwork(cidr) for cidr in taken]
    for third in range(256):
        cidr = f"192.168.{third}.0/24"
        candidate = IPNetwork(cidr)
        if not any(one.version == candidate.version and (candidate in one or one in candidate) for one in used):
            return cidr
    raise InputError("No private network is free for the smoke test")
