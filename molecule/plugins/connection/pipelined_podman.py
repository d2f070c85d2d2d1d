"""containers.podman's connection, with modules handed over on standard input.

The collection's own starts podman six times for each task and host: to mount the container's files, to find the home
folder, to make a temporary one, to make a file executable, to run it and to remove it. Here it is once, and podman is
asked for the mount only where a file is copied.
"""

from __future__ import annotations

import shlex

from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.connection import ConnectionBase
from ansible_collections.containers.podman.plugins.connection.podman import Connection as PodmanConnection

DOCUMENTATION = """
author: The Groundplane developers
name: pipelined_podman
short_description: Run modules in podman's containers by standard input
description: As containers.podman.podman, with pipelining.
extends_documentation_fragment: connection_pipelining
options:
  remote_addr:
    description: The container.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  remote_user:
    description: Who commands run as; whom the container starts with where unset.
    vars:
      - name: ansible_user
  podman_extra_args:
    description: Further words for podman.
    default: ''
    vars:
      - name: ansible_podman_extra_args
  podman_executable:
    description: The program.
    default: podman
    vars:
      - name: ansible_podman_executable
"""


class Connection(PodmanConnection):
    """Named so by Ansible's rule."""

    transport = "pipelined_podman"
    has_pipelining = True

    def _connect(self) -> None:
        # On purpose not the parent's, which asks podman for the mount.
        ConnectionBase._connect(self)
        self._connected = True

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = False) -> tuple[int, bytes, bytes]:
        """Exit code, standard output, standard error."""
        ConnectionBase.exec_command(self, cmd, in_data=in_data, sudoable=sudoable)
        words = ["exec", *(["--interactive"] if in_data is not None else [])]
        if self.user:
            words += ["--user", self.user]
        code, out, err = self._podman(words, shlex.split(to_text(cmd)), in_data)
        return code, out, err

    def put_file(self, in_path: str, out_path: str) -> None:
        self._mount()
        super().put_file(in_path, out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        self._mount()
        super().fetch_file(in_path, out_path)

    def _mount(self) -> None:
        if self._mount_point is None:
            PodmanConnection._connect(self)
