#!/usr/bin/python
"""Asks a registry whether it holds images, over one connection."""

from __future__ import annotations

import base64
import http.client
import ssl

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_holds
short_description: Check that a registry holds images
description:
  - Asks for each manifest by its digest, over TLS with the host's own trusted authorities. Changes nothing.
options:
  address:
    description: The registry, HOST:PORT.
    type: str
    required: true
  account:
    description: The account that asks.
    type: str
    required: true
  password:
    description: Its password.
    type: str
    required: true
  images:
    description: The images, each PATH@DIGEST.
    type: list
    elements: str
    required: true
"""

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
)
SECONDS = 30


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "account": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "images": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    address, images = module.params["address"], module.params["images"]
    token = base64.b64encode(f"{module.params['account']}:{module.params['password']}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Accept": MANIFEST_TYPES}
    connection = http.client.HTTPSConnection(address, timeout=SECONDS, context=ssl.create_default_context())
    missing = []
    try:
        for image in images:
            path, _, digest = image.partition("@")
            connection.request("HEAD", f"/v2/{path}/manifests/{digest}", headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == http.client.NOT_FOUND:
                missing.append(image)
            elif answer.status != http.client.OK:
                module.fail_json(msg=f"The registry {address} answered {answer.status} when asked for {image}")
    except (OSError, http.client.HTTPException) as error:
        module.fail_json(msg=f"The registry {address} can't be asked: {error}")
    if missing:
        module.fail_json(msg=f"The registry {address} lacks {', '.join(missing)}", missing=missing)
    module.exit_json(changed=False, images=len(images))


if __name__ == "__main__":
    main()
