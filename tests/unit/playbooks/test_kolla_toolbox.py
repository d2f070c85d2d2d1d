"""Which calls of Kolla's toolbox go the short way, and how its answer is read."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import toolkit_content

if TYPE_CHECKING:
    from pathlib import Path


def plugin(*path: str) -> Any:
    file: Path = toolkit_content().playbooks.joinpath("plugins", *path)
    spec = importlib.util.spec_from_file_location(f"{path[0]}_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("openstack.cloud.project", "openstack.cloud.project"),
        ("mysql_db", "community.mysql.mysql_db"),
        ("rabbitmq_user", "community.rabbitmq.rabbitmq_user"),
        ("openvswitch_bridge", "openvswitch.openvswitch.openvswitch_bridge"),
        # These have work to do on the controller's side, or lie elsewhere.
        ("uri", None),
        ("ansible.builtin.uri", None),
        ("os_nova_host_aggregate", None),
    ],
)
def test_modules_of_collections_go_the_short_way(written: str, name: str | None) -> None:
    assert plugin("action", "kolla_toolbox.py").full_name(written) == name


def test_what_ansible_would_still_work_out_goes_the_long_way() -> None:
    is_plain = plugin("action", "kolla_toolbox.py").is_plain
    assert is_plain({"name": "glance", "port": 3306, "list": ["a", None]})
    assert not is_plain({"auth": {"password": "{{ later }}"}})
    assert not is_plain({"list": ["__omit_place_holder__1"]})


def test_the_answer_is_the_last_object_in_what_the_module_printed() -> None:
    answer_of = plugin("modules", "kolla_toolbox_direct.py").answer_of
    assert answer_of('a warning\n\n{"changed": true, "user": "glance"}\n') == {"changed": True, "user": "glance"}
    assert answer_of("Traceback (most recent call last):\n  x\n") is None
    assert answer_of('{"changed": tr') is None
