#!/usr/bin/python
"""Sees to it that the engine gets in to Keycloak: by its own account, or by a temporary one that it then replaces."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.keycloak_account import AccountError, gets_token, make_temporary

DOCUMENTATION = r"""
module: keycloak_administrator
short_description: Make a temporary administrator where the engine's own account can't log in
description:
  - Where neither of the two service accounts of the realm master gets a token, Keycloak makes the temporary one.
  - The engine, which comes next, logs in with it, makes its own account and deletes it.
options:
  url:
    description: Where Keycloak answers on this host.
    type: str
    required: true
  container:
    description: Its container.
    type: str
    required: true
  configuration:
    description: Its configuration file, as the container sees it.
    type: str
    required: true
  client:
    description: The engine's own account.
    type: str
    required: true
  temporary:
    description: The temporary account.
    type: str
    required: true
  secret:
    description: The secret of both.
    type: str
    required: true
author: Groundplane
"""

RETURN = r"""
account:
  description: The account that the engine gets in with.
  type: str
  returned: success
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "configuration": {"type": "str", "required": True},
            "client": {"type": "str", "required": True},
            "temporary": {"type": "str", "required": True},
            "secret": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        for account in (given["client"], given["temporary"]):
            if gets_token(given["url"], account, given["secret"]):
                module.exit_json(changed=False, account=account)
        if not module.check_mode:
            make_temporary(given["container"], given["temporary"], given["secret"], given["configuration"])
            if not gets_token(given["url"], given["temporary"], given["secret"]):
                module.fail_json(msg=f"Keycloak has a service account {given['temporary']}, and refuses its secret")
    except AccountError as error:
        module.fail_json(msg=f"No administrator can be made for the engine: {error}")
    module.exit_json(changed=True, account=given["temporary"])


if __name__ == "__main__":
    main()
