"""What every model of a file that a person writes has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=63)]


class Strict(BaseModel):
    """Unknown keys are errors; a loaded file never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
