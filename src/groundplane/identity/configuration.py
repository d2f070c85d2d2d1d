"""What a site declares of its identity layer, worked out from its variables and its realm files, read as models."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from groundplane.counting import counted
from groundplane.errors import FailedError, InputError, Problem
from groundplane.identity.options import SECRET_KEYS, Realm, RealmFile
from groundplane.identity.policy_options import RealmDefaults
from groundplane.openstack.api import SiteVariables
from groundplane.site.conditions import to_bool
from groundplane.site.model_problems import model_problems
from groundplane.site.option_reader import OptionReader
from groundplane.site.realm_files import LAYER, read_realm_files
from groundplane.site.source import Source
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from groundplane.errors import Place
    from groundplane.site.site import Site

MASTER = "master"
"""Keycloak's own realm, which administrates the others."""
OPTIONS: Mapping[str, Any] = {
    "identity_fqdn": "{{ kolla_external_fqdn }}",
    "identity_port": 8443,
    "identity_url": None,
    "identity_proxy_realm": "cloud",
    "identity_keystone_provider": "keycloak",
    "identity_openstack_domain": "keycloak",
    "identity_login_name": "Single sign-on",
    "identity_password_grant": False,
}
"""What holds where neither the site nor the toolkit says more."""


@dataclass(frozen=True, slots=True)
class IdentityConfiguration:
    """What is declared.

    Attributes:
        url: where people find Keycloak, without a slash at the end: https://NAME:PORT.
        proxy_realm: the realm that Keystone talks to, and into which the customers' are brokered.
        keystone_provider: Keystone's name of the identity provider.
        openstack_domain: the domain of that provider itself.
        login_name: what Horizon calls it.
        password_grant: whether the proxy's command-line client may ask for passwords.
        defaults: what holds for the proxy, and for each realm that doesn't say otherwise.
        realms: all that are declared, by name.
        sources: realm to its file, with lines.
    """

    url: str = ""
    proxy_realm: str = ""
    keystone_provider: str = ""
    openstack_domain: str = ""
    login_name: str = ""
    password_grant: bool = False
    defaults: RealmDefaults = field(default_factory=RealmDefaults)
    realms: tuple[Realm, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False)

    @property
    def customers(self) -> tuple[Realm, ...]:
        """Realms whose people use OpenStack: those that are brokered into the proxy."""
        return tuple(realm for realm in self.realms if realm.broker)

    def issuer(self, realm: str) -> str:
        """What tokens of a realm say where they come from; its addresses begin like this."""
        return f"{self.url}/realms/{realm}"

    def realm(self, name: str) -> Realm | None:
        return next((realm for realm in self.realms if realm.name == name), None)


def read_identity(site: Site) -> IdentityConfiguration:
    """What the site declares.

    Raises:
        InputError: with all problems and their places.
    """
    problems: list[Problem] = []
    found = Reader(site, problems).read()
    if problems:
        told = tuple(dict.fromkeys(problems))
        raise InputError(f"The identity layer's options have {counted(len(told), 'problem')}", problems=told)
    return found


def reveal(site: Site, template: str, what: str) -> str:
    """A secret of a realm file ("{{ NAME }}"), worked out; it stays in memory.

    Raises:
        InputError: nothing sets it.
        FailedError: it is empty; `what` says whose it is.
    """
    found = SiteVariables(site).resolve(template)
    if not isinstance(found, str) or not found:
        raise FailedError(
            f"{what} has no secret",
            why=f"{template or 'nothing'} gives none",
            cure="groundplane secrets edit adds the variable.",
        )
    return found


