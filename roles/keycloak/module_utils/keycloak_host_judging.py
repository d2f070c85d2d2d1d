"""What of a host's state keeps Keycloak, or those who ask it, from working: a sentence with its cure each."""

from __future__ import annotations


def host_problems(
    state: dict,
    *,
    image: str,
    address: str,
    url: str,
    database: str,
    minimum_memory_mb: int,
    clock: float,
    furthest_clock_seconds: float,
) -> list[str]:
    """Problems of one host. `clock` is the controller's, `address` the host's own, `database` HOST:PORT."""
    found = _engine(state, image)
    if not state["running"]:
        found += [
            f"{program} listens on port {port} of {address}, where Keycloak has to"
            " (keycloak_port, keycloak_management_port and keycloak_cluster_port name other ports)"
            for port, program in sorted(state["listeners"].items())
        ]
        if state["memory_mb"] < minimum_memory_mb:
            found.append(
                f"it has {state['memory_mb']} MiB of memory left, less than keycloak_minimum_memory_mb"
                f" ({minimum_memory_mb}); give it more, or Keycloak less (keycloak_java_heap)"
            )
    found += _clock(state["clock"] - clock, furthest_clock_seconds)
    if state["certificate"]:
        found.append(
            f"its own certificate is of no use: {state['certificate']} (groundplane apply bootstrap.certificates)"
        )
    found += _door(state["door"], url)
    if state["database"]:
        found.append(
            f"the database at {database} doesn't answer it: {state['database']}"
            " (groundplane openstack status; groundplane apply openstack.mariadb openstack.loadbalancer)"
        )
    return found


def _engine(state: dict, image: str) -> list[str]:
    if state["engine"]:
        return [f"the container engine doesn't answer: {state['engine']} (groundplane apply bootstrap.docker)"]
    if not image:
        return ["images.lock has no image keycloak (groundplane images build, or images lock; then apply supply)"]
    return [] if state["image"] else [f"it lacks the image {image} (groundplane apply supply)"]


def _clock(away: float, furthest: float) -> list[str]:
    if abs(away) <= furthest:
        return []
    said = (
        f"its clock is {abs(away):.0f} s {'ahead of' if away > 0 else 'behind'} this machine's, more than the"
        f" {furthest:.0f} s for which hosts take each other's tokens"
        " (groundplane verify bootstrap; chronyc makestep, on the host, sets it at once)"
    )
    return [said]


def _door(door: dict, url: str) -> list[str]:
    if not door:
        return []
    by = f" (signed by {door['issuer']})" if door.get("issuer") else ""
    said = {
        "name": f"it doesn't know the name in {url}: {door['why']} (identity_fqdn; naming_hosts_extra, or the DNS)",
        "away": f"nobody answers it at {url}: {door['why']} (groundplane apply bootstrap.firewall"
        " openstack.loadbalancer; groundplane openstack status)",
        "trust": f"it doesn't trust the certificate that {url} shows{by}: {door['why']}; Keystone would refuse every"
        " login there (certificates/external.crt with the certificates that lead to its authority, which hosts have to"
        " trust; groundplane apply bootstrap.certificates openstack.loadbalancer)",
    }
    return [said[door["kind"]]]
