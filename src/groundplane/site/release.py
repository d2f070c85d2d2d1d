"""A release: one file that pins every version."""

from __future__ import annotations

from pydantic import Field

from groundplane.site.model import Strict


class AcceleratorPin(Strict):
    """Mitogen, where this release was proven with it."""

    mitogen: str = Field(description="The pinned version.")


class RuntimePin(Strict):
    """What runs the playbooks."""

    ansible_core: str = Field(description="Exact version of ansible-core.")
    python: str = Field(description="Range of Pythons that it runs on, for example >=3.12,<3.15.")
    requirements: str = Field(description="Locked requirements file beside the release file, with hashes.")
    accelerator: AcceleratorPin | None = None
    image_suite: str = Field(
        default="trixie",
        description="Debian suite of the execution environment, where the machine's Python is too old.",
    )


class Release(Strict):
    """releases/NAME.yml."""

    name: str
    description: str = ""
    runtime: RuntimePin
    versions: dict[str, str] = Field(default_factory=dict, description="Pinned versions, by component.")
