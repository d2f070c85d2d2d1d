"""What the engine asks of a runtime: how to start a program in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CLIENT = "groundplane-vault-client"
"""The program in a runtime that asks the engine for the vault password; Ansible calls it by its suffix -client."""

KOLLA_ANSIBLE = "share/kolla-ansible/ansible"
"""Where kolla-ansible's package puts its playbooks, below the folder that packages are installed into."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file that the runtime's programs see under the same path as the engine."""

    path: Path
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program: the words, and those that end it where a signal doesn't reach it."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    """For the started process."""
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuntimeFacts:
    """What a finished runtime says about itself."""

    kind: str
    """venv or container."""
    name: str
    """The environment's folder, or the image."""
    ansible_core: str
    python: str
    strategy_plugins: str | None
    """Folder of the accelerator's strategy plugins, as the runtime sees it; None without one."""
    vault_client: str
    """The client program's path, as the runtime sees it."""
    kolla_ansible: str | None = None
    """Folder of kolla-ansible's playbooks and roles, as the runtime sees it; None in a release without OpenStack."""


class Runtime(Protocol):
    """A place with the release's ansible-core."""

    @property
    def facts(self) -> RuntimeFacts: ...

    def launch(
        self, words: Sequence[str], *, name: str, environment: Mapping[str, str], mounts: Sequence[Mount], folder: Path
    ) -> Launch:
        """How to start `words` (the first is a program of the runtime).

        Args:
            name: unique among what runs now; shows up where a person looks for processes.
            environment: all variables that the program is to see; no secrets.
            mounts: what the program may see of this machine.
            folder: where it starts.
        """
        ...
