"""A host as the module sees it, healthy unless told otherwise."""

from __future__ import annotations

from typing import Any


def host(**differs: Any) -> dict[str, Any]:
    """What `host_state` would answer on a compute host."""
    return {
        "links": {
            "lo": {"up": True, "mac": "00:00:00:00:00:00", "addresses": ["127.0.0.1"]},
            "eth0": {"up": True, "mac": "02:67:ac:1f:01:0b", "addresses": ["172.31.1.11"]},
            "ext0": {"up": True, "mac": "02:67:ac:1f:03:0b", "addresses": []},
        },
        "memory_mb": 24000,
        "free_mb": {"/var/lib/docker": 30000, "/var/log": 30000},
        "clock": 1000.0,
        "shared": True,
        "kvm": True,
        "containers": {"problem": "", "names": []},
        "missing_images": [],
        "vips": {"internal": {"here": "", "mac": ""}},
        "ceph": {"status": "HEALTH_OK", "problem": "", "checks": {}},
        **differs,
    }
