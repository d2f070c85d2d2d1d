"""The smoke test's course: each thing that a customer makes, one after the other, until the server answers."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, TypeVar

from keystoneauth1.exceptions import ClientException, SSLError
from openstack.exceptions import SDKException
from requests import RequestException

from groundplane.errors import FailedError
from groundplane.openstack.api import short, telling
from groundplane.openstack.smoke import choosing, guest, reaching

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from openstack.connection import Connection

    from groundplane.checks.engine_checks import CheckTask
    from groundplane.openstack.smoke.options import SmokeOptions
    from groundplane.openstack.smoke.reaching import Key
    from groundplane.openstack.smoke.waiting import Patience

Answer = TypeVar("Answer")
AWAY_SECONDS = 60.0
"""An API may be away for as long as its address moves from host to host."""
_SERVER_ERROR = 500
ANSWER_SECONDS = 120.0
COPY_SECONDS = 900.0
VOLUME_SECONDS = 900.0
ACTIVE_SECONDS = 600.0
PING_SECONDS = 120.0
SSH_SECONDS = 240.0
CHUNK = 4 * 1024 * 1024
DEFAULT_LOGIN = "debian"
_NO_METADATA_CURE = (
    "The server got no address, or 169.254.169.254 gave it no answer; the end of the console is in this run's log. "
    "groundplane openstack logs neutron ovn says more."
)
_STATUS_CURE = "groundplane openstack status shows what runs; groundplane openstack logs {service} says more."


@dataclass(slots=True)
class Made:
    """What there is to look at afterwards."""

    server: str = ""
    address: str = ""
    login: str = ""
    host: str = ""


@dataclass(slots=True)
class Course:
    """One smoke test, as an ordinary user.

    Attributes:
        user: the user's connection.
        name: of everything that is made; also the word that the server says on its console.
        task: as CheckCall.task: tells a part of the test; `now` what goes on inside it; `say` a line of the log.
    """

    user: Connection
    name: str
    key: Key
    options: SmokeOptions
    patience: Patience
    task: Callable[[str], AbstractContextManager[CheckTask]]
    now: Callable[[str], None]
    say: Callable[[str], None]
    made: Made = field(default_factory=Made)

    def run(self) -> Made:
        """Blocks until all is done; what it made stays.

        Raises:
            InputError: the cloud has no image, flavor or external network for it.
            FailedError: something didn't work; says which part.
            CancelledError: stopped.
        """
        source, image = self._image()
        network, subnet, external = self._network()
        port, floating = self._port(network, subnet, external)
        volume = self._volume(image, source)
        server = self._server(source, volume, port)
        console = self._cloud_init(server)
        self._ping(floating)
        self._ssh(floating, source, console)
        self._snapshot_and_backup(volume)
        return self.made

    def _image(self) -> tuple[Any, Any]:
        """The cloud's image, and the user's own copy of it."""
        with self.task("Upload an image") as task, telling("The image can't be uploaded", cure=_cure("glance")):
            source = choosing.choose_image(self.user.image.images(), self.options.image)
            image = self.user.image.create_image(
                self.name,
                disk_format=source.disk_format,
                container_format=source.container_format or "bare",
                visibility="private",
                min_disk=source.min_disk or 0,
                min_ram=source.min_ram or 0,
                allow_duplicates=True,
                validate_checksum=False,
                **{key: value for key in ("hw_disk_bus", "hw_firmware_type") if (value := getattr(source, key, None))},
            )
            with tempfile.TemporaryFile() as file:
                self._download(source, file)
                self.now(f"Upload an image: {int(source.size) / 1e6:,.0f} MB")
                self.user.image.put(
                    f"/images/{image.id}/file",
                    data=_Content(file, int(source.size), self.patience.check),
                    headers={"Content-Type": "application/octet-stream"},
                    timeout=COPY_SECONDS,
                    # What has been sent can't be sent again.
                    connect_retries=0,
                    raise_exc=True,
                )
            image = self._until(
                "The image is active",
                lambda: _in_state(self.user.image.get_image(image.id), "active", ("killed", "deleted")),
                seconds=COPY_SECONDS,
                cure=_cure("glance"),
            )
            if source.hash_value and image.hash_algo == source.hash_algo and image.hash_value != source.hash_value:
                raise FailedError(
                    "The image that was uploaded isn't the one that was sent",
                    why=f"its {image.hash_algo} is {image.hash_value}, and '{source.name}' has {source.hash_value}",
                    cure=_cure("glance"),
                )
            task.note(f"a copy of '{source.name}', {int(source.size) / 1e6:,.0f} MB, its checksum is right")
        return source, image

    def _download(self, source: Any, file: IO[bytes]) -> None:
        """All of it before anything is sent back: a Glance with one worker does one thing at a time."""
        self.now(f"Download '{source.name}', {int(source.size) / 1e6:,.0f} MB")
        with self.user.image.get(f"/images/{source.id}/file", stream=True, timeout=ANSWER_SECONDS) as content:
            _good(content)
            try:
                for chunk in content.iter_content(CHUNK):
                    self.patience.check()
                    file.write(chunk)
            except (OSError, RequestException) as error:
                raise FailedError(
                    f"The image '{source.name}' can't be read to its end", why=str(error), cure=_cure("glance")
                ) from error
        if file.tell() != int(source.size):
            raise FailedError(
                f"The image '{source.name}' isn't whole",
                why=f"{file.tell():,} bytes came of {int(source.size):,}",
                cure=_cure("glance"),
            )
        file.seek(0)

    def _network(self) -> tuple[Any, Any, Any]:
        net = self.user.network
        with self.task("Make a network and a router") as task, telling("No network", cure=_cure("neutron")):
            external = choosing.choose_network(net.networks(**{"router:external": True}), self.options.network)
            cidr = choosing.free_cidr([subnet.cidr for subnet in net.subnets()])
            network = net.create_network(name=self.name)
            subnet = net.create_subnet(network_id=network.id, name=self.name, ip_version=4, cidr=cidr)
            router = net.create_router(name=self.name, external_gateway_info={"network_id": external.id})
            net.add_interface_to_router(router, subnet.id)
            outside = (router.external_gateway_info or {}).get("external_fixed_ips", [])
            gateway = [each["ip_address"] for each in outside]
            task.note(f"{cidr}, to '{external.name}' by {', '.join(gateway) or 'its gateway'}")
        return network, subnet, external

    def _port(self, network: Any, subnet: Any, external: Any) -> tuple[Any, str]:
        net = self.user.network
        with (
            self.task("Make a security group, a keypair and a floating address") as task,
            telling("No address", cure=_cure("neutron")),
        ):
            group = net.create_security_group(name=self.name)
            for rule in ({"protocol": "icmp"}, {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}):
                net.create_security_group_rule(
                    security_group_id=group.id,
                    direction="ingress",
                    ethertype="IPv4",
                    remote_ip_prefix="0.0.0.0/0",
                    **rule,
                )
            self.user.compute.create_keypair(name=self.name, public_key=self.key.public)
            port = net.create_port(
                name=self.name,
                network_id=network.id,
                security_groups=[group.id],
                fixed_ips=[{"subnet_id": subnet.id}],
            )
            floating = net.create_ip(floating_network_id=external.id, port_id=port.id)
            self.made.address = str(floating.floating_ip_address)
            task.note(self.made.address)
        return port, self.made.address

    def _volume(self, image: Any, source: Any) -> Any:
        storage = self.user.block_storage
        with self.task("Make a volume from the image") as task, telling("No volume", cure=_cure("cinder")):
            size = choosing.volume_gib(source)
            volume = storage.create_volume(name=self.name, size=size, image_id=image.id)
            volume = self._until(
                "The volume is available",
                lambda: _in_state(storage.get_volume(volume.id), "available", ("error",)),
                seconds=VOLUME_SECONDS,
                cure=_cure("cinder"),
            )
            task.note(f"{size} GiB, type {volume.volume_type or 'none'}")
        return volume

    def _server(self, source: Any, volume: Any, port: Any) -> Any:
        compute = self.user.compute
        with self.task("Boot a server from the volume") as task, telling("No server", cure=_cure("nova")):
            flavor = choosing.choose_flavor(compute.flavors(), source, self.options.flavor)
            told = guest.user_data(self.name, self.options.public_keys)
            server = compute.create_server(
                name=self.name,
                flavor_id=flavor.id,
                key_name=self.name,
                networks=[{"port": port.id}],
                block_device_mapping=[
                    {
                        "boot_index": 0,
                        "uuid": volume.id,
                        "source_type": "volume",
                        "destination_type": "volume",
                        "delete_on_termination": False,
                    }
                ],
                user_data=base64.b64encode(told.encode()).decode(),
            )
            self.made.server = server.id
            server = self._until(
                "The server is active",
                lambda: _in_state(compute.get_server(server.id), "ACTIVE", ("ERROR",)),
                seconds=ACTIVE_SECONDS,
                cure=_cure("nova"),
            )
            task.note(f"flavor {flavor.name}, {server.id}")
        return server

    def _cloud_init(self, server: Any) -> str:
        """What the console says."""
        seconds = self.options.boot_minutes * 60
        with self.task("Wait for cloud-init to finish") as task, telling("No console", cure=_cure("nova")):
            console = ""

            def ask() -> str | None:
                nonlocal console
                console = str(self.user.compute.get_server_console_output(server.id).get("output") or "")
                last = guest.last_lines(console, 1)
                self.now(f"Wait for cloud-init: {last[0][:60] if last else 'the console says nothing yet'}")
                if ended := guest.ended_without_metadata(console):
                    raise FailedError("cloud-init found no metadata", why=ended, cure=_NO_METADATA_CURE)
                return guest.finished(console, self.name)

            try:
                said = self._until(
                    "cloud-init has finished on the server's console",
                    ask,
                    seconds=seconds,
                    cure="The end of the console is in the log of this run. smoke_boot_minutes gives a slow cloud more "
                    "time.",
                )
            except FailedError:
                self._show_console(console)
                raise
            task.note(said)
        return console

    def _ping(self, address: str) -> None:
        if "ping" in self.options.skip:
            return
        with self.task("Ping the server from this machine") as task:

            def ask() -> reaching.Reached | None:
                answer = reaching.ping(address)
                return answer if answer.good or answer.absent else None

            answer = self._until(
                f"{address} answers a ping from this machine",
                ask,
                seconds=PING_SECONDS,
                cure="Does this machine have a way to the external network? If it never has: --skip ping --skip ssh, "
                "or smoke_skip: [ping, ssh]. Else: groundplane openstack logs neutron, ovn-controller.",
            )
            if answer.good:
                answer = reaching.ping(address, count=3)
            task.note(answer.told)

    def _ssh(self, address: str, source: Any, console: str) -> None:
        if "ssh" in self.options.skip:
            return
        self.made.login = str(
            getattr(source, "image_original_user", None)
            or (getattr(source, "properties", None) or {}).get("image_original_user")
            or DEFAULT_LOGIN
        )
        keys = guest.host_keys(console)
        with self.task("Log in by ssh from this machine") as task:
            last = reaching.Reached(good=False)

            def ask() -> reaching.Reached | None:
                nonlocal last
                last = reaching.ssh(address, self.made.login, self.key, ["uname", "-n", "-r", "-m"], host_keys=keys)
                return last if last.good or last.absent else None

            try:
                answer = self._until(
                    f"{self.made.login}@{address} lets us in",
                    ask,
                    seconds=SSH_SECONDS,
                    cure="The image's property image_original_user says who logs in. --skip ssh leaves it out.",
                )
            except FailedError as error:
                raise FailedError(error.what, why=last.told, cure=error.cure) from error
            task.note(answer.told)
            if answer.good and keys:
                task.note("its host key is the one on the console")

    def _snapshot_and_backup(self, volume: Any) -> None:
        storage = self.user.block_storage
        with self.task("Take a snapshot of the volume"), telling("No snapshot", cure=_cure("cinder")):
            snapshot = storage.create_snapshot(volume_id=volume.id, name=self.name, is_forced=True)
            self._until(
                "The snapshot is available",
                lambda: _in_state(storage.get_snapshot(snapshot.id), "available", ("error",)),
                seconds=VOLUME_SECONDS,
                cure=_cure("cinder"),
            )
        if "backup" in self.options.skip:
            return
        with self.task("Back the volume up") as task, telling("No backup", cure=_cure("cinder")):
            backup = storage.create_backup(volume_id=volume.id, snapshot_id=snapshot.id, name=self.name, force=True)
            backup = self._until(
                "The backup is available",
                lambda: _in_state(storage.get_backup(backup.id), "available", ("error",)),
                seconds=VOLUME_SECONDS,
                cure=_cure("cinder"),
            )
            task.note(f"{backup.size} GiB")
        with self.task("Restore the backup to another volume") as task, telling("Not restored", cure=_cure("cinder")):
            restored = storage.restore_backup(backup.id, name=f"{self.name}-restored")
            again = self._until(
                "The backup is restored",
                lambda: _in_state(
                    storage.get_volume(restored.volume_id), "available", ("error", "error_restoring", "error_extending")
                ),
                seconds=VOLUME_SECONDS,
                cure=_cure("cinder"),
            )
            if int(again.size) < int(volume.size):
                raise FailedError(f"The restored volume has {again.size} GiB, the one backed up {volume.size} GiB")
            task.note(f"{again.size} GiB")

    def _until(self, what: str, ask: Callable[[], Answer | None], *, seconds: float, cure: str = "") -> Answer:
        """As Patience.until; an API that is away for a moment while it waits is told in the log, and asked again."""
        away_since: float | None = None

        def ask_again() -> Answer | None:
            nonlocal away_since
            try:
                answer = ask()
            except (ClientException, SDKException) as error:
                now = self.patience.clock()
                away_since = now if away_since is None else away_since
                if now - away_since > AWAY_SECONDS or not may_come_back(error):
                    raise
                self.say(f"{what}: asked again after {short(error)}")
                return None
            away_since = None
            return answer

        return self.patience.until(what, ask_again, seconds=seconds, cure=cure)

    def _show_console(self, console: str) -> None:
        lines = guest.last_lines(console, 60)
        self.say("The end of the server's console:" if lines else "The server's console says nothing.")
        for line in lines:
            self.say(f"  | {line}")


class _Content:
    """A file of known length as the body of a request, which can be stopped on the way."""

    def __init__(self, file: IO[bytes], size: int, check: Callable[[], None]) -> None:
        self._file = file
        self._size = size
        self._check = check

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        self._check()
        return self._file.read(size)


def _in_state(thing: Any, wanted: str, bad: tuple[str, ...]) -> Any | None:
    """The thing, when it is in the wanted state.

    Raises:
        FailedError: it is in a bad one.
    """
    status = str(thing.status)
    if status == wanted:
        return thing
    if status in bad:
        fault = getattr(thing, "fault", None)
        why = fault.get("message", "") if isinstance(fault, dict) else getattr(thing, "fail_reason", None) or ""
        raise FailedError(
            f"'{thing.name}' is in the state {status}", why=str(why), cure=_STATUS_CURE.format(service="NAME")
        )
    return None


def may_come_back(error: Exception) -> bool:
    """Whether the same question may be answered a little later: nobody is there, or the server is at fault."""
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    return not isinstance(error, SSLError) and (status is None or int(status) >= _SERVER_ERROR)


def _good(response: Any) -> None:
    """Raises FailedError: an answer that is an error."""
    if not response.ok:
        raise FailedError(
            "The image can't be read", why=f"HTTP {response.status_code} {response.reason}", cure=_cure("glance")
        )


def _cure(service: str) -> str:
    return _STATUS_CURE.format(service=service)
