"""Override files: the toolkit's below, the site's above, and the keys that Ceph hands over.

They lie under environments/openstack/overlays with the names that kolla-ansible gives them below node_custom_config:
`nova.conf`, `nova/nova-compute.conf`, `neutron/ml2_conf.ini`, `keystone/policy.yaml`, `nova/HOST/nova.conf`. What
another layer asks of OpenStack lies under the toolkit's environments/LAYER/overlays and counts where the site has that
layer. A file that several have is merged key by key where it is an INI file, one of Python's settings is executed after
the other, else the site's counts. Kolla lays them over its own templates, and works out Jinja in them, so a secret is
written as `{{ its_name }}` and stands in secrets.yml.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Place, Problem
from groundplane.kolla import ini
from groundplane.kolla.ceph import targets
from groundplane.kolla.federation import federation_files
from groundplane.kolla.groups import kolla_groups
from groundplane.kolla.libvirt import SERVICE as LIBVIRT_SERVICE
from groundplane.kolla.libvirt import libvirt_certificates, libvirt_period, manages_certificates
from groundplane.kolla.patterns import matches
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.secrets.vault_format import is_encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundplane.site.kolla.catalogue import KollaCatalogue, KollaService
    from groundplane.site.site import Site

LAYER = "openstack"
FOLDER = "overlays"
PYTHON = ".py"
FEDERATION = {"keystone": ("keystone/federation/oidc/metadata/*", "keystone/federation/oidc/attribute_maps/*")}
"""Services that read files which Kolla's variables name (keystone_identity_providers), and these files."""
MERGED_YAML = (".yml", ".yaml")
"""Like INI files these are read by plugins of Kolla's that don't open what ansible-vault encrypted."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """One override file: where it lies below node_custom_config, and what it is made of, weakest first; `made` is what
    the toolkit works out where there is no file."""

    name: str
    files: tuple[Path, ...] = ()
    made: str = ""

    @property
    def mergeable(self) -> bool:
        return self.name.endswith(ini.SUFFIXES)


def overlays(site: Site) -> tuple[Overlay, ...]:
    """All override files of the toolkit and the site, by name.

    Raises:
        InputError: what the toolkit works out itself can't be worked out without Ansible.
    """
    files = {overlay.name: overlay for overlay in _written(site)}
    made = {name: Overlay(name, made=text) for name, text in federation_files(site).items()}
    return tuple(overlay for _, overlay in sorted({**made, **files}.items()))


def _written(site: Site) -> tuple[Overlay, ...]:
    """Those that are files."""
    ours = site.content.environments
    layers = [LAYER, *(layer for layer in site.file.layers if layer != LAYER)]
    found: dict[str, list[Path]] = {}
    for folder in (*(ours / layer / FOLDER for layer in layers), site.path / "environments" / LAYER / FOLDER):
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder)
                if path.is_file() and not any(part.startswith(".") for part in name.parts):
                    found.setdefault(name.as_posix(), []).append(path)
    return tuple(Overlay(name, tuple(files)) for name, files in sorted(found.items()))


def content(overlay: Overlay) -> bytes:
    """What Kolla gets.

    Raises:
        InputError: an INI file that several have can't be merged, or a file can't be read.
    """
    if not overlay.files:
        return overlay.made.encode()
    try:
        if overlay.name.endswith(PYTHON):
            return b"\n".join(file.read_bytes() for file in overlay.files)
        if len(overlay.files) == 1 or not overlay.mergeable:
            return overlay.files[-1].read_bytes()
        texts = [file.read_text(encoding="utf-8") for file in overlay.files]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{overlay.name} can't be read", why=str(error), place=Place(overlay.files[-1])) from error
    try:
        return ini.write(reduce(ini.merge, map(ini.parse, texts))).encode()
    except ini.NotIniError as error:
        raise InputError(
            f"{overlay.name} can't be laid over the toolkit's: {error} is no assignment",
            why=f"{overlay.files[0]} sets keys of the same file",
            cure="Write KEY = VALUE below [SECTION], without Jinja's {% … %} lines.",
            place=Place(overlay.files[-1]),
        ) from error


def write_overlays(site: Site, folder: Path, handover: Path | None = None) -> None:
    """Writes all override files below `folder`, which is in memory and becomes node_custom_config.

    Args:
        handover: the folder with what Ceph hands over to the service: ceph.conf and keyrings.

    Raises:
        InputError: a file can't be used.
        OSError: the folder can't be written.
    """
    for overlay in overlays(site):
        _write(folder / overlay.name, content(overlay))
    for name, pem in _certificates(site).items():
        if not (folder / name).exists():
            _write(folder / name, pem.encode())
    if handover is not None:
        for file in sorted(handover.iterdir()):
            for target in targets(file.name):
                destination = folder / target
                destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # A site's own ceph.conf is stronger: it says more than how to find the cluster.
                if not destination.exists():
                    destination.touch(mode=0o600)
                    shutil.copyfile(file, destination)


def read_names(service: KollaService) -> tuple[str, ...]:
    """The names of override files that a service reads, as patterns.

    Where a role asks for `{{ item }}.conf` the catalogue can only say `*.conf`; that means files called after the
    service, and not everybody's.
    """
    listed = tuple(f"{service.name}{name}" if name.startswith("*") else name for name in service.overlays)
    return (*listed, *FEDERATION.get(service.name, ()))


def _certificates(site: Site) -> dict[str, str]:
    if not manages_certificates(site):
        return {}
    catalogue = read_catalogue(site.release, site.content)
    return libvirt_certificates(site, kolla_groups(site, catalogue).get("compute", ()))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def overlay_inputs(site: Site, service: KollaService | str, catalogue: KollaCatalogue | None = None) -> dict[str, str]:
    """What a service's fingerprint compares: "overlay nova.conf [DEFAULT] debug" to the value as it is written.

    Jinja in values isn't worked out. A file that isn't an INI file counts as a whole: "overlay keystone/policy.yaml".

    Raises:
        InputError: the release has no such service, or a file can't be read.
    """
    if isinstance(service, str):
        services = (catalogue or read_catalogue(site.release, site.content)).services
        if service not in services:
            raise InputError(f"kolla-ansible has no service '{service}'")
        service = services[service]
    found: dict[str, str] = {}
    for overlay in overlays(site):
        if matches(overlay.name, read_names(service), site.inventory.hosts):
            found.update(_keys(overlay))
    if service.name == LIBVIRT_SERVICE and site.secrets_loaded and manages_certificates(site):
        # Not the certificates: a host that comes would be work for all others.
        period = libvirt_period(site)
        found["certificates libvirt"] = f"{period.begin.isoformat()} {period.end.isoformat()}"
    return found


def _keys(overlay: Overlay) -> dict[str, str]:
    data = content(overlay)
    if overlay.mergeable and not is_encrypted(data):
        try:
            sections = ini.parse(data.decode())
        except (ini.NotIniError, UnicodeDecodeError):
            pass
        else:
            return {
                f"overlay {overlay.name} [{section}] {key}": "\n".join(values)
                for section, keys in sections.items()
                for key, values in keys.items()
            }
    return {f"overlay {overlay.name}": data.decode(errors="surrogateescape")}


def overlay_value(site: Site, name: str) -> str | None:
    """The value of an input that `overlay_inputs` gives; None where there is none any more."""
    for overlay in overlays(site):
        if name == f"overlay {overlay.name}" or name.startswith(f"overlay {overlay.name} ["):
            return _keys(overlay).get(name)
    return None


def overlay_problems(site: Site, catalogue: KollaCatalogue) -> Iterator[Problem]:
    """Files that no service reads, that are encrypted where Kolla can't open them, or that can't be merged."""
    known = tuple(dict.fromkeys(name for service in catalogue.services.values() for name in read_names(service)))
    for overlay in _written(site):
        ours = [file for file in overlay.files if file.is_relative_to(site.path)]
        if not ours:
            continue
        place = Place(ours[0])
        if not matches(overlay.name, known, site.inventory.hosts):
            yield Problem(
                f"no service of kolla-ansible {catalogue.kolla_ansible} reads the override file '{overlay.name}'",
                _nearest(overlay.name, known),
                place,
            )
            continue
        if overlay.name.endswith((*ini.SUFFIXES, *MERGED_YAML)) and is_encrypted(ours[0].read_bytes()):
            yield Problem(
                f"the override file '{overlay.name}' is encrypted, and Kolla doesn't open such files",
                "Put the secret into secrets.yml (groundplane secrets edit) and write {{ its_name }} in the file.",
                place,
            )
            continue
        try:
            content(overlay)
        except InputError as error:
            yield Problem(error.what, error.cure, error.place)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    from groundplane.site.source import suggest  # noqa: PLC0415

    plain = [pattern.replace("{{ inventory_hostname }}", "HOST") for pattern in known if "*" not in pattern]
    return suggest(name, plain, "groundplane openstack config --json lists the names that each service reads.")
