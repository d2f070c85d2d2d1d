from __future__ import annotations

from groundplane.kolla.ceph import targets


def test_files_lie_where_kollas_roles_look_for_them() -> None:
    assert targets("ceph.client.cinder.keyring") == (
        "cinder/cinder-volume/ceph.client.cinder.keyring",
        "cinder/cinder-backup/ceph.client.cinder.keyring",
        "nova/ceph.client.cinder.keyring",
    )
    assert "glance/ceph.conf" in targets("ceph.conf")
    assert "glance/ceph.client.pictures.keyring" in targets("ceph.client.pictures.keyring")
    assert targets("gateway.backup.json") == ()
