"""Everything that the folder of a site tells, put together into an overview. Never fails, whatever is in there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from groundplane.lab.quick_look import look_at_lab
from groundplane.overview.journal import look_at_journal
from groundplane.overview.judgement import files_key, judge, keep, kept
from groundplane.overview.model import Checked, LayerState, LayerView, Overview, VaultState, worst
from groundplane.overview.vault import VaultLook, open_quietly, password_stamp
from groundplane.run.lock import lock_holder
from groundplane.site.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.overview.journal import JournalLook, Key, Planned
    from groundplane.overview.judgement import Judgement


def overview_of(
    path: Path,
    content: Content,
    *,
    override: Path | None,
    runtime: Path,
    clouds: Path,
) -> Overview:
    """How the site in this folder stands. Asks no host and no person, and changes nothing but its own notes.

    Args:
        override: Settings.vault_password_file.
        runtime: Settings.runtime.
        clouds: the clouds.yaml of people.
    """
    state = state_folder(path)
    judgement, vault = _judged(path, content, state, override=override, runtime=runtime)
    holder = lock_holder(state)
    look = look_at_journal(state, judgement.name, holder)
    return Overview(
        path=path,
        name=judgement.name or path.name,
        release=judgement.release,
        layers=layer_views(judgement, look),
        checked=True,
        problems=judgement.problems,
        vault=vault.state,
        vault_told=vault.told,
        vault_cure=vault.cure,
        compared=judgement.compared,
        not_compared=judgement.not_compared,
        unpinned=judgement.unpinned,
        images_due=judgement.images_due,
        lacking=judgement.lacking,
        last=look.last,
        resumable=resumable(judgement, look),
        at_work=holder,
        progress=look.progress,
        lab=look_at_lab(path),
        entries_written=_has_entries(clouds, judgement.name),
        notes=(look.trouble,) if look.trouble else (),
    )


def _judged(
    path: Path, content: Content, state: Path, *, override: Path | None, runtime: Path
) -> tuple[Judgement, VaultLook]:
    """The judgement that is kept, where it holds and was made with the secrets open, or they can't be opened today."""

    def stamp(place: str) -> str:
        return password_stamp(place, path, override=override, runtime=runtime)

    key = files_key(path, content)
    found = kept(state, key)
    if found is not None and found.stamp and found.stamp == stamp(found.password):
        return found, VaultLook(VaultState.OPEN)
    vault = open_quietly(path, override=override, runtime=runtime)
    if found is None or vault.values is not None:
        found = judge(path, content, vault.values)
        found = replace(found, stamp=stamp(found.password) if vault.values is not None else "")
        keep(state, key, found)
    return found, vault


def layer_views(judgement: Judgement, look: JournalLook) -> tuple[LayerView, ...]:
    """Each layer with its steps; without a graph with those that the journal knows."""
    steps: Mapping[str, Mapping[str, str]] = judgement.steps or _from_receipts(look)
    views = []
    for layer in judgement.layers:
        mine = {id_: hosts for id_, hosts in steps.items() if id_.partition(".")[0] == layer and hosts}
        keys = [(id_, host) for id_, hosts in mine.items() for host in hosts]
        newest = max((look.receipts[key].at for key in keys if key in look.receipts), default=None)
        checked = look.verified.get(layer)
        views.append(
            LayerView(
                layer,
                {
                    id_.partition(".")[2]: _of_step(id_, hosts, look, builds=id_ in judgement.builders)
                    for id_, hosts in mine.items()
                },
                newest,
                None
                if checked is None
                else Checked(checked.at, checked.good, checked.run, newest is not None and newest > checked.at),
            )
        )
    return tuple(views)


def _of_step(id_: str, hosts: Mapping[str, str], look: JournalLook, *, builds: bool) -> LayerState:
    if id_ in look.running:
        return LayerState.RUNNING
    # A step that is to build images has work, whatever it did before.
    more = (LayerState.CHANGED,) if builds and any((id_, host) in look.receipts for host in hosts) else ()
    return worst((*(_of_host((id_, host), digest, look) for host, digest in hosts.items()), *more))


def _of_host(key: Key, digest: str, look: JournalLook) -> LayerState:
    """As plan.planner judges it where the hosts aren't asked."""
    if key in look.attempts:
        return look.attempts[key]
    receipt = look.receipts.get(key)
    if receipt is None:
        return LayerState.NEVER
    if not digest:
        return LayerState.APPLIED
    return LayerState.UP_TO_DATE if receipt.digest == digest else LayerState.CHANGED


def _from_receipts(look: JournalLook) -> dict[str, dict[str, str]]:
    steps: dict[str, dict[str, str]] = {}
    for id_, host in (*look.receipts, *look.attempts):
        steps.setdefault(id_, {})[host] = ""
    return steps


def resumable(judgement: Judgement, look: JournalLook) -> tuple[str, bool] | None:
    """Whether --resume would be let: what is left of the run is wanted as it was planned (see run.resume)."""
    if look.resumable is None:
        return None
    if not look.planned:
        return None
    if not judgement.compared:
        return look.resumable, True
    return look.resumable, all(_still_wanted(judgement, key, planned) for key, planned in look.planned.items())


def _still_wanted(judgement: Judgement, key: Key, planned: Planned) -> bool:
    step, host = key
    if judgement.steps.get(step, {}).get(host) == planned.digest:
        return True
    return bool(planned.rest) and judgement.rests.get(step, {}).get(host) == planned.rest


def _has_entries(clouds: Path, site: str) -> bool:
    """Whether `openstack clouds --write` was here (see openstack.clouds.merged)."""
    try:
        return f"# groundplane: entries of the site {site}\n" in clouds.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
