"""Everything that is wrong with a site, in one round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.checks.validation import check_site
from groundplane.layers import sense
from tests.unit.kolla.kolla_site import GROUPS, make_kolla_site, write

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


def told(site: Site) -> list[str]:
    return [problem.what for problem in check_site(site)[1]]


def test_a_site_that_is_well_has_its_graph(make_kolla_site: Callable[..., Site]) -> None:
    graph, problems = check_site(make_kolla_site())
    assert [problem for problem in problems if "needs the secret" not in problem.what] == []
    assert graph is not None
    assert "openstack.keystone" in graph.steps


def test_files_layers_and_images_are_told_together(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site(vips={}, enable_cindre=True, nova_loging_debug=True, enable_heat="maybe")
    write(site.path / "layers.yml", {"hooks": [{"name": "mine", "after": "bootstrap.nothing", "playbook": "x.yml"}]})
    found = "\n".join(told(site))
    for words in (
        "'nova_loging_debug'",
        "enable_cindre",
        "'enable_heat' is 'maybe'",
        "virtual address 'internal'",
        "no step or layer 'bootstrap.nothing'",
    ):
        assert words in found, found


def test_what_follows_from_something_else_isnt_told_besides(make_kolla_site: Callable[..., Site]) -> None:
    groups = {name: hosts for name, hosts in GROUPS.items() if name != "network"}
    site = make_kolla_site(groups=groups)
    assert [text for text in told(site) if "'network'" in text] == [
        "there is no group 'network', which the layer 'openstack' needs"
    ]


def test_a_layer_that_can_say_nothing_keeps_no_other_from_telling(
    make_kolla_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_kolla_site(vips={})
    monkeypatch.setitem(sense.CHECKS, "supply", "tests.unit.layers.refusing_layer")
    found = "\n".join(told(site))
    assert "supply can't be looked at" in found
    assert "virtual address 'internal'" in found
