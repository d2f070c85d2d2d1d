"""Settings of the cluster's own database (`ceph config`) and modules of its managers.

What was set is remembered in the cluster (config-key groundplane/settings), with the value that Ceph made of it: so a
setting that is asked for no more can be taken out where nobody else changed it since, and a value that Ceph writes in
another way (4G, yes) isn't set again each time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import CephError, Session
    from ansible.module_utils.ceph_texts import setting_text
except ImportError:
    from ceph_session import CephError, Session
    from ceph_texts import setting_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MEMORY_KEY = "groundplane/settings"
MODULES_KEY = "groundplane/mgr_modules"
ENOENT = -2


def recall(session: Session, key: str) -> dict[str, object]:
    """What was remembered under a key of the cluster; empty where nothing was.

    Raises:
        CephError: the cluster doesn't answer.
    """
    try:
        found = session.call("config-key get", key=key)
    except CephError as error:
        if error.code == ENOENT:
            return {}
        raise
    return found if isinstance(found, dict) else {}


def remember(session: Session, key: str, value: dict[str, object]) -> None:
    session.text("config-key set", key=key, val=json.dumps(value, sort_keys=True))


def read_settings(session: Session) -> dict[tuple[str, str], str]:
    """Section (with its mask, as in osd/host:node1) and name to the value that is set."""
    found = session.call("config dump")
    settings = {}
    for entry in found if isinstance(found, list) else []:
        section = f"{entry['section']}/{entry['mask']}" if entry.get("mask") else entry["section"]
        settings[section, entry["name"]] = str(entry["value"])
    return settings


def flatten(configuration: Mapping[str, Mapping[str, object]]) -> dict[tuple[str, str], str]:
    """As the site writes it, section to key to value. Spaces in a name are underscores, as in a ceph.conf."""
    return {
        (str(section), str(name).strip().replace(" ", "_")): setting_text(value)
        for section, settings in configuration.items()
        for name, value in (settings or {}).items()
    }


def apply_settings(
    session: Session,
    configuration: Mapping[str, Mapping[str, object]],
    *,
    check: bool,
    key: str = MEMORY_KEY,
    prune: bool = True,
) -> list[str]:
    """Sets what differs, and takes out what is asked for no more and still has the value that was set.

    Args:
        key: where to remember; each caller that looks after settings has a key of its own.
        prune: whether `configuration` is all that the caller looks after; else what it doesn't name stays.

    Raises:
        CephError: Ceph doesn't know a setting, or refuses a value; which one.
    """
    asked = flatten(configuration)
    present = read_settings(session)
    remembered = _remembered(session, key)
    differing = [
        where
        for where, value in sorted(asked.items())
        if where not in present
        or not (same_value(present[where], value) or remembered.get(where) == (value, present[where]))
    ]
    unwanted = [
        where
        for where, (_, stored) in sorted(remembered.items())
        if prune and where not in asked and present.get(where) == stored
    ]
    if check:
        after = {where: value for where, value in present.items() if where not in unwanted}
        after.update({where: asked[where] for where in differing})
    else:
        for section, name in differing:
            _set(session, section, name, asked[section, name])
        for section, name in unwanted:
            session.text("config rm", who=section, name=name)
        after = read_settings(session) if differing or unwanted else present
        now = {} if prune else dict(remembered)
        now.update({where: (value, after.get(where, value)) for where, value in asked.items()})
        if now != remembered:
            remember(session, key, {" ".join(where): list(values) for where, values in now.items()})
    return [
        f"{section} {name}: {present.get((section, name), 'not set')} → {after.get((section, name), 'not set')}"
        for section, name in (*differing, *unwanted)
        # Ceph may have made of a value what was there already, in other words.
        if after.get((section, name)) != present.get((section, name))
    ]


def _remembered(session: Session, key: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Section and name to what was asked for and what Ceph made of it."""
    found = {}
    for text, values in recall(session, key).items():
        section, _, name = text.partition(" ")
        if name and isinstance(values, list) and len(values) == 2:  # noqa: PLR2004 - asked and made
            found[section, name] = (str(values[0]), str(values[1]))
    return found


def same_value(one: str, other: str) -> bool:
    """Whether two values say the same, as far as that can be told without knowing the setting."""
    return one == other or one.lower() == other.lower() in ("true", "false")


def _set(session: Session, section: str, name: str, value: str) -> None:
    try:
        # A module's settings are only known to the monitors once a manager with that module has run.
        session.text("config set", who=section, name=name, value=value, force=True if "/" in name else None)
    except CephError as error:
        raise CephError(
            f"The setting {name} = {value} of section {section} isn't one that Ceph takes: {error}."
            " Cure: correct it in ceph_config",
            error.code,
        ) from error


def apply_modules(session: Session, asked: Iterable[str], *, check: bool) -> list[str]:
    """Switches modules of the managers on, and those off that were asked for before and are no more.

    Raises:
        CephError: there is no such module.
    """
    found = session.call("mgr module ls")
    listed = found if isinstance(found, dict) else {}
    on = {*listed.get("always_on_modules", []), *listed.get("enabled_modules", [])}
    can = {module["name"] for module in listed.get("disabled_modules", [])} | on
    wanted = sorted(set(asked))
    unknown = [name for name in wanted if name not in can]
    if unknown:
        raise CephError(
            f"The managers have no module {', '.join(unknown)}. Cure: correct ceph_mgr_modules; there are"
            f" {', '.join(sorted(can))}"
        )
    before = recall(session, MODULES_KEY)
    missing = [name for name in wanted if name not in on]
    unwanted = [name for name in sorted(before) if name not in wanted and name in listed.get("enabled_modules", [])]
    if not check:
        for name in missing:
            session.text("mgr module enable", module=name)
        for name in unwanted:
            session.text("mgr module disable", module=name)
        # Only those that were off are ours to switch off again.
        ours = {name: True for name in wanted if name in before or name in missing}
        if ours != before:
            remember(session, MODULES_KEY, dict(ours))
    return [f"manager's module {name} switched on" for name in missing] + [
        f"manager's module {name} switched off" for name in unwanted
    ]
