"""A cloud in memory, with just what the smoke test and its cleaning ask of an SDK connection."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from openstack.exceptions import ConflictException, NotFoundException

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = b"a small image" * 1000


class Thing(SimpleNamespace):
    """An object of the cloud's; `kind` is the fake's own."""

    kind: str
    id: str


class FakeCloud:
    """Everything that was made, in `things`; `log` has what was made (+) and removed (-), by kind.

    `broken` are kinds whose making ends in a bad state, `stuck` kinds that can't be removed. `console` is what the
    server says; {word} stands for the test's name.
    """

    def __init__(self) -> None:
        self.things: list[Thing] = []
        self.log: list[str] = []
        self.broken: set[str] = set()
        self.stuck: set[str] = set()
        self.console = "booting\n{word}: cloud-init 24 finished after 31 seconds, from DataSourceOpenStack\n"
        self.project = ""
        self.away: dict[str, list[Exception]] = {}
        """What a question answers with first, before it answers well."""
        self._ids = itertools.count(1)
        self.add("role", name="member")
        self.add(
            "image",
            name="Debian 13",
            status="active",
            visibility="public",
            disk_format="raw",
            container_format="bare",
            size=len(IMAGE),
            virtual_size=None,
            min_disk=1,
            min_ram=512,
            hash_algo="sha512",
            hash_value="right",
            image_original_user="debian",
            hw_disk_bus="virtio",
        )
        self.add("network", name="public", is_router_external=True, is_default=True)
        self.add("subnet", cidr="192.168.0.0/24", name="other")
        self.add("flavor", name="SCS-1V-2", ram=2048, disk=0, vcpus=1)
        self.add("flavor", name="SCS-1L-1", ram=1024, disk=0, vcpus=1)
        self.log.clear()

    def add(self, kind: str, **fields: Any) -> Thing:
        thing = Thing(kind=kind, id=f"{kind}-{next(self._ids)}", **{"name": "", "project_id": self.project, **fields})
        self.things.append(thing)
        self.log.append(f"+{kind}")
        return thing

    def of(self, kind: str, **wanted: Any) -> list[Thing]:
        return [
            thing
            for thing in self.things
            if thing.kind == kind and all(getattr(thing, key, None) == value for key, value in wanted.items())
        ]

    def get(self, kind: str, id_: str) -> Thing:
        for thing in self.of(kind):
            if id_ in (thing.id, thing.name):
                return thing
        raise NotFoundException(f"no {kind} {id_}")

    def remove(self, kind: str, thing: Any) -> None:
        found = self.get(kind, getattr(thing, "id", thing))
        if kind in self.stuck:
            raise ConflictException(f"{kind} is in use")
        self.things.remove(found)
        self.log.append(f"-{kind}")

    def come(self, question: str) -> None:
        """Raises what `away` has for this question."""
        if self.away.get(question):
            raise self.away[question].pop(0)

    def connection(self) -> Any:
        return FakeConnection(self)


class FakeConnection:
    """Of the administrator and of the user alike."""

    def __init__(self, cloud: FakeCloud) -> None:
        self.identity = FakeIdentity(cloud)
        self.image = FakeImage(cloud)
        self.network = FakeNetwork(cloud)
        self.compute = FakeCompute(cloud)
        self.block_storage = FakeVolumes(cloud)
        self.closed = False

    def authorize(self) -> str:
        return "token"

    def close(self) -> None:
        self.closed = True


class _Part:
    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud


class FakeIdentity(_Part):
    def create_project(self, **fields: Any) -> Thing:
        project = self.cloud.add("project", **fields)
        self.cloud.project = project.id
        return project

    def create_user(self, **fields: Any) -> Thing:
        return self.cloud.add("user", **fields)

    def find_role(self, name: str) -> Thing | None:
        return next(iter(self.cloud.of("role", name=name)), None)

    def assign_project_role_to_user(self, **_ids: str) -> None:
        self.cloud.log.append("+grant")

    def find_project(self, name: str, **_more: str) -> Thing | None:
        self.cloud.come("find_project")
        return next(iter(self.cloud.of("project", name=name)), None)

    def find_user(self, name: str, **_more: str) -> Thing | None:
        return next(iter(self.cloud.of("user", name=name)), None)

    def update_project(self, project: Thing, *, description: str) -> None:
        project.description = description

    def projects(self, **_more: str) -> list[Thing]:
        return self.cloud.of("project")

    def users(self, **_more: str) -> list[Thing]:
        return self.cloud.of("user")

    def delete_project(self, id_: str) -> None:
        self.cloud.remove("project", id_)

    def delete_user(self, id_: str) -> None:
        self.cloud.remove("user", id_)


class _Response:
    ok = True

    def __enter__(self) -> _Response:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def iter_content(self, size: int) -> Iterator[bytes]:
        yield from (IMAGE[start : start + size] for start in range(0, len(IMAGE), size))


class FakeImage(_Part):
    def images(self, owner: str = "") -> list[Thing]:
        return [image for image in self.cloud.of("image") if not owner or image.project_id == owner]

    def create_image(self, name: str, **fields: Any) -> Thing:
        return self.cloud.add("image", name=name, status="queued", size=0, hash_algo="sha512", hash_value="", **fields)

    def get(self, _url: str, **_more: Any) -> _Response:
        return _Response()

    def put(self, url: str, *, data: Any, **_more: Any) -> None:
        content = b""
        while chunk := data.read(1000):
            content += chunk
        assert len(data) == len(content)
        image = self.cloud.get("image", url.split("/")[2])
        image.status, image.size = "active", len(content)
        image.hash_value = "right" if content == IMAGE and "image" not in self.cloud.broken else "wrong"

    def get_image(self, id_: str) -> Thing:
        return self.cloud.get("image", id_)

    def delete_image(self, id_: str, **_more: Any) -> None:
        self.cloud.remove("image", id_)


class FakeNetwork(_Part):
    def networks(self, **wanted: Any) -> list[Thing]:
        if "project_id" in wanted:
            return self.cloud.of("network", **wanted)
        return self.cloud.of("network", is_router_external=True)

    def subnets(self) -> list[Thing]:
        return self.cloud.of("subnet")

    def create_network(self, **fields: Any) -> Thing:
        return self.cloud.add("network", is_router_external=False, **fields)

    def create_subnet(self, **fields: Any) -> Thing:
        return self.cloud.add("subnet", **fields)

    def create_router(self, **fields: Any) -> Thing:
        return self.cloud.add("router", **fields)

    def add_interface_to_router(self, router: Thing, _subnet: str) -> None:
        self.cloud.add("port", device_owner="network:router_interface", device_id=router.id)

    def remove_interface_from_router(self, _router: Thing, _subnet: None, port: str) -> None:
        self.cloud.remove("port", port)

    def create_security_group(self, **fields: Any) -> Thing:
        return self.cloud.add("security_group", **fields)

    def create_security_group_rule(self, **fields: Any) -> None:
        assert fields["direction"] == "ingress"

    def create_port(self, **fields: Any) -> Thing:
        return self.cloud.add("port", device_owner="", device_id="", **fields)

    def create_ip(self, **fields: Any) -> Thing:
        return self.cloud.add("ip", floating_ip_address="203.0.113.7", **fields)

    def ips(self, **wanted: Any) -> list[Thing]:
        return self.cloud.of("ip", **wanted)

    def routers(self, **wanted: Any) -> list[Thing]:
        return self.cloud.of("router", **wanted)

    def ports(self, **wanted: Any) -> list[Thing]:
        return self.cloud.of("port", **wanted)

    def security_groups(self, *, project_id: str) -> list[Thing]:
        """As Neutron does: whoever lists a project's groups makes it a group "default"."""
        if not self.cloud.of("security_group", project_id=project_id, name="default"):
            self.cloud.things.append(
                Thing(kind="security_group", id=f"d-{project_id}", name="default", project_id=project_id)
            )
        return self.cloud.of("security_group", project_id=project_id)

    def delete_ip(self, id_: str, **_more: Any) -> None:
        self.cloud.remove("ip", id_)

    def delete_router(self, router: Thing, **_more: Any) -> None:
        self.cloud.remove("router", router)

    def delete_port(self, id_: str, **_more: Any) -> None:
        self.cloud.remove("port", id_)

    def delete_network(self, id_: str, **_more: Any) -> None:
        if self.cloud.of("port", project_id=self.cloud.get("network", id_).project_id):
            raise ConflictException("there are ports on the network")
        self.cloud.remove("network", id_)
        for subnet in self.cloud.of("subnet", network_id=id_):
            self.cloud.remove("subnet", subnet)

    def delete_security_group(self, id_: str, **_more: Any) -> None:
        if self.cloud.of("port", project_id=self.cloud.get("security_group", id_).project_id):
            raise ConflictException("the group is in use")
        self.cloud.remove("security_group", id_)


