"""layers.yml, as it is written: the toolkit's own and a site's."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from groundplane.site.strict import Name, Strict


class NeedFile(Strict):
    """A step that must have succeeded first."""

    step: str = Field(description="A step of the same layer by its name, any other as LAYER.STEP.")
    everywhere: bool = Field(
        default=False, description="It must have succeeded on all of its hosts, not on the same host alone."
    )


class WorkFile(Strict):
    """What steps and hooks have in common."""

    description: str = Field(default="", description="What it does, for people.")
    playbook: str | None = Field(
        default=None, description="The playbook; the toolkit's lie under playbooks/, a site's under the site."
    )
    action: str | None = Field(
        default=None, description="Work that the engine does itself, by its name; in place of a playbook."
    )
    hosts: str = Field(default="all", description="An Ansible host pattern.")
    roles: tuple[str, ...] = Field(
        default=(), description="Roles whose options are the step's inputs; ROLE:ENTRY for one entry point of a role."
    )
    inputs: tuple[str, ...] = Field(default=(), description="More variables that count as inputs.")
    handover: tuple[str, ...] = Field(
        default=(),
        description="Layers that hand keys over to the playbook, which finds them in the folder "
        "groundplane_handover.LAYER: those for the service of the step's name; LAYER:SERVICE for another one.",
    )
    variables: dict[str, Any] = Field(
        default_factory=dict, description="Variables for the playbook that beat all others; they count as inputs."
    )
    timeout_minutes: int = Field(default=60, ge=1, le=10080, description="Stopped after so many minutes.")


class StepFile(WorkFile):
    """One playbook on some hosts, or one action of the engine's for them."""

    needs: tuple[str | NeedFile, ...] = Field(default=(), description="Steps that must have succeeded first.")

    before: tuple[str | NeedFile, ...] = Field(
        default=(),
        description="Steps of the same layer that wait for this one; '*' is all that services: gives the layer.",
    )

    beside: bool = Field(
        default=False,
        description="Work of this machine alone: it waits for no other layer, and one such step at a time runs beside "
        "the others without taking the place of one.",
    )
    ahead_for: str | None = Field(
        default=None,
        description="A layer whose images the step brings ahead of all others; left out where the site builds none.",
    )
    unawaited_by: tuple[str, ...] = Field(
        default=(), description="Layers that don't wait for the step where others come ahead for them."
    )
    only_built: bool = Field(default=False, description="Left out where the site doesn't build its images.")

    def all_needs(self) -> tuple[NeedFile, ...]:
        """The needs; a mere name is a need on the same host."""
        return _needs(self.needs)

    def all_before(self) -> tuple[NeedFile, ...]:
        """Likewise, what waits for this step."""
        return _needs(self.before)


def _needs(written: tuple[str | NeedFile, ...]) -> tuple[NeedFile, ...]:
    return tuple(NeedFile(step=need) if isinstance(need, str) else need for need in written)


class LayerFile(Strict):
    """A part of the cloud with an order."""

    description: str = Field(default="", description="What the layer is, for people.")
    needs: tuple[str, ...] = Field(default=(), description="Layers that must stand first, everywhere.")
    after: tuple[str, ...] = Field(default=(), description="Likewise, where the site has them.")
    groups: tuple[str, ...] = Field(default=(), description="Groups that must have hosts.")
    verify: str | None = Field(default=None, description="The playbook that checks the layer on the hosts.")
    services: Literal["kolla"] | None = Field(
        default=None, description="More steps: one for each service that kolla-ansible deploys for the site."
    )
    steps: dict[Name, StepFile] = Field(default_factory=dict, description="The layer's steps.")


class HookFile(WorkFile):
    """A site's own playbook before or after a step or a whole layer of ours."""

    name: Name = Field(description="The hook's name; its step is LAYER.NAME, in the layer that it hooks into.")
    before: str | None = Field(default=None, description="LAYER.STEP or LAYER that waits for the hook.")
    after: str | None = Field(default=None, description="LAYER.STEP or LAYER that comes first.")


class LayersFile(Strict):
    """The whole file."""

    layers: dict[Name, LayerFile] = Field(default_factory=dict)
    hooks: tuple[HookFile, ...] = Field(default=(), description="Only in a site's own layers.yml.")
