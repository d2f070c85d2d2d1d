#!/usr/bin/python
"""Writes a file of accounts as docker-registry reads it: NAME:HASH, bcrypt alone."""

from __future__ import annotations

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

DOCUMENTATION = r"""
module: registry_accounts
short_description: Accounts of an image registry
description:
  - Keeps a file of accounts with bcrypt hashes, and no others than those named. A hash that fits its password stays.
options:
  path:
    description: The file.
    type: path
    required: true
  accounts:
    description: The accounts, each with a name and a password.
    type: list
    elements: dict
    required: true
    options:
      name:
        description: The account's name.
        type: str
        required: true
      password:
        description: Its password, 72 bytes at most.
        type: str
        required: true
  rounds:
    description: Bcrypt's cost. The registry hashes at each request, and a long random password needs no slow hash.
    type: int
    default: 5
extends_documentation_fragment: [files]
"""

MOST_BYTES = 72
"""Bcrypt looks at no more."""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "accounts": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                },
            },
            "rounds": {"type": "int", "default": 5},
        },
        add_file_common_args=True,
        supports_check_mode=True,
    )
    try:
        import bcrypt  # noqa: PLC0415
    except ImportError:
        module.fail_json(msg=missing_required_lib("bcrypt"))
    path = module.params["path"]
    present = read(path)
    wanted = {}
    for account in module.params["accounts"]:
        password = account["password"].encode()
        if len(password) > MOST_BYTES:
            module.fail_json(msg=f"The password of {account['name']} is longer than {MOST_BYTES} bytes")
        known = present.get(account["name"], "").encode()
        if not (known.startswith(b"$2") and fits(bcrypt, password, known)):
            known = bcrypt.hashpw(password, bcrypt.gensalt(rounds=module.params["rounds"]))
        wanted[account["name"]] = known.decode()
    changed = wanted != present
    if changed and not module.check_mode:
        descriptor, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name}:{hashed}\n" for name, hashed in sorted(wanted.items()))
        module.atomic_move(temporary, path)
    arguments = module.load_file_common_arguments(module.params)
    if os.path.exists(path):  # noqa: PTH110 - check mode may not have made it
        changed = module.set_fs_attributes_if_different(arguments, changed)
    module.exit_json(changed=changed)


def read(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            lines = [line.rstrip("\n").partition(":") for line in file]
    except FileNotFoundError:
        return {}
    return {name: hashed for name, _, hashed in lines if name}


def fits(bcrypt, password: bytes, hashed: bytes) -> bool:
    try:
        return bool(bcrypt.checkpw(password, hashed))
    except ValueError:
        return False


if __name__ == "__main__":
    main()
