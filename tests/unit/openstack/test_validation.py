from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.openstack.validation import layer_problems
from tests.unit.kolla.kolla_site import make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


def test_a_site_as_it_comes_has_none(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site()
    assert layer_problems(site) == ()
    assert not [one for one in site.problems if "openstack" in str(one.place)]


def test_any_variable_of_kollas_may_be_set(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site(nova_compute_virt_type="qemu", keystone_token_expiration=3600, enable_heat="yes")
    assert [one.what for one in site.problems if "doesn't know" in one.what] == [
        "the layer 'openstack' doesn't know 'keystone_token_expiration'"
    ]


def test_a_misspelt_variable_is_told_with_the_nearest_one(make_kolla_site: Callable[..., Site]) -> None:
    (problem,) = [one for one in make_kolla_site(nova_compute_virt_typ="qemu").problems if "doesn't know" in one.what]
    assert problem.cure == "Did you mean 'nova_compute_virt_type'?"
    assert problem.place is not None
    assert (problem.place.file.name, problem.place.line) == ("configuration.yml", 1)


@pytest.mark.parametrize("where", ["group_vars", "host_vars"])
def test_groups_and_hosts_may_have_variables_of_their_own_but_none_that_looks_like_kollas(
    make_kolla_site: Callable[..., Site], where: str
) -> None:
    owner = "control" if where == "group_vars" else "node1"
    site = make_kolla_site(**{where: {owner: {"nova_compute_virt_typ": 1, "nova_of_mine": 1, "mine": 2}}})
    (problem,) = layer_problems(site)
    assert "no variable 'nova_compute_virt_typ'" in problem.what
    assert "'nova_compute_virt_type'" in problem.cure
    assert problem.place is not None
    assert problem.place.file.parent.name == where


@pytest.mark.parametrize(("value", "wrong"), [("maybe", True), (7, True), ([True], True), ("no", False), (1, False)])
def test_switches_are_true_or_false(make_kolla_site: Callable[..., Site], value: object, *, wrong: bool) -> None:
    problems = layer_problems(make_kolla_site(enable_horizon_heat=value))
    assert bool(problems) is wrong
    assert all("wants true or false" in one.what for one in problems)


def test_a_password_in_clear(make_kolla_site: Callable[..., Site]) -> None:
    (problem,) = layer_problems(make_kolla_site(keystone_admin_password="x"))
    assert "in clear" in problem.what
    assert "x" not in problem.what.split("'keystone_admin_password'")[1].split()
    assert layer_problems(make_kolla_site(keystone_admin_password="{{ mine }}")) == ()


def test_what_the_engine_sets(make_kolla_site: Callable[..., Site]) -> None:
    (problem,) = layer_problems(make_kolla_site(node_custom_config="/etc/kolla/config"))
    assert problem.what == "'node_custom_config' is set by the engine for each step"
    assert "environments/openstack/overlays" in problem.cure


def test_a_site_without_openstack_isnt_asked(make_kolla_site: Callable[..., Site]) -> None:
    assert layer_problems(make_kolla_site(layers=("bootstrap",), vips={})) == ()
