"""What Ceph hands over to Kolla's services, and where their roles look for it.

Source: kolla-ansible's documentation of external Ceph, and the tasks external_ceph.yml of its roles. A file that the
cluster calls ceph.client.NAME.keyring keeps its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CEPH_HANDOVERS: Mapping[str, tuple[str, ...]] = {
    "glance": ("glance",),
    "cinder": ("cinder", "cinder-backup"),
    "nova-cell": ("nova",),
    "manila": ("manila",),
    "gnocchi": ("gnocchi",),
}
"""A service of Kolla's, to the services that ceph_users names it by."""

SWITCHES: Mapping[str, tuple[str, ...]] = {
    "glance": ("glance_backend_ceph",),
    "cinder": ("cinder_backend_ceph",),
    "nova-cell": ("nova_backend_ceph", "cinder_backend_ceph"),
    "manila": ("enable_manila_backend_cephfs_native", "enable_manila_backend_cephfs_nfs"),
    "gnocchi": ("gnocchi_backend_ceph",),
}
"""A service, to the variables of which one has to be on for it to use Ceph."""

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "ceph.conf": ("glance", "cinder", "nova", "manila", "gnocchi"),
    "ceph.client.glance.keyring": ("glance",),
    "ceph.client.cinder.keyring": ("cinder/cinder-volume", "cinder/cinder-backup", "nova"),
    "ceph.client.cinder-backup.keyring": ("cinder/cinder-backup",),
    "ceph.client.nova.keyring": ("nova",),
    "ceph.client.manila.keyring": ("manila",),
    "ceph.client.gnocchi.keyring": ("gnocchi",),
}
"""A file that Ceph hands over, to the folders below node_custom_config where roles look for it."""
EVERYWHERE = ("glance", "cinder/cinder-volume", "cinder/cinder-backup", "nova", "manila", "gnocchi")
"""For the key of a user that the site calls otherwise (ceph_glance_user and the like)."""


def targets(name: str) -> tuple[str, ...]:
    """Where a file that Ceph handed over belongs, below node_custom_config; none for what Kolla doesn't read."""
    folders = FOLDERS.get(name)
    if folders is None:
        folders = EVERYWHERE if name.startswith("ceph.client.") and name.endswith(".keyring") else ()
    return tuple(f"{folder}/{name}" for folder in folders)
