"""What any run works with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from groundplane.machine.cancel import CancelToken
from groundplane.run.means import Means


def test_no_secret_shows_in_it_or_behind_its_redactor() -> None:
    nothing = cast("Any", None)
    means = Means(
        journal=nothing,
        runtime=nothing,
        connection=nothing,
        secrets={"keystone_admin_password": "correct horse battery"},
        vault_password=b"staple of the vault",
        memory=Path("/nowhere"),
        holder="me@here",
        watchers=[],
        cancel=CancelToken(),
    )
    shown = repr(means) + means.redactor().text("correct horse battery, staple of the vault")
    assert "correct horse" not in shown
    assert "staple" not in shown
