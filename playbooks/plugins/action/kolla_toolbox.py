"""An accelerator for Kolla's module of this name: most of what it does takes a quarter of the time.

Kolla's module starts ansible-runner and ansible-playbook in the container kolla_toolbox for each call, with five visits
to the container: some hundred times in a deployment. Where the call is for a module of a collection, with plain values,
the module itself is started there instead (`kolla_toolbox_direct`), with the same arguments and the same answer.
Everything else, and whatever can't be done so, is left to Kolla's own module.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

COLLECTIONS = {
    "mysql_": "community.mysql",
    "openvswitch_": "openvswitch.openvswitch",
    "rabbitmq_": "community.rabbitmq",
}
"""Where Ansible's own redirections lead for the short names that Kolla uses."""


def full_name(name: str) -> str | None:
    """The module's name with its collection; None for one that comes with Ansible, which may need its action plugin."""
    if name.count(".") == 2:  # noqa: PLR2004 - namespace.collection.module
        return None if name.startswith("ansible.") else name
    for prefix, collection in COLLECTIONS.items():
        if name.startswith(prefix):
            return f"{collection}.{name}"
    return None


def is_plain(value: Any) -> bool:
    """Whether nothing in it is left for Ansible to work out."""
    if isinstance(value, dict):
        return all(is_plain(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return all(is_plain(inner) for inner in value)
    return not isinstance(value, str) or ("{{" not in value and "{%" not in value and "omit_place_holder" not in value)


class ActionModule(ActionBase):
    """Ansible finds it by this name."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = self._task.args
        name = full_name(str(given.get("module_name")))
        arguments = given.get("module_args") or {}
        suits = name is not None and given.get("container_engine") == "docker" and not given.get("module_extra_vars")
        if suits and is_plain(arguments):
            found = self._execute_module(
                module_name="kolla_toolbox_direct",
                module_args={
                    "module_name": name,
                    "module_args": arguments,
                    "user": given.get("user") or "ansible",
                    "timeout": given.get("timeout") or 180,
                },
                task_vars=task_vars,
            )
            if "unsuited" not in found:
                return {**result, **found}
        return {**result, **self._execute_module(module_name="kolla_toolbox", module_args=given, task_vars=task_vars)}
