"""A lab's cloud as it is, asked past Groundplane: its containers on the nodes, its API from this machine."""

from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import yaml

from groundplane.site.secrets.store import read_secrets
from tests.e2e.secret_search import all_forms, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.conftest import Lab

NODES = ("node1", "node2", "node3")
CONFIGURATION = "environments/openstack/configuration.yml"
OVERLAYS = "environments/openstack/overlays"
ANSWER_SECONDS = 10


@dataclass(slots=True)
class Answers:
    """What a client met that asked all the time; seconds."""

    rounds: int = 0
    longest_gap: float = 0
    """Between two answers, the last one included."""
    failures: list[str] = field(default_factory=list)


class Cloud:
    """The admin's view of the cloud by plain HTTP, and the nodes' containers."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.vip = str(
            yaml.safe_load((lab.site / "site.yml").read_text(encoding="utf-8"))["vips"]["external"]["address"]
        )
        self.trust = ssl.create_default_context(cafile=str(lab.site / "certificates" / "ca.crt"))
        self._password = ""

    def secrets(self) -> dict[str, Any]:
        found: dict[str, Any] = read_secrets(self.lab.site, self.lab.password_file.read_bytes().strip())
        return found

    def confidential(self) -> dict[bytes, str]:
        """Every form of each secret, to its name. A UUID of Kolla's names a secret of libvirt's and is none itself."""
        named = dict(strings(self.secrets(), "secrets.yml"))
        return all_forms({name: value for name, value in named.items() if not name.endswith("_secret_uuid")})

    # The API

    def token(self) -> tuple[str, dict[str, str]]:
        """A fresh token of the admin's, and the public address of each kind of service."""
        # The vault takes its time to open, which a client that asks all the time must not count as the cloud's.
        self._password = self._password or self.secrets()["keystone_admin_password"]
        user = {"name": "admin", "domain": {"id": "default"}, "password": self._password}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": "admin", "domain": {"id": "default"}}},
            }
        }
        answer, headers = self._send(
            Request(
                f"https://{self.vip}:5000/v3/auth/tokens",
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
        )
        catalogue = {
            service["type"]: endpoint["url"]
            for service in answer["token"]["catalog"]
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public"
        }
        return headers["X-Subject-Token"], catalogue

    def call(self, kind: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request to a kind of service, such as `compute`; None where the answer is empty."""
        token, catalogue = self.token()
        request = Request(  # noqa: S310 - https, to the lab
            catalogue[kind].rstrip("/") + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Auth-Token": token, "Content-Type": "application/json", **headers},
            method=method,
        )
        return self._send(request)[0]

    def list(self, kind: str, path: str, **headers: str) -> list[dict[str, Any]]:
        """All objects of that kind, such as `compute`, `/servers/detail?all_tenants=1`."""
        found: dict[str, Any] = self.call(kind, "GET", path, **headers)
        return next(value for value in found.values() if isinstance(value, list))

    def objects(self) -> dict[str, set[str]]:
        """Ids by kind, of what a person makes in a cloud."""
        kinds = {
            "servers": ("compute", "/servers/detail?all_tenants=1"),
            "volumes": ("block-storage", "/volumes?all_tenants=1"),
            "snapshots": ("block-storage", "/snapshots?all_tenants=1"),
            "backups": ("block-storage", "/backups?all_tenants=1"),
            "images": ("image", "/v2/images"),
            "networks": ("network", "/v2.0/networks"),
            "routers": ("network", "/v2.0/routers"),
            "floating addresses": ("network", "/v2.0/floatingips"),
        }
        return {name: {found["id"] for found in self.list(*where)} for name, where in kinds.items()}

    def _send(self, request: Request) -> tuple[Any, Mapping[str, str]]:
        with urlopen(request, context=self.trust, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            said = answer.read()
            return json.loads(said) if said else None, answer.headers

    @contextmanager
    def asked_all_the_time(self) -> Iterator[Answers]:
        """A client that asks for a token and for the servers, networks and volumes, twice a second or so."""
        met, stop = Answers(), threading.Event()

        def ask() -> None:
            last = time.monotonic()
            while not stop.is_set():
                try:
                    self.list("compute", "/servers/detail?all_tenants=1")
                    self.list("network", "/v2.0/networks")
                    self.list("block-storage", "/volumes?all_tenants=1")
                except (OSError, HTTPException) as error:
                    met.failures.append(f"{time.monotonic() - last:.1f} s: {error}")
                else:
                    met.rounds += 1
                    met.longest_gap = max(met.longest_gap, time.monotonic() - last)
                    last = time.monotonic()
                stop.wait(0.5)
            met.longest_gap = max(met.longest_gap, time.monotonic() - last)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield met
        finally:
            stop.set()
            thread.join(5 * ANSWER_SECONDS)

    def answers(self) -> bool:
        """Whether the API lets the admin in, and Nova's answers too."""
        try:
            self.list("compute", "/servers/detail?all_tenants=1")
        except (OSError, HTTPException, ValueError):
            return False
        return True

    # The nodes

    def containers(self, host: str) -> dict[str, str]:
        """Name to id and start of each running container of Kolla's; Ceph's aren't told."""
        script = "docker ps --quiet --no-trunc | xargs --no-run-if-empty docker inspect --format "
        script += "'{{.Name}} {{.Id}} {{.State.StartedAt}}'"
        lines = [line.split(maxsplit=1) for line in self.lab.on(host, "sh", "-c", script).splitlines()]
        return {name.lstrip("/"): rest for name, rest in lines if not name.startswith("/ceph-")}

    def all_containers(self) -> dict[str, dict[str, str]]:
        return {host: self.containers(host) for host in NODES}

    def holder(self) -> str:
        """The host that has the external address."""
        found = [host for host in NODES if f" {self.vip}/" in self.lab.on(host, "ip", "-oneline", "address")]
        assert len(found) == 1, found
        return found[0]
