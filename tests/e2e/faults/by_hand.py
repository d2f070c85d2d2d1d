"""What people change behind Groundplane's back: each change knows how a plan has to name it and what mends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.e2e.cluster import Cluster
from tests.e2e.people import Identity

if TYPE_CHECKING:
    from tests.e2e.cloud import Cloud
    from tests.e2e.conftest import Lab

CONTROL = "node1"
CUSTOMER = "acme"
FLAVOR = "SCS-1V-2"
WRONG_RAM = 512
COMPUTE_VERSION = {"OpenStack-API-Version": "compute 2.61"}


@dataclass(frozen=True, slots=True)
class Change:
    """Something was changed.

    Attributes:
        step: the one that puts it right, on `host` alone.
        words: what a plan says besides these two.
        mended: whether it is as before, asked past Groundplane.
        undo: puts it back by hand, for a test that fails before Groundplane did.
    """

    step: str
    host: str
    words: tuple[str, ...]
    mended: Callable[[], bool]
    undo: Callable[[], object]


Make = Callable[["Lab", "Cloud"], Change]


def container_stopped(lab: Lab, cloud: Cloud) -> Change:
    name, unit = "memcached", kolla_unit("memcached")
    lab.on(CONTROL, "systemctl", "stop", unit)
    return Change(
        step="openstack.memcached",
        host=CONTROL,
        words=(f"container {name} is exited", "was running"),
        mended=lambda: name in cloud.containers(CONTROL),
        undo=lambda: lab.on(CONTROL, "systemctl", "start", unit),
    )


def container_removed(lab: Lab, cloud: Cloud) -> Change:
    name = "placement_api"
    remove_container(lab, CONTROL, name)
    return Change(
        step="openstack.placement",
        host=CONTROL,
        words=(f"container {name} is missing", "was running"),
        mended=lambda: name in cloud.containers(CONTROL),
        undo=lambda: lab.groundplane("apply", "openstack.placement", "--yes"),
    )


def config_edited(lab: Lab, _cloud: Cloud) -> Change:
    file = "/etc/kolla/glance-api/glance-api.conf"
    before = lab.on(CONTROL, "sha256sum", file)
    lab.on(CONTROL, "sh", "-c", f"echo '# by hand' >> {file}")
    return Change(
        step="openstack.glance",
        host=CONTROL,
        words=(f"file {file} was changed", "content"),
        mended=lambda: lab.on(CONTROL, "sha256sum", file) == before,
        undo=lambda: lab.on(CONTROL, "sed", "--in-place", "${/^# by hand$/d}", file),
    )


def package_removed(lab: Lab, _cloud: Cloud) -> Change:
    host = "node3"
    name = remove_package(lab, host)
    return Change(
        step="bootstrap.packages",
        host=host,
        words=(f"package {name}", "missing"),
        mended=lambda: lab.on(host, "dpkg-query", "-W", "-f", "${db:Status-Status}", name) == "installed",
        undo=lambda: lab.on(host, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "install", name),
    )


def pool_size(lab: Lab, _cloud: Cloud) -> Change:
    return _pool(lab, "backups", "size", lambda was: int(was) - 1, lambda now: f"{now} copies")


def pool_autoscaling(lab: Lab, _cloud: Cloud) -> Change:
    """What decides the number of its placement groups. Not "on": by that Ceph would begin to change it at once."""

    def other(was: Any) -> str:
        return "warn" if was != "warn" else "off"

    return _pool(lab, "vms", "pg_autoscale_mode", other, lambda now: f"autoscale {now}")


def _pool(lab: Lab, pool: str, key: str, change: Callable[[Any], Any], say: Callable[[Any], str]) -> Change:
    cluster = Cluster(lab)

    def value() -> Any:
        return cluster.ask("osd", "pool", "get", pool, key)[key]

    before = value()
    now = change(before)
    cluster.said("osd", "pool", "set", pool, key, str(now))
    return Change(
        step="ceph.pools",
        host=CONTROL,
        words=(f"pool {pool}", say(now)),
        mended=lambda: bool(value() == before),
        undo=lambda: cluster.said("osd", "pool", "set", pool, key, str(before)),
    )


def flavor_changed(lab: Lab, cloud: Cloud) -> Change:
    """A flavor's memory can't be changed: somebody deletes it and makes another of its name."""
    before = flavor(cloud)
    cloud.call("compute", "DELETE", f"/flavors/{before['id']}")
    wrong = {key: before[key] for key in ("id", "name", "description", "vcpus", "disk")} | {"ram": WRONG_RAM}
    cloud.call("compute", "POST", "/flavors", {"flavor": wrong}, **COMPUTE_VERSION)
    kept = ("name", "ram", "vcpus", "disk", "extra_specs")
    return Change(
        step="platform.flavors",
        host=CONTROL,
        words=(f"flavor {FLAVOR}", str(WRONG_RAM), str(before["ram"])),
        mended=lambda: {key: flavor(cloud)[key] for key in kept} == {key: before[key] for key in kept},
        undo=lambda: lab.groundplane("apply", "platform.flavors", "--yes"),
    )


def flavor(cloud: Cloud) -> dict[str, Any]:
    return next(one for one in cloud.list("compute", "/flavors/detail", **COMPUTE_VERSION) if one["name"] == FLAVOR)


def realm_changed(_lab: Lab, cloud: Cloud) -> Change:
    identity = Identity(cloud)
    before = change_realm(identity)
    return Change(
        step="identity.realms",
        host=CONTROL,
        words=(f"realm {CUSTOMER}", "brute force"),
        mended=lambda: realm_settings(identity) == before,
        undo=lambda: identity.admin("PUT", f"/{CUSTOMER}", {**identity.admin("GET", f"/{CUSTOMER}"), **before}),
    )


def change_realm(identity: Identity) -> dict[str, Any]:
    """As in Keycloak's console; what these settings were before."""
    before = realm_settings(identity)
    wrong = {"accessTokenLifespan": 7200, "bruteForceProtected": False}
    identity.admin("PUT", f"/{CUSTOMER}", {**identity.admin("GET", f"/{CUSTOMER}"), **wrong})
    return before


