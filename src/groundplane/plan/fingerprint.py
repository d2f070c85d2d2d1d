"""What a step's work on a host depends on, as short keyed digests.

Digests are HMAC-SHA256 with a key of the site's own, so that nobody who reads a receipt can try out likely passwords
against it. They are cut to 64 bits: enough to tell values of one variable apart.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Place, Problem
from groundplane.plan.model import Fingerprint
from groundplane.plan.realm_inputs import PARTED, parts
from groundplane.plan.references import IMAGES, References, in_files, in_value
from groundplane.plan.role_content import MAIN, read_files, role_files
from groundplane.site.source import read_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from groundplane.layers.model import Graph, Step, StepRole
    from groundplane.plan.kolla_inputs import KollaInputs
    from groundplane.site.site import Site
    from groundplane.site.values import Value

FINGERPRINT_KEY = "groundplane_fingerprint_key"
GROUPS, GROUP_NAMES = "groups", "group_names"
"""Ansible's own variables that follow from the inventory."""

_HEX_DIGITS = 16
_NOWHERE = object()


def fingerprint_key(site: Site) -> bytes:
    """The key of all digests, from secrets.yml.

    Raises:
        InputError: the secrets are closed, or have no such key.
    """
    value = site.variables.value(FINGERPRINT_KEY, None)
    if value is not None and isinstance(value.value, str) and value.value:
        return value.value.encode()
    if not site.secrets_loaded:
        raise InputError(
            "The secrets are closed, so nobody can tell what changed",
            why="what a step reads is compared by digests, and their key lies in secrets.yml",
            cure="groundplane secrets unlock, or set GROUNDPLANE_VAULT_PASSWORD_FILE",
            place=Place(site.secrets_file),
        )
    raise InputError(
        f"secrets.yml has no {FINGERPRINT_KEY}",
        why="what a step reads is compared by digests, and this is their key",
        cure="groundplane secrets init adds what is missing.",
        place=Place(site.secrets_file),
    )


@dataclass(frozen=True, slots=True)
class _StepFacts:
    """What holds for a step on every host."""

    roots: frozenset[str]
    of_others: frozenset[str]
    defaults: Mapping[str, Any]
    content: dict[str, str]
    content_text: str
    release: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    """What layers.yml gives to the playbook: it beats all others."""
    service: str | None = None
    """One of Kolla's: it has inputs besides its variables (plan.kolla_inputs)."""


