"""The plays of a service: Kolla's own, and ours before and after them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.kolla.image_names import kolla_image
from groundplane.kolla.inventory import GROUP
from groundplane.kolla.play_actions import plays_of_action
from groundplane.kolla.watching import aside_play, watch_play

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.site.kolla.catalogue import KollaService
    from groundplane.site.site import Site

_STARTING = ("deploy", "reconfigure", "upgrade")
LOOKED_AT: Mapping[str, Any] = {
    "name": "Every host was looked at",
    "hosts": GROUP,
    "gather_facts": False,
    "tasks": [
        {
            "name": "Say so",
            "ansible.builtin.assert": {"that": True, "quiet": True},
        }
    ],
}


LOAD_BALANCER = "loadbalancer"
ADDRESS_IS_BACK: Mapping[str, Any] = {
    "name": "The virtual addresses are there for whoever comes next",
    "hosts": LOAD_BALANCER,
    "gather_facts": False,
    "tasks": [
        {
            # keepalived takes them away while HAProxy starts, and needs some twenty seconds to trust it again; Kolla's
            # role waits only where keepalived itself was started.
            "name": "Wait for the internal address",
            "ansible.builtin.wait_for": {
                "host": "{{ kolla_internal_vip_address }}",
                "port": "{{ haproxy_monitor_port }}",
                "timeout": 120,
                "msg": "Nobody has the virtual address {{ kolla_internal_vip_address }} (docker logs keepalived)",
            },
            "when": "enable_keepalived | bool",
        }
    ],
}


def preparation(images: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The play before the first service of a run; `images` are references to the names that Kolla's modules know."""
    return [
        {
            "name": "What services of Kolla find on all hosts",
            "hosts": GROUP,
            "gather_facts": False,
            "become": True,
            "tasks": [
                {
                    "name": "Gather facts",
                    "ansible.builtin.setup": {
                        "filter": "{{ kolla_ansible_setup_filter }}",
                        "gather_subset": "{{ kolla_ansible_setup_gather_subset }}",
                    },
                },
                _named(images),
            ],
        }
    ]


def _named(images: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": "Name the images as Kolla looks for them",
        "images_name": {"names": images},
    }


def image_names(site: Site) -> dict[str, str]:
    """Every image of the site's lock, by digest, to its name for Kolla."""
    return {reference: kolla_image(reference) for reference in _references(site).values()}


def _references(site: Site) -> Mapping[str, str]:
    found = site.variables.value("groundplane_images", None)
    written: Mapping[str, str] = found.value if found is not None else {}
    return written


def plays(
    service: KollaService,
    *,
    action: str,
    step: str | None,
    folders: Mapping[str, Sequence[str]] | None = None,
    again: bool = False,
) -> list[Mapping[str, Any]]:
    """Kolla's own plays of the service, and at the end one that leaves the step's watch list, if it is a step's.

    Args:
        folders: host to the folders of the containers that it runs.
        again: the step was applied before, so that files which it didn't leave are somebody's.
    """
    found = plays_of_action(service.plays, action)
    if service.name == LOAD_BALANCER and action in _STARTING:
        found = [*found, ADDRESS_IS_BACK]
    if step is None:
        return [*([_beginning([])] if action in _STARTING else []), *found, LOOKED_AT]
    first = [_beginning(aside_play(step, hosts=GROUP)["tasks"])] if again else []
    return [*first, *found, watch_play(step, folders or {}, hosts=GROUP)]


def _beginning(tasks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What comes before Kolla's own plays of a service that hosts may have.

    systemd doesn't start a unit that failed ten times in two minutes (StartLimitBurst in Kolla's units), such as one
    whose container somebody removed; Kolla would wait for it in vain.
    """
    forgiven = {
        "name": "Have systemd start containers that it had given up",
        "ansible.builtin.command": {"argv": ["systemctl", "reset-failed", "kolla-*-container.service"]},
        "changed_when": False,
    }
    return {
        "name": "What somebody put there since, and what failed",
        "hosts": GROUP,
        "gather_facts": False,
        "become": True,
        "tasks": [*tasks, forgiven],
    }


def pulling(site: Site, service: KollaService) -> list[Mapping[str, Any]]:
    """Brings a service's images to the hosts that need them, as the layer supply does with all."""
    references = _references(site)
    wanted = json.dumps([references[name] for name in sorted(images_of(service)) if name in references])
    return [
        {
            "name": "Images of the service",
            "hosts": GROUP,
            "gather_facts": False,
            "become": True,
            "roles": [{"role": "images", "images_needed": f"{{{{ {wanted} | intersect(groundplane_host_images) }}}}"}],
            "post_tasks": [_named(image_names(site))],
        }
    ]


def images_of(service: KollaService) -> frozenset[str]:
    """The names of its containers' images."""
    return frozenset(container.image for container in service.containers.values())
