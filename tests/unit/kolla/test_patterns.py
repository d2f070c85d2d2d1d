from __future__ import annotations

import pytest

from groundplane.kolla.patterns import matches


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("nova.conf", "nova.conf", True),
        ("nova/nova.conf", "nova.conf", False),
        ("nova/node1/nova.conf", "nova/{{ inventory_hostname }}/nova.conf", True),
        ("nova/node9/nova.conf", "nova/{{ inventory_hostname }}/nova.conf", False),
        ("keystone/policy.yaml", "keystone/{{ item }}", True),
        ("horizon/themes/a/b.css", "horizon/themes/**", True),
        ("horizon/a.py", "horizon/*.py", True),
        ("horizon/x/a.py", "horizon/*.py", False),
    ],
)
def test_a_files_name_fits_a_pattern_or_not(name: str, pattern: str, fits: bool) -> None:
    assert matches(name, [pattern], {"node1"}) is fits
