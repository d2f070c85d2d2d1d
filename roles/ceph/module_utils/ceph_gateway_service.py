"""The object gateways as a service of the orchestrator, and what they are told by the cluster's settings.

What is asked for is compared with what is, so that the orchestrator is only called where something is to change.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

try:
    from ansible.module_utils.ceph_session import CephError, Session
except ImportError:
    from ceph_session import CephError, Session

SERVICE_ID = "main"
SERVICE = f"rgw.{SERVICE_ID}"
SECTION = f"client.{SERVICE}"
"""The settings' section that all daemons of the service read."""
LABEL = "rgw"
CERTIFICATE = "chain.crt"
KEY = "host.key"
REMEMBERED = "groundplane/gateway/settings"
"""Key of the cluster's store; see Memory."""
PAUSE_SECONDS = 1.0
REDEPLOY_AFTER_SECONDS = 20.0
"""The orchestrator redeploys daemons whose container changes by itself; those whose arguments changed, it doesn't."""
DIGEST_LENGTH = 32
ENOENT = 2
MANAGED = {"rgw_frontends", "rgw_realm", "rgw_zonegroup", "rgw_zone"}
"""Settings that the orchestrator looks after."""
KEYSTONE_URL = "rgw_keystone_url"
TRUSTED = ("/etc/ssl/certs:/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt:/etc/pki/tls/certs/ca-bundle.crt")
"""The host's trusted authorities, the site's own among them, where images made from Debian and from CentOS look for
them: radosgw has no setting for it."""


class Gateways:
    """What is asked of the gateways.

    `folder` is the hosts' folder with certificate and key; empty for no TLS.
    """

    def __init__(self, *, port: int, folder: str, settings: Mapping[str, object]) -> None:
        self.port = port
        self.folder = folder
        self.settings = {key.replace(" ", "_"): text(value) for key, value in settings.items()}

    @property
    def frontend(self) -> str:
        """As cephadm writes rgw_frontends, and as a daemon that runs reports it."""
        doors = f"ssl_port={self.port}" if self.folder else f"port={self.port}"
        return " ".join(["beast", doors, *self.arguments])

    @property
    def arguments(self) -> list[str]:
        if not self.folder:
            return []
        return [f"ssl_certificate={self.folder}/{CERTIFICATE}", f"ssl_private_key={self.folder}/{KEY}"]

    def specification(self) -> dict[str, object]:
        """As cephadm exports it (Ceph's documentation, cephadm/services/rgw).

        The whole folder is mounted, as a file that is replaced stays the old one in a container. The key may be
        root's alone: radosgw reads it before it gives up root's rights.
        """
        spec: dict[str, object] = {"rgw_frontend_port": self.port}
        wanted: dict[str, object] = {
            "service_type": "rgw",
            "service_id": SERVICE_ID,
            "service_name": SERVICE,
            "placement": {"label": LABEL},
            "spec": spec,
        }
        if self.folder:
            spec["rgw_frontend_extra_args"] = self.arguments
            spec["ssl"] = True
        volumes = [f"{self.folder}:{self.folder}"] if self.folder else []
        if self.settings.get(KEYSTONE_URL, "").startswith("https:"):
            volumes += TRUSTED
        if volumes:
            wanted["extra_container_args"] = [f"--volume={volume}:ro" for volume in volumes]
        return wanted


def text(value: object) -> str:
    """A value as Ceph writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:DIGEST_LENGTH]


def is_same(wanted: Mapping[str, object], seen: Mapping[str, object] | None) -> bool:
    """Whether an exported specification says the same; what is false, empty or missing in both doesn't count."""
    return seen is not None and _plain(wanted) == _plain(seen)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        plain = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in plain.items() if item not in (None, False, "", [], {})}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def exported(session: Session) -> dict[str, object] | None:
    """The service's specification as the orchestrator has it."""
    found = session.call("orch ls", target="mgr", service_name=SERVICE, export=True)
    return found[0] if isinstance(found, list) and found else None


def set_up(session: Session, wanted: Gateways, *, check: bool) -> list[str]:
    """Settings first, so that daemons start with them; says what changed in sentences."""
    changes = set_settings(session, wanted.settings, check=check)
    specification = wanted.specification()
    seen = exported(session)
    if not is_same(specification, seen):
        if not check:
            session.text("orch apply", target="mgr", data=json.dumps(specification))
        how = f"on hosts labelled {LABEL}, port {wanted.port}, {'TLS' if wanted.folder else 'no TLS'}"
        changes.append(f"{'change the' if seen else 'run'} gateways: {how}")
    return changes


def remove(session: Session, *, check: bool) -> list[str]:
    """Ends the gateways; their pools stay."""
    if exported(session) is None:
        return []
    if not check:
        session.text("orch rm", target="mgr", service_name=SERVICE)
    return [f"end the gateways ({SERVICE}); what is stored stays"]


