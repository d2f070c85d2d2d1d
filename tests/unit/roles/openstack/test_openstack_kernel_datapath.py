"""The question to the kernel, byte by byte."""

from __future__ import annotations

import ast
import struct
from pathlib import Path
from typing import Any

MODULE = Path(__file__).resolve().parents[4] / "roles" / "openstack" / "library" / "openstack_kernel_datapath.py"


def load() -> dict[str, Any]:
    """The module without Ansible: what it imports of it is used in main alone."""
    tree = ast.parse(MODULE.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if getattr(node, "module", None) != "ansible.module_utils.basic"]
    found: dict[str, Any] = {"__name__": "openstack_kernel_datapath"}
    exec(compile(tree, str(MODULE), "exec"), found)  # noqa: S102
    return found


def test_the_request_is_as_long_as_it_says_and_names_the_family() -> None:
    asked = load()["question"](b"ovs_datapath\0")
    length, kind, flags, _, _ = struct.unpack_from("=IHHII", asked)
    assert (length, kind, flags) == (len(asked), 16, 5)
    assert len(asked) % 4 == 0
    size, attribute = struct.unpack_from("=HH", asked, 20)
    assert (size, attribute) == (4 + 13, 2)
    assert asked[24:37] == b"ovs_datapath\0"


def test_an_error_means_that_the_kernel_has_none() -> None:
    answer = load()["is_there"]
    assert answer(struct.pack("=IHHII", 36, 2, 0, 1, 0)) is False
    assert answer(struct.pack("=IHHII", 36, 16, 0, 1, 0)) is True
