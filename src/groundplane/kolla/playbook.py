"""What a service of Kolla's is run with: its own plays, on our inventory, in the run's folder in memory.

Everything of kolla-ansible is used as it is: modules, plugins and its group_vars lie beside the playbook by links. The
inventory's groups beat those group_vars (`inventory`), because Ansible is told (PRECEDENCE) that what groups of an
inventory say comes after all that is said for `all`.
"""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError
from groundplane.kolla.certificates import vip_certificates
from groundplane.kolla.inventory import GROUP, kolla_inventory
from groundplane.kolla.overlays import write_overlays
from groundplane.kolla.play_actions import plays_of_action
from groundplane.kolla.plays import LOOKED_AT, image_names, plays, preparation, pulling
from groundplane.kolla.watching import folders_by_host
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from groundplane.runtime.model import RuntimeFacts
    from groundplane.site.kolla.catalogue import KollaCatalogue, KollaService
    from groundplane.site.site import Site

LINKED = ("group_vars", "filter_plugins", "action_plugins", "library", "module_utils", "templates")
"""Of kolla-ansible: what lies beside a playbook and is found there by Ansible. Its roles are found by their path, so
that a role in the folder itself can stand for one of them."""
MODULE_LOADING = "module-load"
LOAD_MODULES = "openstack_load_kernel_modules"
"""A variable of ours: where it is off, Kolla's role of that name does nothing."""
STRATEGY = "mitogen_nested"
PRECEDENCE = (
    "all_inventory",
    "all_plugins_inventory",
    "all_plugins_play",
    "groups_inventory",
    "groups_plugins_inventory",
    "groups_plugins_play",
)
"""https://docs.ansible.com/ansible/latest/reference_appendices/config.html#variable-precedence; by default
groups_inventory stands second."""
PRECHECK = "precheck"
PULL = "pull"
"""Kolla's action that is done by a role of ours: images come by digest, and Kolla's knows tags alone."""


