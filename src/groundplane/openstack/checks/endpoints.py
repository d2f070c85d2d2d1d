"""Every endpoint of the cloud's catalog: over TLS, the public ones from here, the internal ones from the hosts."""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from groundplane.counting import counted
from groundplane.openstack.checks import endpoint_script
from groundplane.ssh.asking import ask_hosts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundplane.openstack.api import Entrance
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

PUBLIC = "public"
MARKER = "groundplane_endpoints"
SMALL_QUESTIONS: Mapping[str, str] = {
    "identity": "/v3/auth/catalog",
    "compute": "/servers?limit=1",
    "network": "/v2.0/networks?limit=1",
    "image": "/v2/images?limit=1",
    "volumev3": "/volumes?limit=1",
    "block-storage": "/volumes?limit=1",
    "placement": "/resource_providers?name=none",
    "orchestration": "/stacks?limit=1",
    "key-manager": "/v1/secrets?limit=1",
    "load-balancer": "/v2.0/lbaas/loadbalancers?limit=1",
    "dns": "/v2/zones?limit=1",
    "sharev2": "/shares?limit=1",
    "container-infra": "/clusters?limit=1",
}
"""Type of a service to what is asked below its endpoint, with a token: it goes through to the service's database. Any
other service is asked for its endpoint itself, without one."""
_VERSION_IN_PATH = {"/v3/auth/catalog": "/v3", "/v2.0/networks?limit=1": "/v2.0", "/v2/images?limit=1": "/v2"}
_DAY = 86400.0
_SERVER_ERROR = 500
_WELL = range(200, 300)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the catalog's; `type` and `name` are its service's."""

    type: str
    name: str
    interface: str
    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def question(self) -> tuple[str, bool]:
        """What is asked, and whether a token goes with it."""
        below = SMALL_QUESTIONS.get(self.type)
        if below is None:
            return self.url, False
        base = self.url.rstrip("/")
        version = _VERSION_IN_PATH.get(below)
        if version and base.endswith(version):
            base = base.removesuffix(version)
        return f"{base}{below}", True

    def __str__(self) -> str:
        return f"{self.name} ({self.type}, {self.interface}) at {self.url}"


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """How an endpoint answered: HTTP's `status`, or 0 and an `error`; `days` its certificate is still valid for."""

    endpoint: Endpoint
    status: int
    error: str
    seconds: float
    days: float | None

    def problem(self, *, tls: bool) -> str:
        """What is wrong, in a sentence; empty where all is well. `tls`: it should be encrypted."""
        secure = self.endpoint.url.startswith("https:")
        if tls and not secure:
            return f"{self.endpoint} isn't encrypted, and the site asks for TLS"
        if self.error:
            return f"{self.endpoint} doesn't answer: {self.error}"
        asked, with_token = self.endpoint.question()
        good = self.status in _WELL if with_token else 0 < self.status < _SERVER_ERROR
        if not good:
            path = asked.removeprefix(self.endpoint.url.rstrip("/"))
            return f"{self.endpoint} answers with HTTP {self.status}{f' to GET {path}' if path else ''}"
        if self.days is not None and self.days < 1:
            return f"{self.endpoint}: its certificate ends within a day"
        return ""


def read_catalog(catalog: Iterable[Mapping[str, Any]], region: str) -> tuple[Endpoint, ...]:
    """A token's catalog, as Keystone gives it; of this region."""
    return tuple(
        Endpoint(
            str(service["type"]), str(service.get("name") or service["type"]), str(one["interface"]), str(one["url"])
        )
        for service in catalog
        for one in service.get("endpoints", ())
        if one.get("region") in (None, region)
    )


def ask_from_here(endpoints: Sequence[Endpoint], where: Entrance, token: str) -> list[EndpointAnswer]:
    """As a customer comes to them; names of the site's virtual addresses are led there."""
    context = ssl.create_default_context()
    if where.authority:
        context.load_verify_locations(cadata=where.authority)
    questions = [endpoint.question() for endpoint in endpoints]
    told = endpoint_script.ask_endpoints(questions, token, context, dict(where.addresses))
    return _answers(endpoints, told)


