"""Which Debian packages a closed network needs: what our roles install on hosts, and what the manager itself needs.

What a host already has counts too: the repository is complete in itself, down to the C library.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from groundplane.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from groundplane.site.site import Site

MANAGER = (
    "apache2-utils",
    "ca-certificates",
    "crun",
    "debootstrap",
    "docker-registry",
    "ethtool",
    "git",
    "iproute2",
    "iptables",
    "mount",
    "netavark",
    "openssh-client",
    "podman",
    "python3-venv",
    "runc",
    "skopeo",
    "sudo",
    "tar",
    "xz-utils",
    "zstd",
)
"""What the toolkit calls on the machine that it runs on (scripts/lab installs the same), and the registry."""

SERVER = ("openssh-server", "python3", "sudo", "systemd", "systemd-sysv", "dbus", "jq", "kmod", "procps", "lvm2")
"""What an installed Debian has besides its minimal base, and what later layers count on."""

ONLY_IN = {"docker-cli": ("trixie",)}
"""Packages that not every suite has; roles ask before they install them."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]+")
_QUOTED = re.compile(r"'([a-z0-9][a-z0-9.+-]+)'")


def wanted_packages(roles: Path, suite: str, *, site: Site | None = None) -> tuple[str, ...]:
    """Names, sorted.

    Args:
        roles: the folder with the toolkit's roles.
        site: whose `packages_extra`, `hardware_packages_extra` and so on count as well.

    Raises:
        FailedError: a role can't be read.
    """
    names = {*MANAGER, *SERVER}
    for role in sorted(path for path in roles.iterdir() if path.is_dir()):
        names |= role_packages(role, _values(site))
    return tuple(sorted(name for name in names if suite in ONLY_IN.get(name, (suite,))))


def role_packages(role: Path, values: Mapping[str, list[Any]] | None = None) -> set[str]:
    """What the tasks of one role install with apt.

    Names stand in a task, or in variables of the role's defaults and vars; those that an expression chooses between
    all count, and none that a role removes.

    Args:
        values: values of variables besides, from a site.
    """
    variables: dict[str, Any] = {}
    for file in ("vars/main.yml", "defaults/main.yml"):
        variables |= {key: value for key, value in (_load(role / file) or {}).items() if key not in variables}
    found: set[str] = set()
    for path in sorted((role / "tasks").glob("*.yml")):
        for task in _tasks(_load(path) or []):
            module = task.get("ansible.builtin.apt")
            if isinstance(module, dict) and module.get("state") != "absent":
                found |= set(_names(module.get("name", module.get("pkg")), variables, values or {}, set()))
    return found


def _tasks(tasks: list[Any]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        if isinstance(task, dict):
            yield task
            for part in ("block", "rescue", "always"):
                yield from _tasks(task.get(part) or [])


def _names(
    value: object, variables: Mapping[str, Any], values: Mapping[str, list[Any]], seen: set[str]
) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _names(one, variables, values, seen)
    elif isinstance(value, str) and "{{" not in value:
        if _NAME.fullmatch(value):
            yield value
    elif isinstance(value, str):
        for word in re.findall(r"[a-z_][a-z0-9_]*", value):
            if word in seen or word.endswith("_absent"):
                continue
            if word in variables or word in values:
                more = {*seen, word}
                yield from _names(variables.get(word), variables, values, more)
                for found in values.get(word, []):
                    yield from _names(found, variables, values, more)
        yield from _literals(value)


def _literals(expression: str) -> Iterator[str]:
    """Names in lists of an expression: ['docker.io', 'docker-cli'] if … else ['docker.io']."""
    for inside in re.findall(r"\[([^\[\]]*)\]", expression):
        words = [word.strip() for word in inside.split(",")]
        if words and all(_QUOTED.fullmatch(word) for word in words):
            yield from (_QUOTED.fullmatch(word).group(1) for word in words)  # type: ignore[union-attr]


def _values(site: Site | None) -> dict[str, list[Any]]:
    """What a site sets for variables that hold packages, on any host."""
    if site is None:
        return {}
    names = [name for name in site.variables.all_names() if "packages" in name and not name.endswith("_absent")]
    return {name: [value.value for value in site.variables.everywhere(name)] for name in names}


class _Loader(yaml.SafeLoader):
    """Takes Ansible's own tags (!unsafe, !vault) for text."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, node: str(node.value))


def _load(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise FailedError(
            f"{path} can't be read", why=str(error), cure="Install groundplane again, or run it from a complete clone."
        ) from error