def realm_settings(identity: Identity) -> dict[str, Any]:
    found = identity.admin("GET", f"/{CUSTOMER}")
    return {key: found[key] for key in ("accessTokenLifespan", "bruteForceProtected")}


def kolla_unit(container: str) -> str:
    """The unit that starts a container again when it ends."""
    return f"kolla-{container}-container.service"


def remove_container(lab: Lab, host: str, name: str) -> None:
    lab.on(host, "systemctl", "stop", kolla_unit(name))
    lab.on(host, "docker", "rm", "--force", name)


def remove_package(lab: Lab, host: str) -> str:
    """One of those that bootstrap.packages installs and that nothing else depends on; its name."""
    manifest = json.loads(lab.on(host, "cat", "/var/lib/groundplane/watch/bootstrap.packages.json"))
    wanted = [item["name"] for item in manifest["items"] if item["kind"] == "package" and item.get("state") != "absent"]
    for name in sorted(wanted):
        simulated = lab.on(host, "apt-get", "-s", "remove", name)
        if simulated.count("\nRemv ") == 1:
            lab.on(host, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "remove", name)
            return str(name)
    raise AssertionError(f"none of {wanted} can be removed alone on {host}")


CHANGES: dict[str, Make] = {
    "a container stopped": container_stopped,
    "a container removed": container_removed,
    "a service's configuration edited": config_edited,
    "a package removed": package_removed,
    "a pool's number of copies changed": pool_size,
    "a pool's autoscaling changed": pool_autoscaling,
    "a flavor with wrong memory": flavor_changed,
    "a customer's realm changed": realm_changed,
}