@dataclass(frozen=True, slots=True)
class HostAnswers:
    """What a host says: how the endpoints answer it, and how the load balancer on it finds its servers.

    Attributes:
        error: why it couldn't be asked.
        backends: None where no load balancer runs there.
    """

    endpoints: tuple[EndpointAnswer, ...] = ()
    backends: tuple[Mapping[str, str], ...] | None = None
    error: str = ""


def ask_from_hosts(
    site: Site,
    hosts: Sequence[str],
    connection: SshConnection,
    endpoints: Sequence[Endpoint],
    *,
    token: str,
    authority: str,
) -> dict[str, HostAnswers]:
    """As services come to each other. The token goes to the hosts over ssh's standard input alone."""
    question = {
        "urls": [list(endpoint.question()) for endpoint in endpoints],
        "token": token,
        "authority": authority,
    }
    source = Path(endpoint_script.__file__).read_text(encoding="utf-8")
    script = f"{source}\n\nprint(answer(json.loads({json.dumps(question)!r})))\n".encode()
    answers = ask_hosts(site, hosts, connection, marker=MARKER, script=lambda _host: script)
    found = {}
    for host, said in answers.items():
        if not said.reachable:
            found[host] = HostAnswers(error=said.error)
            continue
        backends = said.data.get("backends")
        found[host] = HostAnswers(
            endpoints=tuple(_answers(endpoints, said.data.get("endpoints", ()))),
            backends=None if backends is None else tuple(backends),
        )
    return found


def answer_problems(answers: Sequence[EndpointAnswer], *, tls: bool) -> list[str]:
    """What is wrong with some endpoints; in one sentence where none of several answers at all."""
    found = [problem for answer in answers if (problem := answer.problem(tls=tls))]
    if len(answers) > 1 and all(answer.error for answer in answers):
        return [f"none of {counted(len(answers), 'endpoint')} answers; the first: {found[0]}"]
    return found


def backend_problems(backends: Sequence[Mapping[str, str]]) -> list[str]:
    """Servers that the load balancer sends nobody to, each once: Kolla has a backend for each of the two addresses."""
    found: dict[str, None] = {}
    for one in backends:
        status = one["status"]
        if status.startswith(("UP", "no check", "DRAIN", "OPEN")):
            continue
        why = f" ({one['why']})" if one["why"] else ""
        service = one["backend"].removesuffix("_back").removesuffix("_external")
        found[f"HAProxy finds {service} on {one['server']} {status}{why}"] = None
    return list(found)


def everywhere(problems: Mapping[str, Sequence[str]]) -> tuple[list[str], dict[str, list[str]]]:
    """Problems that all of several hosts have, and those that only some have, by host."""
    shared: list[str] = []
    if len(problems) > 1:
        first, *others = problems.values()
        shared = [problem for problem in first if all(problem in other for other in others)]
    own = {host: [problem for problem in found if problem not in shared] for host, found in problems.items()}
    return shared, {host: found for host, found in own.items() if found}


def summary(answers: Sequence[EndpointAnswer], hosts: int) -> str:
    """What there is to know where all is well: how many, how quickly, and until when certificates are valid."""
    if not answers:
        return "no endpoint"
    slowest = max(answers, key=lambda answer: answer.seconds)
    days = [answer.days for answer in answers if answer.days is not None]
    until = f"; certificates are valid for {min(days):.0f} more days" if days else "; without TLS"
    places = f", from here and from {counted(hosts, 'host')}" if hosts else ""
    return (
        f"{counted(len({answer.endpoint.url for answer in answers}), 'endpoint')}{places}; the slowest took "
        f"{slowest.seconds:.1f} s ({slowest.endpoint.name}){until}"
    )


def _answers(endpoints: Sequence[Endpoint], told: Iterable[Mapping[str, Any]]) -> list[EndpointAnswer]:
    now = time.time()
    return [
        EndpointAnswer(
            endpoint=endpoint,
            status=int(one["status"]),
            error=str(one["error"]),
            seconds=float(one["seconds"]),
            days=(float(one["expires"]) - now) / _DAY if one["expires"] else None,
        )
        for endpoint, one in zip(endpoints, told, strict=True)
    ]
