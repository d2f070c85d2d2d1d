#!/usr/bin/python
"""Refuses an upgrade to an image that isn't on the host, or whose version Ceph can't go to."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_image import (
    RefusedError,
    check_present,
    check_version,
    running_versions,
    version_of,
)
from ansible.module_utils.ceph_session import CephError, Session, find_cluster

DOCUMENTATION = r"""
module: ceph_upgrade_check
short_description: Refuse an upgrade to an image that can't be upgraded to
description:
  - Changes nothing.
options:
  image:
    description: The new image, by digest.
    type: str
    required: true
  versions:
    description: Compare the image's version with that of all daemons; on one host that can administer the cluster.
    type: bool
    default: false
  allow_older:
    description: Whether it may be an older version of the same release.
    type: bool
    default: false
"""

RETURN = r"""
version:
  description: Ceph's version in the image.
  type: str
  returned: with versions
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "image": {"type": "str", "required": True},
            "versions": {"type": "bool", "default": False},
            "allow_older": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    image = module.params["image"]
    version = ""
    try:
        check_present(image)
        if module.params["versions"]:
            cluster = find_cluster()
            if cluster is None:
                module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph")
            version = version_of(image)
            with Session(cluster) as session:
                check_version(version, running_versions(session), allow_older=module.params["allow_older"])
    except RefusedError as error:
        module.fail_json(msg=f"{error}. Cure: choose another image in images.lock (git log images.lock)")
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane ceph status")
    module.exit_json(changed=False, version=version)


if __name__ == "__main__":
    main()
