from __future__ import annotations

from groundplane.lab.roles_in_words import roles_in_words

EVERYTHING = ("bootstrap", "supply", "ceph", "openstack", "identity", "platform")
CONTROL = ("control", "network", "storage", "monitoring")


def test_what_runs_where() -> None:
    assert "image registry" in roles_in_words(("managers",), EVERYTHING)
    assert roles_in_words(CONTROL, EVERYTHING) == (
        "cloud's APIs, database, Horizon",
        "Keycloak",
        "routers",
        "Ceph's monitor",
        "Ceph's disks",
    )
    assert roles_in_words(("compute", "storage"), EVERYTHING) == ("virtual machines", "Ceph's disks")


def test_only_what_was_applied() -> None:
    assert roles_in_words(CONTROL, ("bootstrap", "supply", "ceph")) == ("Ceph's monitor", "Ceph's disks")
    assert roles_in_words(("compute",), ("bootstrap",)) == ("managed, and free",)
    assert roles_in_words(("compute",), ()) == ("bare",)
