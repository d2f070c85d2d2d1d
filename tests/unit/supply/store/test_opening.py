"""Who keeps whom from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from groundplane.errors import LockedError
from groundplane.supply.store import open_store, open_store_alone, using_images

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.machine.podman import Podman

NO_PODMAN = cast("Podman", None)


def test_readers_work_side_by_side(tmp_path: Path) -> None:
    with using_images(tmp_path), open_store(cache=tmp_path, podman=NO_PODMAN) as store:
        assert store.files.names() == ()


def test_nobody_prunes_while_somebody_builds(tmp_path: Path) -> None:
    with (
        open_store(cache=tmp_path, podman=NO_PODMAN),
        pytest.raises(LockedError, match="in use"),
        open_store_alone(cache=tmp_path, podman=NO_PODMAN),
    ):
        pytest.fail("two at once")


def test_nobody_begins_to_build_while_somebody_prunes(tmp_path: Path) -> None:
    with open_store_alone(cache=tmp_path, podman=NO_PODMAN) as alone:
        assert alone.collect_garbage() == 0
        with pytest.raises(LockedError), using_images(tmp_path):
            pytest.fail("two at once")
    with using_images(tmp_path):
        pass
