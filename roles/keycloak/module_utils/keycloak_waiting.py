"""Waiting until Keycloak is ready, and telling early and in its own words why it won't be."""

from __future__ import annotations

import http.client
import re
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
ANSWER_SECONDS = 10
PAUSE_SECONDS = 1
RESTARTS = 3
"""A container that the engine started anew so often isn't going to stay."""
FORM = "{{.State.Status}} {{.RestartCount}}"
LAST_LINES = 60
LONGEST = 600
COMPLAINT = re.compile(r"ERROR|FATAL|Unknown option|Exception|Caused by")
PREFIX = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \w+ +\[[^]]+\] \([^)]*\) *")


class NotReadyError(Exception):
    """It isn't ready; the message is for people."""


def wait(url: str, container: str, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> float:
    """Waits until the address answers 200, and gives the seconds that it took.

    Keycloak's documentation, "Tracking instance status with health checks": the status counts, not what the body says.

    Raises:
        NotReadyError: the container ends again and again, isn't there, or time is up.
    """
    begin = clock()
    restarts = -1
    while True:
        answer = ask(url)
        if answer == "200":
            return clock() - begin
        state, count = container_state(container)
        restarts = count if restarts < 0 else restarts
        if state not in ("running", "restarting", "created") or count - restarts >= RESTARTS:
            raise NotReadyError(f"its container is {state}, started anew {count} times; {said(container)}")
        if clock() - begin > seconds:
            raise NotReadyError(f"{url} answers {answer} after {seconds:.0f} s; {said(container)}")
        time.sleep(PAUSE_SECONDS)


def ask(url: str) -> str:
    """The status of the answer, or why there is none."""
    try:
        context = ssl.create_default_context(cafile=TRUSTED)
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS, context=context) as answer:  # noqa: S310 - https
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error))


def container_state(name: str) -> tuple[str, int]:
    """The container's state, and how often the engine has started it anew."""
    done = docker("inspect", "--type", "container", "--format", FORM, name)
    state, _, restarts = done.stdout.strip().partition(" ")
    return (state, int(restarts)) if done.returncode == 0 and restarts.isdigit() else ("missing", 0)


def said(container: str) -> str:
    """What of its last lines says best why it isn't ready."""
    done = docker("logs", "--tail", str(LAST_LINES), container)
    lines = [PREFIX.sub("", line).strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    complaints = [line for line in lines if COMPLAINT.search(line)]
    # The last one that isn't a line of a stack.
    told = next((line for line in reversed(complaints or lines) if not line.startswith("at ")), "nothing")
    return f"it said last: {told[:LONGEST]} (docker logs {container}, on the host)"


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], check=False, capture_output=True, text=True, timeout=60)