@dataclass(frozen=True, slots=True)
class ServicePlaybook:
    """A playbook and what it is played with besides the run's own.

    Attributes:
        inventories: come after the run's own.
        variables: beat all others; no secrets.
        environment: for Ansible.
    """

    path: Path
    inventories: tuple[Path, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class KollaFolder:
    """The folder `kolla` of one run, made when the first service needs it. Safe to call from several threads.

    Args:
        folder: the run's own, in memory, private.
        facts: of the runtime that plays.
        accelerator: whether mitogen is used.
        learn: gets keys that are made here and mustn't show.
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        facts: RuntimeFacts,
        *,
        accelerator: bool,
        learn: Callable[[Iterable[str]], None],
    ) -> None:
        self._site = site
        self._learn = learn
        self._folder = folder / "kolla"
        self._facts = facts
        self._accelerator = accelerator
        self._lock = threading.Lock()
        self._catalogue: KollaCatalogue | None = None
        self._numbers = 0
        self._hosts: tuple[str, ...] = ()
        self._folders: dict[str, dict[str, list[str]]] = {}

    @property
    def folder(self) -> Path:
        return self._folder

    def service(self, name: str) -> KollaService:
        """One of the release's services.

        Raises:
            InputError: the release's kolla-ansible has no such service.
        """
        services = self._ready().services
        if name not in services:
            raise InputError(f"kolla-ansible {self._ready().kolla_ansible} has no service '{name}'")
        return services[name]

    def hosts(self) -> tuple[str, ...]:
        """All hosts of Kolla's groups."""
        self._ready()
        return self._hosts

    def preparing_playbook(self) -> ServicePlaybook:
        """Gathers the facts of hosts and names their images, for all services of the run."""
        self._ready()
        return self._playbook(self._folder / "prepare.yml")

    @contextmanager
    def service_playbook(
        self,
        name: str,
        *,
        action: str,
        step: str | None = None,
        again: bool = False,
        handover: Path | None = None,
    ) -> Iterator[ServicePlaybook]:
        """The playbook of one service; what only this one needs is gone afterwards.

        Args:
            action: Kolla's own word: deploy, reconfigure, upgrade, stop, pull, precheck, config …
            step: leaves this step's watch list at the end; with `again` it was applied before.
            handover: the folder with what Ceph hands over to the service.

        Raises:
            InputError: the release has no such service; an override file can't be used.
            FailedError: the folder in memory can't be written.
        """
        service = self.service(name)
        if action == PULL:
            found = pulling(self._site, service)
        else:
            found = plays(service, action=action, step=step, folders=self._folders.get(name), again=again)
        with self._made(name, found, action=action, handover=handover) as made:
            yield made

    @contextmanager
    def prechecks_playbook(self, names: Sequence[str]) -> Iterator[ServicePlaybook]:
        """The playbook of Kolla's prechecks of some services; it changes nothing.

        Raises:
            InputError, FailedError: as `service_playbook`.
        """
        found = [
            {**play, "any_errors_fatal": False}
            for name in names
            for play in plays_of_action(self.service(name).plays, PRECHECK)
        ]
        with self._made("prechecks", [*found, LOOKED_AT], action=PRECHECK, handover=None) as made:
            yield made

    @contextmanager
    def _made(
        self, name: str, found: Sequence[Mapping[str, Any]], *, action: str, handover: Path | None
    ) -> Iterator[ServicePlaybook]:
        self._ready()
        with self._lock:
            self._numbers += 1
            own = self._folder / f"{self._numbers}-{name}"
        config = own / "config"
        try:
            with _writing(own):
                config.mkdir(mode=0o700, parents=True)
                write_overlays(self._site, config, handover)
                self._learn(file.read_text(encoding="utf-8") for file in config.rglob("*key.pem"))
                # It has to lie beside the links, where Ansible looks for roles and group_vars.
                path = self._folder / f"{own.name}.yml"
                path.write_text(json.dumps(found), encoding="utf-8")
            yield self._playbook(path, {"kolla_action": action, "node_custom_config": str(config)})
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _playbook(self, path: Path, variables: Mapping[str, Any] | None = None) -> ServicePlaybook:
        plugins = self._site.content.playbooks / "plugins"
        return ServicePlaybook(
            path=path,
            inventories=(self._folder / "inventory" / "kolla.json",),
            variables={
                **(variables or {}),
                "node_config": str(self._folder),
                "kolla_certificates_dir": str(self._folder / "certificates"),
            },
            environment={
                # Steps before may have gathered fewer facts, and changed the hosts since.
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self._folder / "facts"),
                # Kolla reads ansible_facts; each fact as a variable of its own would be copied for every template.
                "ANSIBLE_INJECT_FACT_VARS": "False",
                # Hosts that begin dozens of containers may take their time to let somebody in.
                "ANSIBLE_TIMEOUT": "60",
                "ANSIBLE_PRECEDENCE": ",".join(PRECEDENCE),
                # Modules of our own roles, called without them: a role costs two more tasks each time.
                "ANSIBLE_LIBRARY": ":".join(
                    [
                        *(f"{self._site.content.roles}/{role}/library" for role in ("images", "watch")),
                        f"{plugins}/modules",
                    ]
                ),
                "ANSIBLE_ROLES_PATH": f"{self._facts.kolla_ansible}/roles:{self._site.content.roles}",
                **self._accelerated(plugins),
            },
        )

    def _accelerated(self, ours: Path) -> dict[str, str]:
        """Mitogen by a strategy of ours, where the release has it, and a quicker way into Kolla's toolbox."""
        if not self._accelerator:
            return {}
        found = {"ANSIBLE_ACTION_PLUGINS": str(ours / "action")}
        if self._facts.strategy_plugins is not None:
            found["ANSIBLE_STRATEGY"] = STRATEGY
            found["ANSIBLE_STRATEGY_PLUGINS"] = f"{ours / 'strategy'}:{self._facts.strategy_plugins}"
        return found

    def _ready(self) -> KollaCatalogue:
        with self._lock:
            if self._catalogue is None:
                self._catalogue = self._make()
            return self._catalogue

    def _make(self) -> KollaCatalogue:
        source = self._facts.kolla_ansible
        if source is None:
            raise InputError(
                f"The release {self._site.release.name} pins no OpenStack",
                cure="Name another release in site.yml, or leave openstack out of the layers.",
            )
        catalogue = read_catalogue(self._site.release, self._site.content)
        inventory = kolla_inventory(self._site, catalogue)
        self._hosts = tuple(inventory["all"]["children"][GROUP]["hosts"])
        self._folders = folders_by_host(self._site)
        with _writing(self._folder):
            for name in ("", "inventory", "facts", "certificates"):
                (self._folder / name).mkdir(mode=0o700)
            for name in LINKED:
                (self._folder / name).symlink_to(Path(source) / name)
            load = self._site.variables.value(LOAD_MODULES, None)
            if load is not None and load.value is False:
                tasks = self._folder / "roles" / MODULE_LOADING / "tasks"
                tasks.mkdir(mode=0o700, parents=True)
                (tasks / "main.yml").write_text("[]\n", encoding="utf-8")
            (self._folder / "inventory" / "kolla.json").write_text(json.dumps(inventory), encoding="utf-8")
            (self._folder / "prepare.yml").write_text(
                json.dumps(preparation(image_names(self._site))), encoding="utf-8"
            )
            certificates = vip_certificates(self._site)
            self._learn(certificates.values())
            for name, pem in certificates.items():
                file = self._folder / "certificates" / name
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file.touch(mode=0o600)
                file.write_text(pem, encoding="utf-8")
        return catalogue


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FailedError(
            "What a service of Kolla's runs with can't be written",
            why=str(error),
            cure=f"Is there room in {folder.parent}? df -h {folder.parent}",
        ) from error
