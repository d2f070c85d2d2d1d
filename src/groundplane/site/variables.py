"""Variables with their whole chain of precedence.

The order is Ansible's own (see `inventory`), with the toolkit's defaults, what is derived from site.yml, the
environments and the secrets below all groups, and the command line above all hosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import Place
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from groundplane.site.inventory import Inventory

Values = Mapping[str, Value]
_NOTHING: dict[str, Value] = {}
COMMAND_LINE = Place(Path("command line"))


class Variables:
    """All variables of a site. Never changes; `with_…` give new ones that share the rest."""

    __slots__ = ("_by_groups", "_command_line", "_host_derived", "_inventory", "_levels")

    def __init__(
        self,
        inventory: Inventory,
        *,
        defaults: Values = _NOTHING,
        derived: Values = _NOTHING,
        environment: Values = _NOTHING,
        secrets: Values = _NOTHING,
        host_derived: Mapping[str, Values] | None = None,
        command_line: Values = _NOTHING,
    ) -> None:
        self._inventory = inventory
        self._levels = (defaults, derived, environment, secrets)
        self._host_derived = host_derived or {}
        self._command_line = command_line
        self._by_groups: dict[tuple[str, ...], dict[str, Value]] = {}

    def with_derived(self, derived: Values, host_derived: Mapping[str, Values]) -> Variables:
        """The same, with what was computed from site.yml: for all hosts, and for each."""
        defaults, _, environment, secrets = self._levels
        return Variables(
            self._inventory,
            defaults=defaults,
            derived=derived,
            environment=environment,
            secrets=secrets,
            host_derived=host_derived,
            command_line=self._command_line,
        )

    def with_more_derived(self, derived: Values, host_derived: Mapping[str, Values]) -> Variables:
        """The same, with some of what was computed computed anew; `host_derived` names each of the hosts."""
        per_host = {
            **self._host_derived,
            **{host: {**self.derived_for(host), **own} for host, own in host_derived.items()},
        }
        return self.with_derived({**self._levels[1], **derived}, per_host)

    def with_command_line(self, variables: Mapping[str, Any]) -> Variables:
        """The same, with variables that beat all others."""
        defaults, derived, environment, secrets = self._levels
        given = {name: Value(value, Level.COMMAND_LINE, COMMAND_LINE, "-e") for name, value in variables.items()}
        result = Variables(
            self._inventory,
            defaults=defaults,
            derived=derived,
            environment=environment,
            secrets=secrets,
            host_derived=self._host_derived,
            command_line={**self._command_line, **given},
        )
        # The levels below hosts are the same, so is what was computed from them.
        result._by_groups = self._by_groups
        return result

    def chain(self, name: str, host: str | None) -> tuple[Value, ...]:
        """Every place that sets the variable for this host, weakest first; the last one wins.

        Without a host: for a host that is in no group but `all`.
        """
        defaults, derived, environment, secrets = self._levels
        found = [level[name] for level in (defaults, derived) if name in level]
        if host is not None and name in self._host_derived.get(host, _NOTHING):
            found.append(self._host_derived[host][name])
        found += [level[name] for level in (environment, secrets) if name in level]
        groups = ("all",) if host is None else self._inventory.groups_of(host)
        for group in groups:
            found += self._inventory.groups[group].inline.get(name, ())
        for group in groups:
            found += self._inventory.groups[group].files.get(name, ())
        if host is not None:
            found += self._inventory.hosts[host].inline.get(name, ())
            found += self._inventory.hosts[host].files.get(name, ())
        if name in self._command_line:
            found.append(self._command_line[name])
        return tuple(found)

    def everywhere(self, name: str) -> tuple[Value, ...]:
        """Every place in the whole site that sets the variable, weakest level first."""
        found = list(self.chain(name, None))
        ordered = sorted(self._inventory.groups.values(), key=lambda group: (group.depth, group.priority, group.name))
        for group in ordered:
            if group.name != "all":
                found += [*group.inline.get(name, ()), *group.files.get(name, ())]
        for host in self._inventory.hosts.values():
            derived = self._host_derived.get(host.name, _NOTHING).get(name)
            found += [*((derived,) if derived else ()), *host.inline.get(name, ()), *host.files.get(name, ())]
        return tuple(sorted(found, key=lambda value: value.level))

    def value(self, name: str, host: str | None) -> Value | None:
        """What wins for this host; None where nothing sets it."""
        given = self._command_line.get(name)
        if given is not None:
            return given
        if host is None:
            return self._of_groups(("all",)).get(name)
        entry = self._inventory.hosts[host]
        own = entry.files.get(name) or entry.inline.get(name)
        if own:
            return own[-1]
        found = self._of_groups(entry.groups).get(name)
        if found is None or found.level <= Level.DERIVED:
            return self._host_derived.get(host, _NOTHING).get(name, found)
        return found

    def names(self, host: str | None) -> frozenset[str]:
        """The names of all variables of this host."""
        found = {*self._of_groups(("all",) if host is None else self._inventory.groups_of(host)), *self._command_line}
        if host is not None:
            entry = self._inventory.hosts[host]
            found.update(entry.inline, entry.files, self._host_derived.get(host, _NOTHING))
        return frozenset(found)

    def all_names(self) -> frozenset[str]:
        """The names of all variables that anything in the site sets."""
        found = {*self._command_line}
        for level in self._levels:
            found.update(level)
        for group in self._inventory.groups.values():
            found.update(group.inline, group.files)
        for host in self._inventory.hosts.values():
            found.update(host.inline, host.files)
        for derived in self._host_derived.values():
            found.update(derived)
        return frozenset(found)

    def effective(self, host: str) -> dict[str, Value]:
        """All variables of a host, each with the value that wins."""
        entry = self._inventory.hosts[host]
        result = dict(self._of_groups(entry.groups))
        for name, value in self._host_derived.get(host, _NOTHING).items():
            found = result.get(name)
            if found is None or found.level <= Level.DERIVED:
                result[name] = value
        for written in (entry.inline, entry.files):
            for name, values in written.items():
                result[name] = values[-1]
        result.update(self._command_line)
        return result

    def secret_names(self) -> frozenset[str]:
        """The names in secrets.yml; empty where the secrets weren't loaded."""
        return frozenset(self._levels[3])

    def for_all_hosts(self) -> dict[str, Value]:
        """What defaults, site.yml and environments give to every host; no secrets, no groups, no hosts."""
        defaults, derived, environment, _ = self._levels
        return {**defaults, **derived, **environment}

    def derived_for(self, host: str) -> Values:
        """What was computed for this host alone, whether it wins or not."""
        return self._host_derived.get(host, _NOTHING)

    def _of_groups(self, groups: tuple[str, ...]) -> dict[str, Value]:
        """What everything below the host gives; computed once for all hosts with the same groups."""
        found = self._by_groups.get(groups)
        if found is None:
            found = {}
            for level in self._levels:
                found.update(level)
            for attribute in ("inline", "files"):
                for group in groups:
                    written = getattr(self._inventory.groups[group], attribute)
                    found.update({name: values[-1] for name, values in written.items()})
            self._by_groups[groups] = found
        return found
