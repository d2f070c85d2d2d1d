"""From layers.yml (the toolkit's, and a site's own) to the graph of a site."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.layers.actions import ACTIONS
from groundplane.layers.format import HookFile, LayerFile, LayersFile, StepFile, WorkFile
from groundplane.layers.handovers import SOURCES
from groundplane.layers.hooks import Hooks, first_steps
from groundplane.layers.model import Graph, Handover, Layer, Need, Step, StepRole
from groundplane.layers.order import circles, topological
from groundplane.layers.roles import find_role, role_options
from groundplane.site.derived_images import builds_images, built_ahead
from groundplane.site.model_problems import read_model
from groundplane.site.source import Source, read_source, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.errors import Place
    from groundplane.site.site import Site

LAYERS_FILE = "layers.yml"
ALL_SERVICES = "*"


def load_graph(site: Site) -> Graph:
    """The layers that the site has, with their steps, the site's own ones and its hooks.

    A layer's first steps need all steps of the layers that it needs, everywhere.

    Raises:
        InputError: with all problems: circles, unknown names, empty host patterns, missing files.
    """
    builder = _Builder(site)
    builder.read(site.content.playbooks / LAYERS_FILE, own=False)
    own = site.path / LAYERS_FILE
    if own.is_file():
        builder.read(own, own=True)
    builder.stop_at_problems("The layers can't be read")
    graph = builder.build()
    builder.stop_at_problems("The graph of layers and steps is wrong")
    return graph


@dataclass(slots=True)
class _File:
    """Where something was declared: its source, and whether it's the site's own."""

    source: Source
    own: bool


@dataclass(slots=True)
class _Layer:
    """A layer while the graph is being put together."""

    file: LayerFile
    place: Place
    declared: _File
    steps: dict[str, tuple[StepFile, _File]] = field(default_factory=dict)


class _Builder:
    """Collects declarations, then checks and joins them; every problem is kept, not the first alone."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.problems: list[Problem] = []
        self.layers: dict[str, _Layer] = {}
        self.hooks: list[tuple[HookFile, Place, _File]] = []
        self.steps: dict[str, Step] = {}
        self.services: dict[str, frozenset[str]] = {}
        """Layer to the names of all services that it could have."""

    def stop_at_problems(self, what: str) -> None:
        if self.problems:
            raise InputError(what, problems=tuple(self.problems))

    def read(self, path: Path, *, own: bool) -> None:
        source = read_source(path, self.problems)
        if source is None or source.data is None:
            return
        written = read_model(LayersFile, source, self.problems)
        if written is None:
            return
        declared = _File(source, own)
        for name, layer in written.layers.items():
            self._add_layer(name, layer, declared)
        for index, hook in enumerate(written.hooks):
            place = source.place("hooks", index)
            if not own:
                self._tell("The toolkit has no hooks", "Write a step.", place)
            self.hooks.append((hook, place, declared))

    def _tell(self, what: str, cure: str, place: Place) -> None:
        self.problems.append(Problem(what, cure, place))

    def _add_layer(self, name: str, layer: LayerFile, declared: _File) -> None:
        source = declared.source
        known = self.layers.get(name)
        if known is None:
            known = _Layer(layer, source.place("layers", name), declared)
            self.layers[name] = known
        else:
            for key in sorted(layer.model_fields_set - {"steps"}):
                self._tell(
                    f"The layer '{name}' is the toolkit's; a site can add steps to it, not change its '{key}'",
                    "Remove the key, or make a layer of your own.",
                    source.place("layers", name, key),
                )
        for step_name, step in layer.steps.items():
            if step_name in known.steps:
                self._tell(
                    f"The step '{name}.{step_name}' is the toolkit's",
                    "Give the step another name, or hook before or after ours (hooks:).",
                    source.place("layers", name, "steps", step_name),
                )
            else:
                known.steps[step_name] = (step, declared)

    def build(self) -> Graph:
        wanted = self._wanted_layers()
        layer_needs = {name: self._layer_needs(name, wanted) for name in wanted}
        layer_circles = circles(layer_needs)
        for circle in layer_circles:
            self._tell_circle("layers", circle, {name: self.layers[name].place for name in circle})
        if layer_circles:
            self.stop_at_problems("The graph of layers and steps is wrong")
        layer_order = topological(layer_needs)
        for name in layer_order:
            self._add_steps(name)
        self._add_hooks()
        self._wait_for_handovers()
        self._join_layers({name: layer_needs[name] for name in layer_order})
        needs = {id_: [need.step for need in step.needs] for id_, step in self.steps.items()}
        for circle in circles(needs):
            self._tell_circle("steps", circle, {id_: self.steps[id_].place for id_ in circle})
        order = topological(needs)
        return Graph(
            layers={name: self._layer(name, layer_needs[name], order) for name in layer_order},
            steps={id_: self.steps[id_] for id_ in order},
            order=order,
            hosts={id_: self._hosts(self.steps[id_]) for id_ in order},
        )

    def _tell_circle(self, kind: str, circle: tuple[str, ...], places: Mapping[str, Place]) -> None:
        way = " → ".join(f"{name} ({places[name].file.name}:{places[name].line})" for name in (*circle, circle[0]))
        what = f"A circle: these {kind} wait for each other: {way}"
        self._tell(what, "Remove one of these needs.", places[circle[0]])

    def _wanted_layers(self) -> list[str]:
        """The site's layers in the files' order; one that site.yml names and nobody declares is a problem."""
        asked = self.site.file.layers
        site_yml = self.site.path / "site.yml"
        for index, name in enumerate(asked):
            if name not in self.layers:
                ignored: list[Problem] = []
                source = read_source(site_yml, ignored) or Source(site_yml, None)
                place = source.place("layers", index)
                self._tell(f"There is no layer '{name}'", suggest(name, self.layers), place)
        return [name for name in self.layers if name in asked]

    def _layer_needs(self, name: str, wanted: list[str]) -> tuple[str, ...]:
        layer = self.layers[name]
        source = layer.declared.source
        for index, need in enumerate(layer.file.needs):
            place = source.place("layers", name, "needs", index)
            if need not in self.layers:
                self._tell(f"The layer '{name}' needs '{need}', which isn't a layer", suggest(need, self.layers), place)
            elif need not in wanted:
                self._tell(
                    f"The layer '{name}' needs '{need}', which this site leaves out",
                    f"Add '{need}' to layers in site.yml.",
                    place,
                )
        for index, other in enumerate(layer.file.after):
            if other not in self.layers:
                at = source.place("layers", name, "after", index)
                self._tell(
                    f"The layer '{name}' comes after '{other}', which isn't a layer", suggest(other, self.layers), at
                )
        for index, group in enumerate(layer.file.groups):
            if not self.site.inventory.match(group):
                self._tell(
                    f"The layer '{name}' needs hosts in the group '{group}', and nobody is in it",
                    f"Put hosts into the group '{group}' in inventory/hosts.yml.",
                    source.place("layers", name, "groups", index),
                )
        return tuple(need for need in (*layer.file.needs, *layer.file.after) if need in wanted)

    def _add_steps(self, layer_name: str) -> None:
        self._add_services(layer_name)
        for name, (written, declared) in self.layers[layer_name].steps.items():
            if self._is_left_out(written):
                continue
            path = ("layers", layer_name, "steps", name)
            needs = []
            for index, need in enumerate(written.all_needs()):
                found = self._needed(layer_name, need.step, declared.source.place(*path, "needs", index))
                if found is not None:
                    needs.append(Need(found, everywhere=need.everywhere))
            id_ = f"{layer_name}.{name}"
            self.steps[id_] = self._step(id_, written, declared, path, tuple(needs))
        for name, (written, declared) in self.layers[layer_name].steps.items():
            if not self._is_left_out(written):
                self._put_before(layer_name, name, written, declared)

    def _add_services(self, layer_name: str) -> None:
        """The steps that are Kolla's services; of the same name as a step of ours there is none."""
        layer = self.layers[layer_name]
        if layer.file.services is None:
            return
        # Only a site with such a layer carries the weight.
        from groundplane.layers.kolla_steps import service_steps  # noqa: PLC0415
        from groundplane.site.kolla.catalogue import read_catalogue  # noqa: PLC0415

        self.services[layer_name] = frozenset(read_catalogue(self.site.release, self.site.content).services)
        place = layer.declared.source.place("layers", layer_name, "services")
        for step in service_steps(self.site, layer=layer_name, place=place):
            if step.name in layer.steps:
                _, declared = layer.steps[step.name]
                what = f"The step '{step.id}' has the name of one of Kolla's services"
                at = declared.source.place("layers", layer_name, "steps", step.name)
                self._tell(what, "Give the step another name.", at)
            self.steps[step.id] = step

    def _put_before(self, layer: str, name: str, written: StepFile, declared: _File) -> None:
        """Lets other steps of the layer wait for this one."""
        id_ = f"{layer}.{name}"
        for index, waiting in enumerate(written.all_before()):
            every = [step.id for step in self.steps.values() if step.layer == layer and step.service is not None]
            for other in every if waiting.step == ALL_SERVICES else [f"{layer}.{waiting.step}"]:
                if other in self.steps:
                    need = Need(id_, everywhere=waiting.everywhere)
                    self.steps[other] = replace(self.steps[other], needs=(*self.steps[other].needs, need))
                elif not self._is_service_left_out(other):
                    known = [step.name for step in self.steps.values() if step.layer == layer]
                    at = declared.source.place("layers", layer, "steps", name, "before", index)
                    self._tell(f"There is no step '{other}'", suggest(waiting.step, known), at)

    def _is_service_left_out(self, id_: str) -> bool:
        layer, _, name = id_.partition(".")
        return id_ not in self.steps and name in self.services.get(layer, ())

    def _is_left_out(self, written: StepFile) -> bool:
        """Steps that build images, where the site builds none."""
        if written.ahead_for is not None and written.ahead_for not in built_ahead(self.site.file):
            return True
        return written.only_built and not builds_images(self.site.file)

    def _needed(self, layer: str, name: str, place: Place) -> str | None:
        id_ = name if "." in name else f"{layer}.{name}"
        other, _, step = id_.partition(".")
        if self._is_service_left_out(id_):
            return None
        if id_ in self.steps and self.steps[id_].service is not None:
            return id_
        if other in self.layers and step in self.layers[other].steps:
            if other not in self.site.file.layers:
                self._tell(
                    f"'{id_}' is needed here, and this site leaves out the layer '{other}'",
                    f"Add '{other}' to layers in site.yml.",
                    place,
                )
                return None
            return None if self._is_left_out(self.layers[other].steps[step][0]) else id_
        known = [f"{layer}.{name}" for layer, declared in self.layers.items() for name in declared.steps]
        short = list(self.layers[layer].steps) if "." not in name else known
        self._tell(f"There is no step '{id_}'", suggest(name, short), place)
        return None

    def _step(
        self,
        id_: str,
        written: WorkFile,
        declared: _File,
        path: tuple[str | int, ...],
        needs: tuple[Need, ...],
    ) -> Step:
        source = declared.source
        layer, _, name = id_.partition(".")
        playbook = self._work(id_, written, declared, path)
        roles: list[StepRole] = []
        options: list[str] = []
        folders = [self.site.path / "roles", self.site.content.roles] if declared.own else [self.site.content.roles]
        for index, role_written in enumerate(written.roles):
            role_name, _, entry = role_written.partition(":")
            role = find_role(role_name, folders)
            if role is None:
                known = [entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()]
                self._tell(
                    f"There is no role '{role_name}'", suggest(role_name, known), source.place(*path, "roles", index)
                )
                continue
            found = StepRole(role, entry or "main")
            roles.append(found)
            options += role_options(found, self.problems)
        handovers = self._handovers(id_, written, declared, path)
        step = Step(
            id=id_,
            layer=layer,
            name=name,
            description=written.description,
            playbook=playbook,
            hosts=written.hosts,
            place=source.place(*path),
            needs=needs,
            roles=tuple(roles),
            inputs=tuple(dict.fromkeys([*options, *written.inputs, *written.variables])),
            timeout_minutes=written.timeout_minutes,
            variables=written.variables,
            beside=isinstance(written, StepFile) and written.beside,
            action=written.action,
            handovers=handovers,
        )
        self._check_hosts(step, source.place(*path, "hosts"))
        return step

    def _work(self, id_: str, written: WorkFile, declared: _File, path: tuple[str | int, ...]) -> Path | None:
        """The playbook, None for an action; exactly one of them has to be there."""
        if (written.playbook is None) == (written.action is None):
            what = f"'{id_}' has to have either a playbook or an action"
            self._tell(what, "Name a playbook.", declared.source.place(*path))
        elif written.action is not None and written.action not in ACTIONS:
            what = f"There is no action '{written.action}'"
            self._tell(what, suggest(written.action, ACTIONS), declared.source.place(*path, "action"))
        return self._playbook(written.playbook, declared, (*path, "playbook")) if written.playbook else None

    def _handovers(
        self, id_: str, written: WorkFile, declared: _File, path: tuple[str | int, ...]
    ) -> tuple[Handover, ...]:
        """What the step is handed over; nothing by a layer that the site leaves out, where the toolkit asks for it."""
        found = []
        for index, name in enumerate(written.handover):
            layer, _, service = name.partition(":")
            place = declared.source.place(*path, "handover", index)
            if layer not in SOURCES:
                self._tell(f"The layer '{layer}' hands nothing over", suggest(layer, SOURCES), place)
            elif written.playbook is None:
                self._tell(f"'{id_}' is no playbook, and only playbooks are handed over to", "Remove it.", place)
            elif layer in self.site.file.layers:
                found.append(Handover(layer, service or id_.partition(".")[2], named=bool(service)))
            elif declared.own:
                what = f"'{id_}' is to get keys of '{layer}', which this site leaves out"
                self._tell(what, f"Add '{layer}' to layers in site.yml, or remove the handover.", place)
        return tuple(found)

    def _playbook(self, name: str, declared: _File, path: tuple[str | int, ...]) -> Path:
        root = self.site.path if declared.own else self.site.content.playbooks
        playbook = root / name
        if not playbook.is_file():
            siblings = playbook.parent.glob("*.yml") if playbook.parent.is_dir() else ()
            known = [str(found.relative_to(root)) for found in siblings if found.is_relative_to(root)]
            cure = suggest(name, known, f"Write the playbook {playbook}, or name another one.")
            self._tell(f"There is no playbook '{name}' under {root}", cure, declared.source.place(*path))
        return playbook

    def _check_hosts(self, step: Step, place: Place) -> None:
        inventory = self.site.inventory
        unknown = inventory.unknown_names(step.hosts)
        for name in unknown:
            what = f"'{step.id}' runs on '{step.hosts}', and '{name}' is neither a host nor a group"
            self._tell(what, suggest(name, [*inventory.groups, *inventory.hosts]), place)
        if not unknown and not self._hosts(step):
            what = f"'{step.id}' runs on '{step.hosts}', and no host matches that"
            self._tell(what, "Put hosts into these groups in inventory/hosts.yml, or correct the pattern.", place)

    def _hosts(self, step: Step) -> tuple[str, ...]:
        return self.site.inventory.match(step.hosts)

    def _add_hooks(self) -> None:
        hooks = Hooks(self.steps)
        for index, (hook, place, declared) in enumerate(self.hooks):
            path = ("hooks", index - sum(other is not declared for _, _, other in self.hooks[:index]))
            target = hook.before or hook.after
            if target is None or (hook.before and hook.after):
                what = f"The hook '{hook.name}' has to say either before or after"
                self._tell(what, "Name one LAYER.STEP or LAYER.", place)
                continue
            layer = target.partition(".")[0]
            if target not in self.steps and not any(step.layer == target for step in self.steps.values()):
                known = {**self.steps, **{step.layer: step for step in self.steps.values()}}
                at = declared.source.place(*path, "before" if hook.before else "after")
                self._tell(f"There is no step or layer '{target}' on this site", suggest(target, known), at)
                continue
            id_ = f"{layer}.{hook.name}"
            if id_ in self.steps:
                self._tell(f"There is a step '{id_}' already", "Give the hook another name.", place)
                continue
            step = self._step(id_, hook, declared, path, ())
            if hook.before:
                hooks.before(target, step)
            else:
                hooks.after(target, step)

    def _wait_for_handovers(self) -> None:
        """Who gets keys waits until they are made."""
        for id_, step in self.steps.items():
            makers = {SOURCES[handover.layer].step for handover in step.handovers}
            waited = {need.step for need in step.needs if need.everywhere}
            more = tuple(
                Need(maker, everywhere=True) for maker in sorted(makers - waited - {id_}) if maker in self.steps
            )
            if more:
                self.steps[id_] = replace(step, needs=(*step.needs, *more))

    def _join_layers(self, layer_needs: Mapping[str, tuple[str, ...]]) -> None:
        for name, needed in layer_needs.items():
            before = tuple(
                Need(id_, everywhere=True)
                for id_, step in self.steps.items()
                if step.layer in needed and not self._is_unawaited(step, name)
            )
            for id_ in first_steps(self.steps, name):
                step = self.steps[id_]
                if step.beside:
                    continue
                self.steps[id_] = replace(step, needs=(*step.needs, *before))

    def _is_unawaited(self, step: Step, layer: str) -> bool:
        """Whether the layer doesn't wait for the step, since others of the same layer come ahead for it."""
        steps = self.layers[step.layer].steps
        written = steps[step.name][0] if step.name in steps else None
        if written is None or layer not in written.unawaited_by:
            return False
        return any(other.ahead_for == layer and not self._is_left_out(other) for other, _ in steps.values())

    def _layer(self, name: str, needs: tuple[str, ...], order: tuple[str, ...]) -> Layer:
        layer = self.layers[name]
        verify = layer.file.verify
        return Layer(
            name=name,
            description=layer.file.description,
            place=layer.place,
            needs=needs,
            steps=tuple(id_ for id_ in order if self.steps[id_].layer == name),
            verify=self._playbook(verify, layer.declared, ("layers", name, "verify")) if verify else None,
        )
