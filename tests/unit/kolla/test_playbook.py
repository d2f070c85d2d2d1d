"""What a service is run with: plays, inventory, links, and nothing left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.kolla.playbook import KollaFolder
from groundplane.runtime.model import RuntimeFacts

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site


FACTS = RuntimeFacts("venv", "/runtime", "2.20.10", "3.13", "/mitogen", "/client", "/runtime/kolla")


def folder_of(site: Site, memory: Path, facts: RuntimeFacts = FACTS, learnt: list[str] | None = None) -> KollaFolder:
    return KollaFolder(site, memory, facts, accelerator=True, learn=(learnt if learnt is not None else []).extend)


def test_a_service_gets_links_overlays_and_its_action_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    learnt: list[str] = []
    folder = folder_of(site, tmp_path, learnt=learnt)
    with folder.service_playbook("nova-cell", action="deploy", step="openstack.nova-cell") as made:
        config = made.variables["node_custom_config"]
        assert made.variables["kolla_action"] == "deploy"
        assert (tmp_path / "kolla" / "group_vars").readlink().as_posix() == "/runtime/kolla/group_vars"
        assert "cpu_allocation_ratio" in (tmp_path / "kolla" / config / "nova.conf").read_text()
        assert made.environment["ANSIBLE_STRATEGY"] == "mitogen_nested"
        assert made.environment["ANSIBLE_ROLES_PATH"].startswith("/runtime/kolla/roles:")
        assert made.environment["ANSIBLE_ACTION_PLUGINS"].endswith("playbooks/plugins/action")
    assert not (tmp_path / "kolla" / config).exists()
    assert any("PRIVATE KEY" in text for text in learnt)
    certificates = tmp_path / "kolla" / "certificates"
    assert (certificates / "haproxy.pem").stat().st_mode & 0o777 == 0o600


def test_kernel_modules_are_left_alone_where_the_site_says_so(site: Site, tmp_path: Path) -> None:
    folder_of(site, tmp_path).hosts()
    assert (tmp_path / "kolla" / "roles" / "module-load" / "tasks" / "main.yml").read_text() == "[]\n"


def test_without_mitogen_the_strategy_is_ansibles_own(site: Site, tmp_path: Path) -> None:
    folder = KollaFolder(site, tmp_path, FACTS, accelerator=False, learn=lambda _keys: None)
    assert "ANSIBLE_STRATEGY" not in folder.preparing_playbook().environment


def test_images_are_pulled_by_our_own_role(site: Site, tmp_path: Path) -> None:
    with folder_of(site, tmp_path).service_playbook("memcached", action="pull") as made:
        (play,) = json.loads(made.path.read_text())
    assert play["roles"][0]["role"] == "images"


def test_an_unknown_service_and_a_release_without_openstack_are_told(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no service 'nowa'"):
        folder_of(site, tmp_path).service("nowa")
    none = RuntimeFacts("venv", "/runtime", "2.20.10", "3.13", None, "/client", None)
    with pytest.raises(InputError, match="pins no OpenStack"):
        folder_of(site, tmp_path, none).hosts()


def test_the_strategy_lies_where_the_runtime_sees_it() -> None:
    assert (toolkit_content().playbooks / "plugins" / "strategy" / "mitogen_nested.py").is_file()
