#!/usr/bin/python
"""Sets aside the files that somebody put into folders in which a step alone writes."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: watch_set_aside
short_description: Set aside the files that somebody put into a step's folders
description:
  - Looks into the folders below configuration in which files of the step's watch list lie, for files that the list
    doesn't name, before the step runs again. What the step itself wants there, it writes anew.
  - They are moved, with the names of their folders, to a new folder below aside. Without a list, nothing is moved.
options:
  step:
    description: The step's id, LAYER.STEP.
    type: str
    required: true
  configuration:
    description: The folder that holds a folder for each container.
    type: path
    required: true
  directory:
    description: Where the watch lists lie on the host.
    type: path
    required: true
  aside:
    description: The folder for such files.
    type: path
    required: true
author: Groundplane
"""

EXAMPLES = r"""
- name: Set aside what somebody put there
  watch_set_aside:
    step: openstack.nova
    configuration: /etc/kolla
    directory: /var/lib/groundplane/watch
    aside: /var/lib/groundplane/set-aside
"""

RETURN = r"""
moved:
  description: The files, by where they were.
  type: list
  elements: str
  returned: always
aside:
  description: Where they are now; empty where there was none.
  type: str
  returned: always
"""


def strays(items: list[dict[str, str]], configuration: str) -> list[str]:
    """Files in the folders of which the list names some, and that it doesn't name, sorted."""
    listed = {item["path"] for item in items if item.get("kind") == "file"}
    below = [Path(path).relative_to(configuration) for path in listed if Path(path).is_relative_to(configuration)]
    folders = {Path(configuration) / path.parts[0] for path in below if len(path.parts) > 1}
    found = {str(Path(path) / name) for folder in folders for path, _, names in os.walk(folder) for name in names}
    return sorted(found - listed)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "step": {"type": "str", "required": True},
            "configuration": {"type": "path", "required": True},
            "directory": {"type": "path", "required": True},
            "aside": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    file = Path(given["directory"]) / (given["step"] + ".json")
    try:
        moved = strays(json.loads(file.read_text(encoding="utf-8"))["items"], given["configuration"])
    except (OSError, ValueError, KeyError, TypeError):
        # A list that can't be read says nothing about whose a file is.
        moved = []
    aside = Path(given["aside"]) / given["step"] / time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for path in moved if not module.check_mode else ():
        target = aside / path.lstrip("/")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(path, target)
    if moved and not module.check_mode:
        Path(given["aside"]).chmod(0o700)
    module.exit_json(changed=bool(moved), moved=moved, aside=str(aside) if moved else "")


if __name__ == "__main__":
    main()