class Memory:
    """What was set before: digests of the values by name, and when a setting changed that daemons read at their start.

    It is kept in the cluster's own store, so that whoever comes next knows it.
    """

    def __init__(self, settings: dict[str, str], start_after: str = "") -> None:
        self.settings = settings
        self.start_after = start_after

    @classmethod
    def read(cls, session: Session) -> Memory:
        try:
            found = session.call("config-key get", key=REMEMBERED)
        except CephError as error:
            if error.code == -ENOENT:
                return cls({})
            raise
        known = cast("dict[str, object]", found) if isinstance(found, dict) else {}
        settings = cast("dict[str, str]", known.get("settings", {}))
        return cls(dict(settings), str(known.get("start_after", "")))

    def write(self, session: Session) -> None:
        kept = {"settings": self.settings, "start_after": self.start_after}
        session.text("config-key set", key=REMEMBERED, val=json.dumps(kept, sort_keys=True))


def set_settings(session: Session, wanted: Mapping[str, str], *, check: bool) -> list[str]:
    """The site's settings, and away with those that the site gave up and nobody changed since.

    They are handed over as data, not as arguments: the monitors' audit log has arguments, and some are passwords.
    """
    current = {
        row["name"]: str(row["value"])
        for row in cast("list[dict[str, object]]", session.call("config dump"))
        if row["section"] == SECTION and row["name"] not in MANAGED
    }
    memory = Memory.read(session)
    changed = {name: value for name, value in wanted.items() if current.get(name) != value}
    dropped = [
        name
        for name, known in memory.settings.items()
        if name not in wanted and name in current and digest(current[name]) == known
    ]
    if (changed or dropped) and not check:
        if need_restart(session, [*changed, *dropped]):
            memory.start_after = now()
        # Both before and after: a run that dies between finds what it began.
        digests = {name: digest(value) for name, value in wanted.items()}
        memory.settings.update(digests)
        memory.write(session)
        if changed:
            _assimilate(session, changed)
        for name in dropped:
            session.text("config rm", who=SECTION, name=name)
        Memory(digests, memory.start_after).write(session)
    return [f"set {name}" for name in changed] + [f"take back {name}" for name in dropped]


def now() -> str:
    """As daemons report when they started, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def _assimilate(session: Session, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        if "\n" in value:
            raise CephError(f"{name} has more than one line, which no setting of Ceph's may have")
    lines = [f"[{SECTION}]", *(f"{name} = {value}" for name, value in settings.items())]
    left = session.text("config assimilate-conf", data="\n".join(lines) + "\n")
    refused = [name for name in settings if name in left]
    if refused:
        raise CephError(f"Ceph doesn't take these settings of ceph_gateway_config: {', '.join(refused)}")


def need_restart(session: Session, names: Sequence[str]) -> bool:
    """Whether one of these settings is only read by a daemon that starts."""
    for name in names:
        about = session.call("config help", key=name)
        if not (isinstance(about, dict) and about.get("can_update_at_runtime")):
            return True
    return False


def stale(session: Session, hosts: Sequence[str]) -> list[str]:
    """Hosts whose gateway started before a setting changed that it only reads then."""
    since = Memory.read(session).start_after
    seen = running(session)
    return [host for host in hosts if short(host) in seen and seen[short(host)].get("started", "")[:19] < since]


def short(host: str) -> str:
    """Daemons know their host by its name without the domain, whatever the inventory calls it."""
    return host.partition(".")[0]


def running(session: Session) -> dict[str, dict[str, str]]:
    """What the service's daemons report of themselves, with `started`; the youngest of each host, by its short name."""
    found: dict[str, dict[str, str]] = {}
    services = cast("dict[str, dict[str, dict[str, object]]]", session.call("service dump")).get("services", {})
    for daemon in cast("dict[str, object]", services.get("rgw", {}).get("daemons", {})).values():
        if not isinstance(daemon, dict):
            continue
        about = {**cast("dict[str, str]", daemon.get("metadata", {})), "started": str(daemon.get("start_stamp", ""))}
        host = short(about.get("hostname", ""))
        if not about.get("id", "").startswith(f"{SERVICE_ID}."):
            continue
        if host not in found or about["started"] > found[host]["started"]:
            found[host] = about
    return found


def wait(
    session: Session,
    wanted: Gateways,
    hosts: Sequence[str],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Until a gateway runs on each host as it is asked for; the hosts on which none does, where time is up.

    Daemons that still run with other arguments are redeployed: the orchestrator does that only for some changes.
    """
    started = clock()
    redeployed = False
    while True:
        seen = running(session)
        lacking = [host for host in hosts if seen.get(short(host), {}).get("frontend_config#0") != wanted.frontend]
        passed = clock() - started
        if not lacking or passed >= seconds:
            return lacking
        if not redeployed and passed > REDEPLOY_AFTER_SECONDS and all(short(host) in seen for host in lacking):
            session.text("orch redeploy", target="mgr", service_name=SERVICE)
            redeployed = True
        sleep(PAUSE_SECONDS)
