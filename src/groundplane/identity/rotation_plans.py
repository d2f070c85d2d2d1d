"""What `identity rotate` is about to do, and the stages that do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.identity.configuration import MASTER
from groundplane.identity.keycloak.session import ADMIN_CLIENT, WORK_SECONDS, keycloak
from groundplane.identity.rotation import PROXY_SECRETS, rotate_broker, rotate_keys, rotate_secrets
from groundplane.openstack.work import api_stage
from groundplane.run.operation import Operation
from groundplane.site.secrets.changing import change_secrets
from groundplane.site.secrets.declared import load_declared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.rotation import SecretRotation
    from groundplane.openstack.work import Work
    from groundplane.run.stages import Stage
    from groundplane.site.site import Site

COMMAND = "identity rotate"
GROUP = "control"
MINUTES = 15.0


def plan_client_secrets(
    site: Site, configuration: IdentityConfiguration, chosen: SecretRotation, *, password: bytes, check: bool = False
) -> Operation:
    """New secrets; those of secrets.yml have to be applied afterwards (`chosen.steps`)."""
    lines = []
    if chosen.names:
        whose = [people for name, people in PROXY_SECRETS.items() if name in chosen.names]
        if chosen.admin:
            whose.append(f"the administrator {ADMIN_CLIENT}")
        lines.append(f"secrets.yml gets new secrets: {', '.join(whose)}")
    if chosen.admin:
        lines.append(f"Keycloak's client {ADMIN_CLIENT} in the realm {MASTER} gets its own at the same moment")
    if chosen.brokers:
        lines.append(f"Customers' brokers get new ones: {', '.join(chosen.brokers)}")
    if chosen.steps:
        lines.append(f"They are applied: {', '.join(chosen.steps)}")
    warnings = []
    if chosen.keystone:
        warnings.append("While Keystone is configured, nobody can log in by single sign-on; who is logged in stays so.")

    def secrets(told: Work) -> None:
        declared = load_declared(site.content, site.file.layers)

        def save(values: Mapping[str, str]) -> None:
            change_secrets(site.path, password, values)

        with told.piece("secrets.yml") as piece, keycloak(site, seconds=WORK_SECONDS) as session:
            names = chosen.names if told.check else rotate_secrets(session, chosen, declared, save=save)
            piece.changed, piece.note = bool(names), ", ".join(names)

    def brokers(told: Work) -> None:
        with keycloak(site, seconds=WORK_SECONDS) as session:
            for realm in chosen.brokers:
                with told.piece(f"Broker of {realm}") as piece:
                    if not told.check:
                        rotate_broker(site, session, configuration, realm)
                    piece.changed = True

    stages = []
    # The brokers first: the administrator who is logged in for them has the secret of before.
    if chosen.brokers:
        stages.append(_stage(site, "identity.rotate-brokers", "Brokers get new secrets", brokers, check=check))
    if chosen.names:
        stages.append(_stage(site, "identity.rotate-secrets", "secrets.yml gets new ones", secrets, check=check))
    return Operation(
        f"{COMMAND} client-secrets",
        "New secrets of clients",
        lines=tuple(lines),
        stages=tuple(stages),
        warnings=tuple(warnings),
        nothing="" if stages else "there is no client of ours",
    )


def plan_signing_keys(
    site: Site, realms: Sequence[str], moment: datetime, *, leaked: bool = False, check: bool = False
) -> Operation:
    """New signing keys for these realms."""

    def work(told: Work) -> None:
        with keycloak(site, seconds=WORK_SECONDS) as session:
            for realm in realms:
                with told.piece(f"Signing keys of {realm}") as piece:
                    done = rotate_keys(session, realm, moment, leaked=leaked, check=told.check)
                    piece.changed, piece.note = bool(done.made or done.removed), done.sentence()

    names = ", ".join(realms)
    lines = [f"New keys sign from now on in {names}"]
    lines.append(
        "Old keys go at once, and all sessions end: everybody logs in again"
        if leaked
        else "Old keys sign no more; what they signed stays good, and they go with the first rotation a day later"
    )
    return Operation(
        f"{COMMAND} signing-keys",
        "New signing keys",
        lines=tuple(lines),
        stages=(_stage(site, "identity.rotate-keys", "Realms get new signing keys", work, check=check),),
        danger=f"all sessions in {names}" if leaked else "",
        confirm=site.file.name if leaked else "",
    )


def _stage(site: Site, id_: str, description: str, work: Callable[[Work], None], *, check: bool) -> Stage:
    hosts = tuple(site.inventory.group_hosts.get(GROUP, ()))[:1]
    return api_stage(id_, description, hosts, work, minutes=MINUTES, check=check)
