"""Where the registry listens, and who may ask it."""

from __future__ import annotations

import json
import socket
from itertools import islice
from typing import TYPE_CHECKING

from groundplane.supply.store.container import RunningStore, home_addresses, is_free, write_auth_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_has_the_same_address_each_time_and_others_another(tmp_path: Path) -> None:
    one, again, other = (list(islice(home_addresses(tmp_path / name), 3)) for name in ("a", "a", "b"))
    assert one == again
    assert one[0] != other[0]
    assert len(set(one)) == 3


def test_it_listens_on_the_loopback_alone_below_the_ports_that_kernels_give_out(tmp_path: Path) -> None:
    for number in range(50):
        host, _, port = next(home_addresses(tmp_path / str(number))).partition(":")
        assert host.startswith("127.")
        assert 20_000 <= int(port) < 32_768


def test_a_port_in_use_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.71.0.1", 0))
        taken.listen()
        address = f"127.71.0.1:{taken.getsockname()[1]}"
        assert not is_free(address)
    assert is_free(address)


def test_the_password_is_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    write_auth_file(path, RunningStore("container", "127.71.0.1:20000", "secret"))
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text())["auths"]["127.71.0.1:20000"]["auth"] == "Z3JvdW5kcGxhbmU6c2VjcmV0"