class Reader(OptionReader):
    """Reads a site's options and realm files; tells what is wrong in `problems`."""

    def __init__(self, site: Site, problems: list[Problem]) -> None:
        super().__init__(site, problems)
        self.variables = SiteVariables(site)

    def read(self) -> IdentityConfiguration:
        defaults = self._defaults()
        sources = read_realm_files(self.site.path, [])  # what can't be read is told where the site is loaded
        return IdentityConfiguration(
            url=self._url(),
            proxy_realm=self.text("identity_proxy_realm"),
            keystone_provider=self.text("identity_keystone_provider"),
            openstack_domain=self.text("identity_openstack_domain"),
            login_name=self.text("identity_login_name"),
            password_grant=to_bool(self.of("identity_password_grant")),
            defaults=defaults,
            realms=tuple(effective(name, self._realm_file(source), defaults) for name, source in sources.items()),
            sources=sources,
        )

    def find(self, name: str, host: str | None = None) -> Value | None:
        """What wins, else what `OPTIONS` says."""
        found = super().find(name, host)
        if found is None and OPTIONS.get(name) is not None:
            return Value(OPTIONS[name], Level.DEFAULT, self.site.source.place("layers"), LAYER)
        return found

    def resolve(self, value: Any, host: str | None = None) -> Any:
        del host
        return self.variables.resolve(value)

    def place(self, name: str, *path: str | int, host: str | None = None) -> Place:
        """Where a part of an option is written; of one that nothing sets, where the site asks for the layer."""
        return super().place(name, *path, host=host) or self.site.source.place("layers")

    def _url(self) -> str:
        written = self.text("identity_url").rstrip("/")
        return written or f"https://{self.text('identity_fqdn')}:{self.text('identity_port')}"

    def _defaults(self) -> RealmDefaults:
        """Each option by itself, for each may stand in another file."""
        found: dict[str, Any] = {}
        for key, option in RealmDefaults.model_fields.items():
            name = option.alias or key
            value = self.of(name)
            if value is None:
                continue
            try:
                found[key] = getattr(RealmDefaults.model_validate_json(json.dumps({name: value}, default=str)), key)
            except ValidationError as error:
                self.problems += model_problems(error, self._whole(name, value), RealmDefaults)
        return RealmDefaults().model_copy(update=found)

    def _realm_file(self, source: Source) -> RealmFile:
        """What is wrong is told and left out, so that everything else can be judged in the same round."""
        data = self._resolved(source.data, source, ())
        for leave_out in (_without_wrong_keys, _without_wrong_parts):
            try:
                return RealmFile.model_validate_json(json.dumps(data, default=str))
            except ValidationError as error:
                self.problems += model_problems(error, source, RealmFile)
                data = leave_out(data, error)
        return RealmFile.model_validate_json(json.dumps(data, default=str))

    def _resolved(self, value: Any, source: Source, path: tuple[str | int, ...]) -> Any:
        """Secrets stay templates: they are worked out when they are used, and nowhere else."""
        if isinstance(value, list):
            return [self._resolved(each, source, (*path, index)) for index, each in enumerate(value)]
        if isinstance(value, dict):
            return {
                key: each if key in SECRET_KEYS else self._resolved(each, source, (*path, key))
                for key, each in value.items()
            }
        if not isinstance(value, str) or ("{{" not in value and "{%" not in value):
            return value
        try:
            return self.variables.resolve(value)
        except InputError as error:
            what = f"'{value}' can't be worked out without Ansible: {error.why or error.what}"
            self.problems.append(Problem(what, error.cure, source.place(*path)))
            return value

    def _whole(self, name: str, value: Any) -> Source:
        """The file as if it held this option alone."""
        written = self.find(name)
        if written is None:
            return Source(self.site.path, {name: value})
        found = self.places.below(written, name, (), value)
        return Source(found.path, {name: value}, {(name, *keys): at for keys, at in found.lines.items()})


def _without_wrong_keys(data: Any, error: ValidationError) -> Any:
    """Without the keys that were complained of; entries of lists stay where they are, and so do their places."""
    for complaint in error.errors(include_url=False):
        *above, last = complaint["loc"] or (None,)
        owner = data
        for part in above:
            owner = _below(owner, part)
        if isinstance(owner, dict):
            owner.pop(last, None)
    return data


def _below(owner: Any, part: str | int) -> Any:
    if isinstance(owner, dict):
        return owner.get(part)
    return owner[part] if isinstance(owner, list) and isinstance(part, int) and part < len(owner) else None


def _without_wrong_parts(data: Any, error: ValidationError) -> Any:
    wrong = {complaint["loc"][0] for complaint in error.errors(include_url=False) if complaint["loc"]}
    return {key: value for key, value in data.items() if key not in wrong}


def effective(name: str, given: RealmFile, defaults: RealmDefaults) -> Realm:
    """A realm file with the site's defaults worked in: what isn't written is as they say, key by key."""
    worked_in: dict[str, Any] = {
        "name": name,
        "display_name": given.display_name or name,
        "domain": given.domain or name,
    }
    for key in RealmDefaults.model_fields:
        ours, general = getattr(given, key), getattr(defaults, key)
        worked_in[key] = _merged(ours, general)
    return Realm.model_construct(**{**{key: getattr(given, key) for key in RealmFile.model_fields}, **worked_in})


def _merged(ours: Any, general: BaseModel | str) -> Any:
    if ours is None:
        return general
    if isinstance(general, str):
        return ours
    return general.model_copy(update={key: getattr(ours, key) for key in ours.model_fields_set})


def has_layer(site: Site) -> bool:
    return LAYER in site.file.layers
