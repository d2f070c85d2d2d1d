"""What of a host's state keeps OpenStack from working there, a sentence with its cure each.

The limits are the toolkit's; what Kolla's own prechecks ask besides is asked before each service's first deployment.
"""

from __future__ import annotations

FURTHEST_CLOCK_SECONDS = 30.0
"""Nova and Cinder take an agent for dead whose report is 60 s old; Keystone's tokens are dated by the second."""
SHOWN_IMAGES = 5


def host_problems(
    state: dict,
    *,
    interfaces: dict[str, dict[str, str]],
    minimum_memory_mb: int,
    minimum_free_mb: int,
    virt_type: str,
    clock: float,
) -> list[str]:
    """Problems that the host alone can tell.

    `interfaces` are the interfaces that it needs: Kolla's variable to `interface` and, where it is to have one, the
    `address`. `clock` is the controller's, `virt_type` empty where the host runs no servers.
    """
    found = _engine(state)
    found += [
        problem
        for variable, wanted in sorted(interfaces.items())
        for problem in _interface(variable, wanted, state["links"])
    ]
    if state["memory_mb"] < minimum_memory_mb:
        found.append(
            f"it has {state['memory_mb']} MiB of memory, less than openstack_minimum_memory_mb ({minimum_memory_mb});"
            " give it more, or take it out of the groups"
        )
    found += [
        f"{folder} has {free} MiB free, less than openstack_minimum_free_mb ({minimum_free_mb});"
        " free some (docker system df, on the host), or give it a larger disk"
        for folder, free in sorted(state["free_mb"].items())
        if free < minimum_free_mb
    ]
    away = state["clock"] - clock
    if abs(away) > FURTHEST_CLOCK_SECONDS:
        found.append(
            f"its clock is {abs(away):.0f} s {'ahead of' if away > 0 else 'behind'} this machine's"
            " (groundplane verify bootstrap; chronyc makestep, on the host, sets it at once)"
        )
    if virt_type == "kvm" and not state["kvm"]:
        found.append(
            "it has no /dev/kvm; switch virtualization on in its firmware, or set nova_compute_virt_type: qemu"
            " (a tenth as fast)"
        )
    return found + ceph_problems(state["ceph"])


def _engine(state: dict) -> list[str]:
    if state["containers"]["problem"]:
        return [f"the container engine doesn't answer: {state['containers']['problem']} (groundplane apply bootstrap)"]
    found = []
    if not state["shared"]:
        found.append(
            "its mounts aren't shared, so containers wouldn't see each other's"
            " (mount --make-rshared /, before docker starts)"
        )
    missing = state["missing_images"]
    if missing:
        more = f" and {len(missing) - SHOWN_IMAGES} more" if len(missing) > SHOWN_IMAGES else ""
        named = ", ".join(missing[:SHOWN_IMAGES])
        found.append(f"it lacks the images {named}{more} (groundplane apply supply)")
    return found


def _interface(variable: str, wanted: dict[str, str], links: dict) -> list[str]:
    name, address = wanted["interface"], wanted.get("address", "")
    link = links.get(name)
    if link is None:
        there = ", ".join(sorted(set(links) - {"lo"}))
        return [f"it has no interface {name}, which is its {variable}; it has {there} (network_interfaces in the site)"]
    if not link["up"]:
        return [f"its interface {name} ({variable}) is down (ip link show {name}, on the host)"]
    if address and address not in link["addresses"]:
        return [f"its interface {name} ({variable}) hasn't the address {address} (groundplane apply bootstrap.network)"]
    return []


def ceph_problems(health: dict | None) -> list[str]:
    """Why images and volumes have nowhere to go. A warning is no reason: it is told by groundplane verify ceph."""
    if health is None:
        return []
    if health["problem"]:
        return [f"Ceph can't be asked: {health['problem']} (groundplane verify ceph)"]
    if health["status"] == "HEALTH_ERR":
        why = "; ".join(health["checks"].values()) or "it doesn't say why"
        return [f"Ceph is not healthy: {why} (groundplane verify ceph)"]
    stuck = [text for name, text in health["checks"].items() if name == "PG_AVAILABILITY"]
    return [f"Ceph is not healthy: {text} (groundplane verify ceph)" for text in stuck]