class FakeCompute(_Part):
    def flavors(self) -> list[Thing]:
        return self.cloud.of("flavor")

    def create_keypair(self, **fields: Any) -> Thing:
        assert fields["public_key"].startswith("ssh-ed25519 ")
        return self.cloud.add("keypair", **fields)

    def create_server(self, **fields: Any) -> Thing:
        status = "ERROR" if "server" in self.cloud.broken else "ACTIVE"
        return self.cloud.add("server", status=status, fault={"message": "No valid host was found"}, **fields)

    def get_server(self, id_: str) -> Thing:
        return self.cloud.get("server", id_)

    def get_server_console_output(self, id_: str) -> dict[str, str]:
        return {"output": self.cloud.console.replace("{word}", self.cloud.get("server", id_).name)}

    def servers(self, *, all_projects: bool, **wanted: Any) -> list[Thing]:
        assert all_projects
        return self.cloud.of("server", **wanted)

    def keypairs(self, **_wanted: Any) -> list[Thing]:
        return self.cloud.of("keypair")

    def delete_server(self, id_: str, **_more: Any) -> None:
        self.cloud.remove("server", id_)

    def delete_keypair(self, keypair: Thing, **_more: Any) -> None:
        self.cloud.remove("keypair", keypair)


class FakeVolumes(_Part):
    def _make(self, kind: str, **fields: Any) -> Thing:
        status = "error" if kind in self.cloud.broken else "available"
        return self.cloud.add(kind, status=status, fail_reason=None, **fields)

    def create_volume(self, **fields: Any) -> Thing:
        return self._make("volume", volume_type="ceph", **fields)

    def create_snapshot(self, **fields: Any) -> Thing:
        return self._make("snapshot", **fields)

    def create_backup(self, **fields: Any) -> Thing:
        return self._make("backup", size=1, **fields)

    def restore_backup(self, _id: str, *, name: str) -> SimpleNamespace:
        return SimpleNamespace(volume_id=self._make("volume", volume_type="ceph", size=1, name=name).id)

    def get_volume(self, id_: str) -> Thing:
        self.cloud.come("get_volume")
        return self.cloud.get("volume", id_)

    def get_snapshot(self, id_: str) -> Thing:
        return self.cloud.get("snapshot", id_)

    def get_backup(self, id_: str) -> Thing:
        return self.cloud.get("backup", id_)

    def volumes(self, *, details: bool, all_projects: bool, **wanted: Any) -> list[Thing]:
        assert details
        assert all_projects
        return self.cloud.of("volume", **wanted)

    def snapshots(self, *, details: bool, all_projects: bool, **wanted: Any) -> list[Thing]:
        assert details
        assert all_projects
        return self.cloud.of("snapshot", **wanted)

    def backups(self, *, details: bool, all_projects: bool, **wanted: Any) -> list[Thing]:
        assert details
        assert all_projects
        return self.cloud.of("backup", **wanted)

    def delete_volume(self, volume: Thing, **_more: Any) -> None:
        if any(snapshot.volume_id == volume.id for snapshot in self.cloud.of("snapshot")):
            raise ConflictException("the volume has snapshots")
        self.cloud.remove("volume", volume)

    def delete_snapshot(self, snapshot: Thing, **_more: Any) -> None:
        self.cloud.remove("snapshot", snapshot)

    def delete_backup(self, backup: Thing, **_more: Any) -> None:
        self.cloud.remove("backup", backup)
