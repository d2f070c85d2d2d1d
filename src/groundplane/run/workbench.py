"""All that playbooks of one run have in common, in a folder in memory that is gone at the end."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.machine.memory import temporary_private_folder
from groundplane.run.lock import prepare_state, steps_lock_file
from groundplane.run.vault_server import VAULT_ID, vault_server
from groundplane.runtime.model import Mount
from groundplane.site.ansible_inventory import ansible_inventory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.runtime.model import Runtime
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class Workbench:
    """What `run_playbook` needs besides the playbook."""

    folder: Path
    runtime: Runtime
    inventory: Path
    environment: Mapping[str, str]
    """For Ansible; no secrets."""
    mounts: tuple[Mount, ...]
    extra_variables: Mapping[str, Any]
    """The command line's -e, and what the engine tells every playbook."""
    steps_lock: Path


@contextmanager
def open_workbench(
    site: Site,
    *,
    runtime: Runtime,
    connection: SshConnection,
    vault_password: bytes | None,
    memory: Path,
    accelerator: bool | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Iterator[Workbench]:
    """Writes the inventory, puts the encrypted secrets beside it and serves the vault password.

    Args:
        memory: Settings.runtime.
        accelerator: whether mitogen is used; what site.yml says where None.
        extra: the command line's -e.

    Raises:
        FailedError: a folder can't be written.
    """
    with ExitStack() as stack:
        prepare_state(site.state)
        folder = stack.enter_context(temporary_private_folder(memory, "r-"))
        inventory = folder / "inventory"
        for name in ("inventory", "home", "local", "facts", "steps"):
            (folder / name).mkdir(mode=0o700)
        (inventory / "hosts.json").write_text(json.dumps(ansible_inventory(site)), encoding="utf-8")
        (folder / "ansible.cfg").touch()
        environment = _environment(site, folder, runtime, connection)
        if vault_password is not None and site.secrets_file.is_file():
            variables = inventory / "group_vars" / "all"
            variables.mkdir(parents=True)
            shutil.copyfile(site.secrets_file, variables / "secrets.yml")
            socket = stack.enter_context(vault_server(folder, vault_password))
            environment["GROUNDPLANE_VAULT_SOCKET"] = str(socket)
            environment["ANSIBLE_VAULT_IDENTITY_LIST"] = f"{VAULT_ID}@{runtime.facts.vault_client}"
        if site.file.ansible.accelerator if accelerator is None else accelerator:
            plugins = runtime.facts.strategy_plugins
            if plugins is not None:
                environment |= {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": plugins}
        environment |= connection.environment()
        yield Workbench(
            folder=folder,
            runtime=runtime,
            inventory=inventory / "hosts.json",
            environment=environment,
            mounts=_mounts(site, folder, connection),
            extra_variables={**(extra or {}), "groundplane_state": str(site.state)},
            steps_lock=steps_lock_file(site.state),
        )


def _environment(site: Site, folder: Path, runtime: Runtime, connection: SshConnection) -> dict[str, str]:
    ssh = connection.ansible_arguments()
    if runtime.facts.kind == "container":
        # A shared connection made inside ends with the container, and with it whatever other containers do over it. The
        # probe's shared connections, made outside, are used all the same.
        ssh = f"-o ControlMaster=no {ssh}"
    return {
        "HOME": str(folder / "home"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        # Rendered templates pass through here.
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_ROLES_PATH": f"{site.path / 'roles'}:{site.content.roles}",
        "ANSIBLE_FORKS": str(site.file.ansible.forks),
        "ANSIBLE_GATHERING": "smart",
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
        "ANSIBLE_CACHE_PLUGIN_TIMEOUT": "0",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_SSH_ARGS": ssh,
        "ANSIBLE_PYTHON_INTERPRETER": "auto_silent",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "0",
        # Modules write their arguments to the host's journal; some of Kolla's are passwords within mappings.
        "ANSIBLE_NO_TARGET_SYSLOG": "True",
        "ANSIBLE_DUPLICATE_YAML_DICT_KEY": "error",
        "ANSIBLE_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_USE_PERSISTENT_CONNECTIONS": "0",
    }


def _mounts(site: Site, folder: Path, connection: SshConnection) -> tuple[Mount, ...]:
    import ansible_runner  # noqa: PLC0415 - only its folder is wanted: the callback lies in it

    found = [
        Mount(site.path),
        Mount(site.state, writable=True),
        Mount(site.content.playbooks),
        Mount(site.content.roles),
        Mount(site.content.environments),
        Mount(Path(ansible_runner.__file__).resolve().parent),
        Mount(folder, writable=True),
        Mount(connection.control_dir, writable=True),
    ]
    if connection.auth_sock is not None:
        found.append(Mount(connection.auth_sock.parent, writable=True))
    if connection.identity_file is not None:
        found.append(Mount(connection.identity_file))
    return tuple(found)
