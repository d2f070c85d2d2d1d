#!/usr/bin/python
"""Runs a module of a collection in the container kolla_toolbox, without an Ansible of its own around it."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: kolla_toolbox_direct
short_description: Run a module in the container kolla_toolbox
description:
  - Arguments go in over standard input, and so stand in no process list and in no file.
  - Where the module can't be run this way the answer is C(unsuited) with the reason, and nothing was done.
options:
  module_name:
    description: The module, as NAMESPACE.COLLECTION.MODULE.
    type: str
    required: true
  module_args:
    description: Its arguments.
    type: dict
    required: true
  user:
    description: The container's account that runs it.
    type: str
    default: ansible
  timeout:
    description: Seconds that one answer of the container engine may take.
    type: int
    default: 180
author: Groundplane
"""

EXAMPLES = r"""
- name: Make a database
  kolla_toolbox_direct:
    module_name: community.mysql.mysql_db
    module_args: {login_host: 192.0.2.10, login_user: root, login_password: secret, name: glance}
"""

RETURN = r"""
unsuited:
  description: Why the module can't be run this way.
  type: str
  returned: where it can't
"""

CONTAINER = "kolla_toolbox"
PYTHON = "/opt/ansible/bin/python3"
HOME = "/var/lib/ansible"
SCRIPT = """
import json, runpy, sys
given = json.load(sys.stdin)
sys.path.insert(0, "/usr/share/ansible/collections")
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": given["arguments"]}).encode()
basic._ANSIBLE_PROFILE = "legacy"
namespace, collection, name = given["module"].split(".")
sys.argv = [name]
path = f"ansible_collections.{namespace}.{collection}.plugins.modules.{name}"
runpy.run_module(path, run_name="__main__", alter_sys=True)
"""


def answer_of(output: str) -> dict | None:
    """The module's answer: its last line that is an object in JSON."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                return None
            return found if isinstance(found, dict) else None
    return None


def call(client, user: str, payload: bytes) -> tuple[str, str]:
    """What the script printed, and what it complained of."""
    from socket import SHUT_WR  # noqa: PLC0415

    from docker.utils.socket import consume_socket_output, demux_adaptor, frames_iter  # noqa: PLC0415

    environment = {"HOME": HOME} if user == "ansible" else {}
    command = [PYTHON, "-c", SCRIPT]
    made = client.exec_create(CONTAINER, command, stdin=True, user=user, environment=environment)
    opened = client.exec_start(made["Id"], socket=True)
    connection = getattr(opened, "_sock", opened)
    try:
        connection.sendall(payload)
        connection.shutdown(SHUT_WR)
        frames = (demux_adaptor(*frame) for frame in frames_iter(opened, tty=False))
        output, complaint = consume_socket_output(frames, demux=True)
    finally:
        opened.close()
    return (output or b"").decode(errors="replace"), (complaint or b"").decode(errors="replace")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "module_name": {"type": "str", "required": True},
            "module_args": {"type": "dict", "required": True},
            "user": {"type": "str", "default": "ansible"},
            "timeout": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        import docker  # noqa: PLC0415
    except ImportError:
        module.exit_json(unsuited="this host's Python has no docker")
    arguments = {
        **given["module_args"],
        "_ansible_check_mode": module.check_mode,
        "_ansible_remote_tmp": "/tmp",  # noqa: S108 - the container's, as its ansible.cfg has it
        "_ansible_keep_remote_files": False,
        "_ansible_no_log": False,
    }
    payload = json.dumps({"module": given["module_name"], "arguments": arguments}).encode()
    try:
        output, complaint = call(docker.APIClient(version="auto", timeout=given["timeout"]), given["user"], payload)
    except (OSError, docker.errors.DockerException) as error:
        module.exit_json(unsuited=str(error))
    found = answer_of(output)
    if found is None:
        module.exit_json(unsuited=(complaint or output).strip()[-500:] or "no answer")
    # What the other Ansible warns of has another form in its answers than in what is given to ours.
    for key in ("invocation", "deprecations", "warnings"):
        found.pop(key, None)
    if found.pop("failed", False):
        module.fail_json(msg=found.pop("msg", "the module failed without a message"), **found)
    module.exit_json(changed=bool(found.pop("changed", False)), **found)


if __name__ == "__main__":
    main()