class Fingerprinter:
    """Fingerprints of many steps on many hosts; whatever they share is read and digested once."""

    def __init__(self, site: Site, graph: Graph) -> None:
        self._site = site
        self._graph = graph
        self._key = fingerprint_key(site)
        self._values: dict[int, tuple[Any, str, References]] = {}
        self._steps: dict[str, _StepFacts] = {}
        self._files: dict[Path, str] = {}
        self._of_others: dict[str, str] = {}
        self._shared: dict[str, Fingerprint] = {}
        self._known = frozenset(site.variables.all_names()) - {FINGERPRINT_KEY}
        self._kolla: KollaInputs | None = None
        self._release = f"ansible-core {site.release.runtime.ansible_core}"
        groups = {name: sorted(hosts) for name, hosts in site.inventory.group_hosts.items()}
        self._groups = self.digest(groups)

    def digest(self, value: Any) -> str:
        """A value's digest. `value` is plain data; order counts in lists and not in mappings."""
        return self._digest_text(_canonical(value))

    def of_host(self, host: str, steps: Iterable[str]) -> dict[str, Fingerprint]:
        """The fingerprints of these steps on one host."""
        effective = self._site.variables.effective(host)
        return {id_: self._fingerprint(self._graph.steps[id_], host, effective) for id_ in steps}

    def of_steps(self, hosts: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Fingerprint]:
        """Of each of these steps on its hosts, by step and host: host by host, in the site's order."""
        return {
            (id_, host): fingerprint
            for host in self._site.inventory.hosts
            for id_, fingerprint in self.of_host(host, [id_ for id_ in hosts if host in hosts[id_]]).items()
        }

    def _fingerprint(self, step: Step, host: str, effective: Mapping[str, Value]) -> Fingerprint:
        facts = self._facts(step)
        inputs: dict[str, str] = {}
        others = set(facts.of_others)
        queue = list(facts.roots)
        seen = set(facts.roots)
        if facts.service is not None:
            for name, value in self._of_kolla().of_host(facts.service, host).items():
                inputs[name], references = self._value(value)
                queue += [further for further in references.names - seen if self._counts(further, facts)]
                seen |= references.names
        for name in queue:
            if name == GROUPS:
                inputs[name] = self._groups
                continue
            if name == GROUP_NAMES:
                inputs[name] = self.digest(sorted(self._site.inventory.groups_of(host)))
                continue
            written = _written(name, facts, effective)
            if written is _NOWHERE:
                continue
            for part, of_part in parts(written) if name in PARTED else ((name, self._settled(written, facts, host)),):
                inputs[part], references = self._value(of_part)
                for further in references.names:
                    if further not in seen and self._counts(further, facts):
                        seen.add(further)
                        queue.append(further)
                others |= references.of_others
        for name in others & self._known:
            inputs[f"hostvars.{name}"] = self._digest_of_others(name)
        return self._share(facts, dict(sorted(inputs.items())))

    def _share(self, facts: _StepFacts, inputs: dict[str, str]) -> Fingerprint:
        """One object for all hosts whose fingerprints are the same: at a thousand hosts that is most of the memory."""
        listed = "\n".join(f"{name}={digest}" for name, digest in inputs.items())
        digest = self._digest_text(f"{listed}\n\n{facts.content_text}\n\n{facts.release}")
        found = self._shared.get(digest)
        if found is None:
            found = Fingerprint(inputs=inputs, content=facts.content, release=facts.release, digest=digest)
            self._shared[digest] = found
        return found

    def _settled(self, written: Any, facts: _StepFacts, host: str) -> Any:
        """The value as it counts: of Kolla's variables what comes of them, where that can be told without Ansible."""
        if facts.service is None or not self._value(written)[1].names:
            return written
        try:
            return self._of_kolla().resolved(written, host)
        except InputError:
            return written

    def _of_kolla(self) -> KollaInputs:
        if self._kolla is None:
            # Only sites with OpenStack carry the weight.
            from groundplane.plan.kolla_inputs import KollaInputs  # noqa: PLC0415

            self._kolla = KollaInputs(self._site)
        return self._kolla

    def _counts(self, name: str, facts: _StepFacts) -> bool:
        return name in facts.defaults or _is_known(name, self._known)

    def _value(self, written: Any) -> tuple[str, References]:
        """Values are shared between hosts as objects, so each is digested once; kept, so that its id stays its."""
        found = self._values.get(id(written))
        if found is None:
            found = (written, self.digest(written), in_value(written))
            self._values[id(written)] = found
        return found[1], found[2]

    def _facts(self, step: Step) -> _StepFacts:
        found = self._steps.get(step.id)
        if found is None:
            found = self._steps[step.id] = self._read_step(step)
        return found

    def _read_service(self, name: str) -> _StepFacts:
        """A service's roles are kolla-ansible's, unmodified: its version stands for them, the catalogue for plays."""
        kolla = self._of_kolla()
        service = kolla.service(name)
        what = [*service.plays, sorted(service.variables), sorted(service.others), *service.groups]
        content = {f"{kolla.source} ({name})": self.digest(what)}
        return _StepFacts(
            roots=service.variables & self._known,
            of_others=frozenset(),
            defaults={},
            content=content,
            content_text="\n".join(f"{file}={digest}" for file, digest in content.items()),
            release=kolla.release,
            service=name,
        )

    def _read_step(self, step: Step) -> _StepFacts:
        if step.service is not None:
            return self._read_service(step.service)
        defaults: dict[str, Any] = {}
        content = {} if step.playbook is None else {self._shown(step.playbook): self._file(step.playbook)}
        references = in_files([] if step.playbook is None else [step.playbook])
        if step.action is not None:
            content[f"action {step.action}"] = self._digest_text(step.action)
        for handover in step.handovers:
            content[f"handover {handover}"] = self._digest_text(str(handover))
        for role in step.roles:
            defaults.update(_variables(role))
            for file in role_files(role):
                content[self._shown(file)] = self._file(file)
            references |= in_files(read_files(role))
        named = {name for name in references.names if name in defaults or _is_known(name, self._known)}
        return _StepFacts(
            roots=frozenset(step.inputs) | named,
            of_others=references.of_others,
            defaults=defaults,
            content=dict(sorted(content.items())),
            content_text="\n".join(f"{name}={digest}" for name, digest in sorted(content.items())),
            release=self._release,
            variables=step.variables,
        )

    def _shown(self, file: Path) -> str:
        for root in (self._site.content.root, self._site.path):
            if file.is_relative_to(root):
                return file.relative_to(root).as_posix()
        return file.name

    def _file(self, file: Path) -> str:
        found = self._files.get(file)
        if found is None:
            found = hmac.digest(self._key, file.read_bytes(), "sha256").hex()[:_HEX_DIGITS]
            self._files[file] = found
        return found

    def _digest_of_others(self, name: str) -> str:
        found = self._of_others.get(name)
        if found is None:
            values = {
                host: value.value
                for host in self._site.inventory.hosts
                if (value := self._site.variables.value(name, host)) is not None
            }
            found = self._of_others[name] = self.digest(values)
        return found

    def _digest_text(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:_HEX_DIGITS]


