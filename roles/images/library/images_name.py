#!/usr/bin/python
"""Gives images that are there by digest a tag too, for programs that know tags alone."""

from __future__ import annotations

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

DOCUMENTATION = r"""
module: images_name
short_description: Give pulled images a tag
description:
  - Images that aren't there are told and left alone.
options:
  names:
    description: Image, as HOST/PATH@DIGEST, to the name that it is to have too, as HOST/PATH:TAG.
    type: dict
    required: true
author: Groundplane
"""

EXAMPLES = r"""
- name: Name the images as Kolla looks for them
  images_name:
    names:
      registry.test:5000/cloud/cron@sha256:e114: registry.test:5000/cloud/cron:sha256-e114
"""

RETURN = r"""
named:
  description: The names that were given.
  type: list
  elements: str
  returned: always
missing:
  description: Images that aren't there.
  type: list
  elements: str
  returned: always
"""


def to_name(names: dict[str, str], images: list[dict]) -> tuple[dict[str, str], list[str]]:
    """Which images lack their name, and which aren't there. `images` as the engine's API lists them."""
    by_digest = {digest: image for image in images for digest in image.get("RepoDigests") or []}
    lacking = {
        reference: name
        for reference, name in names.items()
        if reference in by_digest and name not in (by_digest[reference].get("RepoTags") or [])
    }
    return lacking, sorted(set(names) - set(by_digest))


def main() -> None:
    module = AnsibleModule(argument_spec={"names": {"type": "dict", "required": True}}, supports_check_mode=True)
    try:
        import docker  # noqa: PLC0415
    except ImportError:
        module.fail_json(msg=missing_required_lib("docker"), exception=traceback.format_exc())
    try:
        client = docker.APIClient(version="auto")
        lacking, missing = to_name(module.params["names"], client.images())
        if not module.check_mode:
            for reference, name in lacking.items():
                repository, _, tag = name.rpartition(":")
                client.tag(reference, repository, tag, force=True)
    except (OSError, docker.errors.DockerException) as error:
        module.fail_json(msg=f"The container engine can't be asked: {error}")
    module.exit_json(changed=bool(lacking), named=sorted(lacking.values()), missing=missing)


if __name__ == "__main__":
    main()
