#!/usr/bin/python
"""Leaves a watch list of the containers that run with given configuration folders, and of all files in these."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: watch_containers
short_description: Leave a watch list of a service's containers and their configuration
description:
  - Looks for the containers that mount one of the folders, whatever they are called, and for all files in the folders.
  - A folder that isn't there belongs to a container that this host doesn't run.
options:
  step:
    description: The step's id, LAYER.STEP. The list's file is named after it.
    type: str
    required: true
  configuration:
    description: The folder that holds a folder for each container.
    type: path
    required: true
  folders:
    description: Names of the containers' folders.
    type: list
    elements: str
    required: true
  directory:
    description: Where the lists lie on the host.
    type: path
    required: true
author: Groundplane
"""

EXAMPLES = r"""
- name: Leave the watch list
  watch_containers:
    step: openstack.memcached
    configuration: /etc/kolla
    folders: [memcached]
    directory: /var/lib/groundplane/watch
"""

RETURN = r"""
items:
  description: What is watched.
  type: list
  elements: dict
  returned: always
"""

FORM = '{{.Name}}{{range .Mounts}}{{"\\t"}}{{.Source}}{{end}}'


def files_of(folder: str) -> list[str]:
    """All regular files below the folder, sorted."""
    return sorted(str(Path(path) / name) for path, _, names in os.walk(folder) for name in names)


def containers_of(output: str, folders: list[str]) -> list[str]:
    """Names of the containers that mount one of the folders. A line each: the name, then the sources of its mounts."""
    wanted = {folder.rstrip("/") for folder in folders}
    found = []
    for line in output.splitlines():
        name, *sources = line.split("\t")
        if wanted.intersection(source.rstrip("/") for source in sources):
            found.append(name.lstrip("/"))
    return sorted(found)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "step": {"type": "str", "required": True},
            "configuration": {"type": "path", "required": True},
            "folders": {"type": "list", "elements": "str", "required": True},
            "directory": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    folders = [str(Path(given["configuration"]) / name) for name in given["folders"]]
    _, ids, _ = module.run_command(["docker", "ps", "--all", "--quiet"], check_rc=True)
    known = ids.split()
    # One that goes away in between makes the command fail, and the others are told all the same.
    _, output, _ = module.run_command(["docker", "inspect", "--format", FORM, *known]) if known else (0, "", "")
    items = [{"kind": "container", "name": name} for name in containers_of(output, folders)]
    items += [{"kind": "file", "path": path} for folder in folders for path in files_of(folder)]

    text = json.dumps({"step": given["step"], "items": items}, sort_keys=True) + "\n"
    file = Path(given["directory"]) / (given["step"] + ".json")
    changed = not file.is_file() or file.read_text(encoding="utf-8") != text
    if changed and not module.check_mode:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
        part.rename(file)
    module.exit_json(changed=changed, items=items)


if __name__ == "__main__":
    main()
