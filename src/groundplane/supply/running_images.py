"""Which images hosts have and run: one question per host over ssh, to all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.ssh.asking import ask_hosts
from groundplane.supply import running_script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.asking import HostAnswer
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class RunningContainer:
    """A container; `reference` is what it was made from as it was named then, `image_id` the image that this was."""

    name: str
    reference: str
    image_id: str


@dataclass(frozen=True, slots=True)
class HostImages:
    """What a host has and runs, whatever its container engines.

    Attributes:
        error: why it could not be asked, or its engine doesn't answer; empty where all is known.
        images: image id to names, REPOSITORY@DIGEST and REPOSITORY:TAG.
    """

    host: str
    error: str = ""
    images: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    containers: tuple[RunningContainer, ...] = ()


def running_images(site: Site, hosts: Sequence[str], connection: SshConnection) -> dict[str, HostImages]:
    """Asks these hosts; one that can't be asked is in the result, with the reason in `error`."""
    text = Path(running_script.__file__).read_text(encoding="utf-8")
    script = f"{text}\n\nprint(answer())\n".encode()
    found = ask_hosts(site, hosts, connection, marker="groundplane_images", script=lambda _host: script)
    return {host: understand(answer) for host, answer in found.items()}


def understand(answer: HostAnswer) -> HostImages:
    """A host's line of JSON; see `running_script`."""
    if not answer.reachable:
        return HostImages(answer.host, error=answer.error)
    engines: dict[str, dict[str, Any]] = answer.data["engines"]
    images: dict[str, tuple[str, ...]] = {}
    containers: list[RunningContainer] = []
    for engine in engines.values():
        for image, names in engine.get("images", {}).items():
            images[image] = (*images.get(image, ()), *names)
        containers += [
            RunningContainer(found["name"], found["image"], found["id"]) for found in engine.get("containers", ())
        ]
    errors = [f"{name}: {engine['error']}" for name, engine in engines.items() if "error" in engine]
    return HostImages(answer.host, "; ".join(errors), images, tuple(containers))
