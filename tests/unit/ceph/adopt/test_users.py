"""CephX users as ceph_users has them."""

from __future__ import annotations

from groundplane.ceph.adopt.users import adopted_users

from .existing_clusters import adopting_answers


def test_users_that_people_made_with_the_services_of_the_usual_ones() -> None:
    usual = [
        {"name": "cinder", "for": ["cinder", "nova"], "caps": {}},
        {"name": "glance", "for": ["glance"], "caps": {}},
    ]
    assert adopted_users(adopting_answers(), usual).values == {
        "ceph_users": [
            {"name": "backup-tool", "caps": {"mon": "allow r", "osd": "allow r pool=images"}},
            {
                "name": "cinder",
                "for": ["cinder", "nova"],
                "caps": {"mon": "profile rbd", "osd": "profile rbd pool=volumes"},
            },
        ]
    }