def _written(name: str, facts: _StepFacts, effective: Mapping[str, Value]) -> Any:
    """What counts for the step, as it was written; _NOWHERE where nothing says anything."""
    if name in facts.variables:
        return facts.variables[name]
    if name.startswith(f"{IMAGES}."):
        images = effective.get(IMAGES)
        known = images.value if images is not None and isinstance(images.value, dict) else {}
        return known.get(name.removeprefix(f"{IMAGES}."), "")
    value = effective.get(name)
    return value.value if value is not None else facts.defaults.get(name, _NOWHERE)


def _is_known(name: str, known: frozenset[str]) -> bool:
    """Whether the site, or Ansible, has such a variable; of groundplane_images.KEY the whole."""
    return name in known or name in {GROUPS, GROUP_NAMES} or (name.startswith(f"{IMAGES}.") and IMAGES in known)


def _variables(role: StepRole) -> dict[str, Any]:
    """The role's defaults; of a role with several entry points also its own variables, which count by name there."""
    found: dict[str, Any] = {}
    for folder in ("defaults",) if role.entry == MAIN else ("defaults", "vars"):
        file = role.path / folder / "main.yml"
        problems: list[Problem] = []
        source = read_source(file, problems) if file.is_file() else None
        if problems:
            raise InputError(f"The {folder} of the role '{role.path.name}' can't be read", problems=tuple(problems))
        if source is not None and source.data:
            found |= {str(name): value for name, value in source.data.items()}
    return found


def _canonical(value: Any) -> str:
    """The same text for the same data, whatever the order of its keys."""
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    except TypeError:  # keys of several types can't be sorted
        return json.dumps(_sortable(value), ensure_ascii=False, separators=(",", ":"), default=str)


def _sortable(value: Any) -> Any:
    if isinstance(value, dict):
        pairs = ((f"{type(key).__name__}:{key}", _sortable(item)) for key, item in value.items())
        return {"__mapping__": sorted(pairs, key=lambda pair: pair[0])}
    if isinstance(value, (list, tuple)):
        return [_sortable(item) for item in value]
    return value
