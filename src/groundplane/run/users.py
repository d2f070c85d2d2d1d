"""Which account reaches each host while a run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCESS = "bootstrap.access"
"""The step after which a host is reached as the operator."""


class Users:
    """The account that reaches each host. The step bootstrap.access moves a host to the operator."""

    def __init__(
        self, *, operator: str, initial: str, known: Mapping[str, str], ready: set[str], set_by_site: set[str]
    ):
        """`known` is what a probe could log in with, `ready` the hosts with a receipt of ACCESS, `set_by_site` those
        whose variables say ansible_user: there the engine says nothing."""
        self._operator = operator
        self._set_by_site = set_by_site
        self._initial = initial
        self._users = {**dict.fromkeys(ready, operator), **known}

    def of(self, hosts: Sequence[str]) -> dict[str, str]:
        """The account on each of `hosts`, and on all others where it is known: a task may be delegated to one."""
        users = dict.fromkeys(hosts, self._initial) | self._users
        return {host: user for host, user in users.items() if host not in self._set_by_site}

    def moved(self, step: str, hosts: Sequence[str]) -> None:
        if step == ACCESS:
            self._users |= dict.fromkeys(hosts, self._operator)
