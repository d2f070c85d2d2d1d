"""Talks to a Ceph cluster from one of its hosts, as root.

Ansible's modules of this role import it, and the engine sends it to a host over ssh's standard input, so it needs the
standard library alone (Python 3.9 and later). A small agent runs beside the cluster's own libraries in one of its
containers and keeps one connection: a command takes milliseconds, where the ceph program takes half a second. The key
reaches the agent over standard input and is in no process list.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import time
from pathlib import Path

AGENT = r"""
import json, sys
import rados
given = json.loads(sys.stdin.readline())
try:
    cluster = rados.Rados(conffile="", name=given["name"], conf=given["conf"])
    cluster.connect(timeout=given["seconds"])
except rados.Error as error:
    print(json.dumps({"failed": str(error)}), flush=True)
    sys.exit(0)
print(json.dumps({"fsid": cluster.get_fsid()}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    run = cluster.mgr_command if asked["target"] == "mgr" else cluster.mon_command
    try:
        code, out, err = run(json.dumps(asked["command"]), asked["input"].encode(), timeout=asked["seconds"])
        answer = {"code": code, "out": out.decode(errors="replace"), "err": err}
    except (rados.Error, TypeError) as error:
        answer = {"code": -(getattr(error, "errno", None) or 5), "out": "", "err": str(error)}
    print(json.dumps(answer), flush=True)
"""

CONF_FOLDER = Path("/etc/ceph")
DATA_FOLDER = Path("/var/lib/ceph")
SECONDS = 60
CONNECT_SECONDS = 20
ATTEMPTS = 5
PAUSE_SECONDS = 2.0
TRANSIENT = re.compile(
    r"Traceback|no active mgr|not currently active|is not loaded|No orchestrator|module '?\w+'? is not enabled"
    r"|No handler found for|in progress, please wait|has experienced an error",
    re.IGNORECASE,
)
"""What a mgr that starts, fails over or stumbled answers; the same question a little later is answered."""
TRANSIENT_CODES = {-11, -110, -107, -32}
"""EAGAIN, ETIMEDOUT, ENOTCONN, EPIPE."""
_FSID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class CephError(Exception):
    """The cluster refused, failed, or can't be reached. `code` is a negative errno, 0 where there was no answer."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Cluster:
    """A cluster as this host knows it: its id, where its monitors are, and the administrator's key."""

    def __init__(self, fsid: str, mon_host: str, key: str) -> None:
        self.fsid = fsid
        self.mon_host = mon_host
        self.key = key


def clusters_here(data: Path = DATA_FOLDER) -> list[str]:
    """The ids of all clusters that have daemons on this host, dead ones included."""
    if not data.is_dir():
        return []
    return sorted(entry.name for entry in data.iterdir() if _FSID.match(entry.name) and any(entry.glob("*.*/unit.run")))


def find_cluster(conf_folder: Path = CONF_FOLDER, data: Path = DATA_FOLDER) -> Cluster | None:
    """The cluster that this host can administer; None where it has no configuration or no administrator's key."""
    folders = [conf_folder]
    if data.is_dir():
        folders += [entry / "config" for entry in sorted(data.iterdir()) if _FSID.match(entry.name)]
    for folder in folders:
        conf = _text(folder / "ceph.conf")
        keyring = _text(folder / "ceph.client.admin.keyring")
        fsid, hosts = _setting(conf, "fsid"), _setting(conf, "mon[ _]host")
        key = _setting(keyring, "key")
        if fsid and hosts and key:
            return Cluster(fsid, hosts, key)
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _setting(text: str, name: str) -> str:
    found = re.search(rf"^\s*{name}\s*=\s*(.+?)\s*$", text, re.MULTILINE)
    return found.group(1) if found else ""


class Session:
    """A connection; to be used in a `with`.

    Raises CephError where it can't be made: no container of the cluster and no image, or no quorum.
    """

    def __init__(self, cluster: Cluster, *, image: str = "", seconds: int = CONNECT_SECONDS) -> None:
        self.cluster = cluster
        self.image = image
        self._seconds = seconds
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Session:
        words = [*place(self.cluster.fsid, self.image), "python3", "-c", AGENT]
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        conf = {
            "mon_host": self.cluster.mon_host,
            "key": self.cluster.key,
            "client_mount_timeout": str(self._seconds),
            "rados_mon_op_timeout": str(SECONDS),
        }
        answer = self._ask({"name": "client.admin", "conf": conf, "seconds": self._seconds}, self._seconds + 10)
        if "failed" in answer:
            self.close()
            raise CephError(f"The cluster doesn't answer: {answer['failed']}")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the agent; may be called twice."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                # What was still in its buffer can't be written to an agent that is gone.
                with contextlib.suppress(OSError):
                    process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def call(
        self,
        prefix: str,
        *,
        target: str = "mon",
        data: str = "",
        seconds: int = SECONDS,
        attempts: int = ATTEMPTS,
        **arguments: object,
    ) -> object:
        """A command's answer as data: what `ceph PREFIX --format json` prints; text where that is none.

        Args:
            prefix: for example "osd tree", "orch ps". `target` is mgr for the orchestrator's and other mgr modules'.
            data: what the ceph program takes with -i.
            arguments: named as in the output of `ceph --verbose`, for example pool="images"; with a `_` behind the name
                where it is one of the parameters here (`fs new` has data).

        Raises:
            CephError: the answer was an error, also after `attempts` where the mgr was only stumbling.
        """
        text = self.text(
            prefix, target=target, data=data, seconds=seconds, attempts=attempts, format="json", **arguments
        )
        try:
            return json.loads(text)
        except ValueError:
            return text.strip()

    def text(
        self,
        prefix: str,
        *,
        target: str = "mon",
        data: str = "",
        seconds: int = SECONDS,
        attempts: int = ATTEMPTS,
        **arguments: object,
    ) -> str:
        """The same, as the text that the cluster answers."""
        asked = {
            "target": target,
            "command": {
                "prefix": prefix,
                **{key.removesuffix("_"): value for key, value in arguments.items() if value is not None},
            },
            "input": data,
            "seconds": seconds,
        }
        for attempt in range(1, attempts + 1):
            answer = self._ask(asked, seconds + 10)
            if answer["code"] == 0:
                return str(answer["out"])
            transient = answer["code"] in TRANSIENT_CODES or TRANSIENT.search(str(answer["err"]))
            if not transient or attempt == attempts:
                break
            time.sleep(PAUSE_SECONDS * attempt)
        reason = str(answer["err"]).strip() or os.strerror(abs(int(answer["code"])))
        raise CephError(f"ceph {prefix}: {reason}", int(answer["code"]))

    def _ask(self, question: dict[str, object], seconds: float) -> dict[str, object]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise CephError("The session is closed")
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
        except OSError as error:
            raise CephError(f"The agent in the container ended: {self._said() or error}") from error
        readable, _, _ = select.select([process.stdout], [], [], seconds)
        line = process.stdout.readline() if readable else ""
        if not line:
            why = self._said() if readable else f"no answer within {seconds:.0f} seconds"
            process.kill()
            raise CephError(f"The agent in the container ended: {why}")
        answer: dict[str, object] = json.loads(line)
        return answer

    def _said(self) -> str:
        """The last line of what the agent's side complained about."""
        process = self._process
        if process is None or process.stderr is None:
            return ""
        process.kill()
        lines = process.stderr.read().strip().splitlines()
        return lines[-1] if lines else ""


def place(fsid: str, image: str) -> list[str]:
    """Words that run a program where the cluster's libraries are: in a container that runs, else in a fresh one."""
    done = run(["docker", "ps", "--filter", f"name=ceph-{fsid}-", "--format", "{{.Names}}"])
    names = done.stdout.split()
    # A monitor's container is the last one to be stopped or replaced.
    names.sort(key=lambda name: (f"{fsid}-mon" not in name, f"{fsid}-mgr" not in name, name))
    if names:
        return ["docker", "exec", "-i", names[0]]
    if image:
        return ["docker", "run", "--rm", "-i", "--network", "host", "--entrypoint", "", image]
    raise CephError(
        f"No container of the cluster {fsid} runs on this host" + (f": {done.stderr.strip()}" * bool(done.stderr))
    )


def run(words: list[str], *, data: str = "", seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """A program on this host.

    Raises:
        CephError: it isn't there, or took too long.
    """
    try:
        return subprocess.run(
            words, input=data, capture_output=True, encoding="utf-8", errors="replace", timeout=seconds, check=False
        )
    except FileNotFoundError as error:
        raise CephError(f"{words[0]} isn't installed") from error
    except subprocess.TimeoutExpired as error:
        raise CephError(f"{' '.join(words[:4])} took longer than {seconds:.0f} seconds") from error


def run_beside(
    cluster: Cluster, words: list[str], *, data: str = "", image: str = "", seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """A program where the cluster's libraries are, in a container that runs already where there is one.

    Raises:
        CephError: there is none and no image, or it took too long.
    """
    return run([*place(cluster.fsid, image), *words], data=data, seconds=seconds)


def run_tool(
    image: str, words: list[str], *, data: str = "", seconds: float = 120, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A program of the cluster's image (rbd, radosgw-admin …) with the host's /etc/ceph, in a container of its own."""
    started = ["docker", "run", "--rm", "-i", "--network", "host", "--entrypoint", "", *options]
    return run([*started, "-v", "/etc/ceph:/etc/ceph:ro", image, *words], data=data, seconds=seconds)
