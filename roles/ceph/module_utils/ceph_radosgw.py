"""The object gateways' administration from one of the cluster's hosts: users, keys, quotas.

radosgw-admin runs in one of the cluster's containers. The administrator's key reaches it through a file that lies in
memory alone, so it is in no process list and on no disk that it isn't on already. An answer holds users' keys: what is
returned here is never logged.
"""

from __future__ import annotations

import json
import select
import subprocess
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

try:
    from ansible.module_utils.ceph_session import CephError, Cluster, place
except ImportError:
    from ceph_session import CephError, Cluster, place

AGENT = r"""
import json, os, subprocess, sys
given = json.loads(sys.stdin.readline())
keyring = os.memfd_create("keyring")
os.write(keyring, ("[client.admin]\n\tkey = %s\n" % given["key"]).encode())
start = ["radosgw-admin", "--no-config-file", "--name", "client.admin", "-m", given["mon_host"]]
start += ["--keyring", "/proc/self/fd/%d" % keyring]
for line in sys.stdin:
    asked = json.loads(line)
    answer = {"code": 110, "out": "", "err": "no answer within %d seconds" % asked["seconds"]}
    try:
        done = subprocess.run(start + asked["words"], pass_fds=[keyring], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=asked["seconds"])
        answer = {"code": done.returncode, "out": done.stdout.decode(errors="replace"),
                  "err": done.stderr.decode(errors="replace")}
    except subprocess.TimeoutExpired:
        pass
    except OSError as error:
        answer = {"code": 2, "out": "", "err": str(error)}
    print(json.dumps(answer), flush=True)
"""
SECONDS = 30
MISSING = 2
"""radosgw-admin's exit code where there is no such user (ENOENT; it shows 22 for some of them, with these words)."""
MISSING_WORDS = ("no user info", "could not fetch user info", "does not exist", "user not found")


class Administration:
    """radosgw-admin; to be used in a `with`."""

    def __init__(self, cluster: Cluster, *, image: str = "") -> None:
        self._cluster = cluster
        self._image = image
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Administration:
        words = [*place(self._cluster.fsid, self._image), "python3", "-c", AGENT]
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._say({"key": self._cluster.key, "mon_host": self._cluster.mon_host})
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def ask(self, *words: str, seconds: int = SECONDS) -> object:
        """What radosgw-admin answers, as data; text where it is none.

        Raises:
            CephError: it failed; `code` is negative, -2 where there is no such thing.
        """
        self._say({"words": list(words), "seconds": seconds})
        answer = self._hear(seconds + 10)
        code, err = cast("int", answer["code"]), str(answer["err"]).strip()
        if code:
            missing = code == MISSING or any(text in err.lower() for text in MISSING_WORDS)
            said = err.splitlines()[-1] if err else f"exit code {code}"
            raise CephError(f"radosgw-admin {' '.join(words[:2])}: {said}", -MISSING if missing else -abs(code))
        text = str(answer["out"])
        try:
            return json.loads(text)
        except ValueError:
            return text.strip()

    def find(self, user: str) -> Mapping[str, object] | None:
        """All that is known of a user, keys included; None where there is none."""
        try:
            found = self.ask("user", "info", f"--uid={user}")
        except CephError as error:
            if error.code == -MISSING:
                return None
            raise
        return cast("Mapping[str, object]", found) if isinstance(found, dict) else None

    def _say(self, question: Mapping[str, object] | Sequence[object]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise CephError("The administration of the gateways is closed")
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
        except OSError as error:
            raise CephError(f"radosgw-admin's container ended: {error}") from error

    def _hear(self, seconds: float) -> dict[str, object]:
        process = self._process
        if process is None or process.stdout is None:
            raise CephError("The administration of the gateways is closed")
        readable, _, _ = select.select([process.stdout], [], [], seconds)
        line = process.stdout.readline() if readable else ""
        if not line:
            process.kill()
            raise CephError("radosgw-admin's container ended" if readable else f"no answer within {seconds:.0f} s")
        answer: dict[str, object] = json.loads(line)
        return answer
