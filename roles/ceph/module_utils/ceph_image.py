"""The image that is upgraded to, as the host's container engine has it, and its version against what runs."""

from __future__ import annotations

import json
import re

try:
    from ansible.module_utils.ceph_session import Session, run
except ImportError:
    from ceph_session import Session, run

MOST_RELEASES = 2
"""Ceph's own limit: from N to N+1 or N+2 (https://docs.ceph.com/en/reef/cephadm/upgrade/)."""


class RefusedError(Exception):
    """It can't be upgraded to this image, and this is why."""


def check_present(image: str) -> None:
    """The image is here by its digest. Otherwise the orchestrator would pull it, for which it has no account.

    Raises:
        RefusedError: it isn't.
    """
    done = run(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image], seconds=60)
    names = json.loads(done.stdout) or [] if done.returncode == 0 else []
    if image not in names:
        raise RefusedError(f"The image {image} isn't on this host by that name")


def version_of(image: str) -> str:
    """Ceph's version in the image, for example 18.2.7.

    Raises:
        RefusedError: no Ceph is in it.
        CephError: the container engine isn't there or too slow.
    """
    words = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "ceph", image, "--version"]
    done = run(words, seconds=120)
    found = re.search(r"ceph version v?(\d+\.\d+\.\d+)", done.stdout)
    if found is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RefusedError(f"There is no Ceph in the image {image}: {said[-1] if said else 'it says nothing'}")
    return found.group(1)


def running_versions(session: Session) -> list[str]:
    """Versions of all daemons that tell theirs to the monitors, oldest first."""
    overall = session.call("versions").get("overall", {})
    found = {match.group(1) for text in overall if (match := re.search(r"(\d+\.\d+\.\d+)", text))}
    return sorted(found, key=parts)


def parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def check_version(target: str, running: list[str], *, allow_older: bool = False) -> None:
    """Refuses what Ceph can't do: an older release, or more than two releases at once.

    Raises:
        RefusedError: says which version is in the way.
    """
    if not running:
        return
    oldest, newest = running[0], running[-1]
    if parts(target)[0] < parts(newest)[0] or parts(target)[:2] < parts(newest)[:2]:
        raise RefusedError(
            f"The image has Ceph {target} and daemons run {newest}: Ceph can't go back to an older release"
        )
    if parts(target) < parts(newest) and not allow_older:
        raise RefusedError(
            f"The image has Ceph {target} and daemons run {newest}: Ceph's makers don't test the way back to an older "
            "version; where it has to be, add --allow-older"
        )
    if parts(target)[0] - parts(oldest)[0] > MOST_RELEASES:
        raise RefusedError(
            f"From Ceph {oldest} to {target} are more than {MOST_RELEASES} releases: upgrade to one between them first"
        )
