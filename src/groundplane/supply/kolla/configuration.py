"""kolla-build.conf: Debian's own packages, and no repository besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMESPACE = "groundplane"
TAG = "rendered"
"""Stand in the Dockerfiles only: our builder names parents itself."""
DISABLED = "http://disabled.invalid/"


def kolla_configuration(*, series: str, suite: str, repositories: Path, additions: Path | None = None) -> str:
    """The text of kolla-build.conf.

    Args:
        repositories: the file with `disabled_repositories`.
        additions: a folder that is laid over Kolla's folder of templates.
    """
    return "\n".join(
        (
            "[DEFAULT]",
            "base = debian",
            "base_image = debian",
            f"base_tag = {suite}",
            f"namespace = {NAMESPACE}",
            f"tag = {TAG}",
            f"openstack_release = {series}",
            "maintainer = Groundplane",
            "network_mode = host",
            "pull = false",
            f"repos_yaml = {repositories}",
            *([f"docker_dir = {additions}"] if additions is not None else []),
            "",
        )
    )


def disabled_repositories(kolla: str) -> str:
    """Kolla's repos.yaml with every third-party repository switched off.

    Templates name them and fail where one is unknown, so they stay; `rendering` drops the steps that write them.
    """
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(kolla) or {}
    nothing = {"url": DISABLED, "suite": "none", "component": "none", "gpg_key": "none"}
    return yaml.safe_dump({group: dict.fromkeys(names or {}, nothing) for group, names in found.items()})
