"""Which hosts are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.openstack.status.state import chosen_hosts, openstack_hosts, wanted_containers
from tests.unit.kolla.kolla_site import make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


def test_all_hosts_that_run_any_of_it(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site()
    assert set(openstack_hosts(wanted_containers(site), site)) == {f"node{number}" for number in range(1, 6)}
    assert chosen_hosts(site, "compute") == ("node4", "node5")


def test_others_are_refused(make_kolla_site: Callable[..., Site]) -> None:
    with pytest.raises(InputError, match="None of manager runs any of OpenStack"):
        chosen_hosts(make_kolla_site(), "manager")
    with pytest.raises(InputError, match="OpenStack is not among"):
        wanted_containers(make_kolla_site(layers=("bootstrap",)))
