#!/usr/bin/python
"""Waits until Keycloak is ready; tells early, and in Keycloak's own words, why it won't be."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.keycloak_waiting import NotReadyError, wait

DOCUMENTATION = r"""
module: keycloak_wait
short_description: Wait until Keycloak is ready
description:
  - Changes nothing. Fails before time is up where the container ends again and again.
options:
  url:
    description: The address that answers 200 when it is ready.
    type: str
    required: true
  container:
    description: Its container.
    type: str
    required: true
  seconds:
    description: How long it may take.
    type: int
    default: 600
author: Groundplane
"""

RETURN = r"""
seconds:
  description: How long it took.
  type: float
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "seconds": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        seconds = 0.0 if module.check_mode else wait(given["url"], given["container"], given["seconds"])
    except NotReadyError as error:
        module.fail_json(msg=f"Keycloak doesn't get ready: {error}")
    module.exit_json(changed=False, seconds=round(seconds, 1))


if __name__ == "__main__":
    main()
