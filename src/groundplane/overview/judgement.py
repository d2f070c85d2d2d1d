"""What a site's files say by themselves: mistakes, the steps with their hosts, and what each reads today.

Working that out takes most of a second, so it is kept in the state folder together with a digest of when all the files
were changed, and taken from there while they stay as they are. No value of the site is kept, only the digests that
receipts have, too.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, GroundplaneError, InputError
from groundplane.files import write_atomically
from groundplane.overview.model import Problem
from groundplane.site.state import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.content import Content
    from groundplane.errors import Problem as SiteProblem
    from groundplane.layers.model import Graph
    from groundplane.site.model import VaultFile
    from groundplane.site.site import Site

FILE = "overview.json"
FORMAT = 3
APART = frozenset({".git", STATE_FOLDER, "__pycache__"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the files say.

    Attributes:
        layers: all of the site's, in the graph's order; as site.yml has them where there is no graph.
        steps: step to its hosts, each with the digest of what the step reads there today; empty where nobody could
            work it out. In the graph's order.
        rests: the same digests without the images' part, of steps that have one: a run that builds images changes it.
        not_compared: why nobody could.
        lacking: images that images.lock lacks and apply builds; `builders` are the steps that do.
        images_due: layers whose images are wanted from elsewhere, while there is no images.lock.
        password: where the vault password comes from: file:PATH, command:PROGRAM, or agent; empty: not known.
        stamp: where the secrets were open, what tells whether the password is still the same (vault.password_stamp).
    """

    name: str = ""
    release: str = ""
    layers: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    not_compared: str = ""
    unpinned: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    builders: tuple[str, ...] = ()
    images_due: tuple[str, ...] = ()
    password: str = ""
    stamp: str = ""

    @property
    def compared(self) -> bool:
        return any(digest for hosts in self.steps.values() for digest in hosts.values())


def judge(path: Path, content: Content, secrets: Mapping[str, Any] | None) -> Judgement:
    """Reads all the files; what is wrong with them is among what is returned, never raised.

    Args:
        secrets: opened; None where they are closed, and then nothing can be compared.
    """
    try:
        return _judge(path, content, secrets)
    except GroundplaneError as error:
        problems = error.problems if isinstance(error, InputError) else ()
        told = tuple(map(_told, problems)) or (_of_error(error),)
        return Judgement(**_rough(path), problems=told)


def _judge(path: Path, content: Content, secrets: Mapping[str, Any] | None) -> Judgement:
    from groundplane.checks.validation import check_site  # noqa: PLC0415 - takes time, and is often not needed
    from groundplane.site.derived_images import builds_images  # noqa: PLC0415
    from groundplane.site.images_file import IMAGE_LAYERS  # noqa: PLC0415
    from groundplane.site.images_lock import has_lock  # noqa: PLC0415
    from groundplane.site.loading import load_site  # noqa: PLC0415

    site = load_site(path, content=content, secrets=secrets, strict=False)
    graph, problems = check_site(site)
    found = Judgement(
        site.file.name,
        site.file.release,
        site.file.layers,
        tuple(map(_told, problems)),
        not_compared="the site has mistakes",
        password=_place(path, site.file.vault),
    )
    if graph is None:
        return found
    wanted = tuple(layer for layer in site.file.layers if layer in IMAGE_LAYERS)
    elsewhere = "supply" in site.file.layers and not builds_images(site.file)
    return replace(
        found,
        layers=tuple(graph.layers),
        **_compared(site, graph),
        unpinned=_unpinned(site),
        images_due=wanted if elsewhere and not has_lock(path) else (),
    )


def _place(path: Path, vault: VaultFile) -> str:
    """See `Judgement.password`; in the order of site.secrets.password.find_vault_password."""
    if vault.password_file is not None:
        return f"file:{path / Path(vault.password_file).expanduser()}"
    return f"command:{vault.password_command[0]}" if vault.password_command else "agent"


def _compared(site: Site, graph: Graph) -> dict[str, Any]:
    """Fields of a judgement: each step's hosts with the digests of today, as a plan has them (plan.planner); without
    digests, and why, where they can't be worked out."""
    from groundplane.plan.fingerprint import Fingerprinter  # noqa: PLC0415
    from groundplane.plan.survey import lacking_now  # noqa: PLC0415
    from groundplane.supply.lacking import lacking_for, with_lacking  # noqa: PLC0415

    bare: dict[str, dict[str, str]] = {id_: dict.fromkeys(graph.hosts[id_], "") for id_ in graph.order}
    steps, rests = {id_: dict(hosts) for id_, hosts in bare.items()}, dict[str, dict[str, str]]()
    try:
        lacking = lacking_now(site, graph)
        for (id_, host), fingerprint in Fingerprinter(with_lacking(site, lacking), graph).of_steps(bare).items():
            steps[id_][host] = fingerprint.digest
            rest = rest_of(fingerprint.inputs, fingerprint.content, fingerprint.release)
            if rest:
                rests.setdefault(id_, {})[host] = rest
    except GroundplaneError as error:
        return {"steps": bare, "not_compared": error.what}
    builders = tuple(id_ for id_, step in graph.steps.items() if lacking_for(step.action, site, lacking))
    names = tuple(image.name for image in lacking)
    return {"steps": steps, "rests": rests, "not_compared": "", "lacking": names, "builders": builders}


def rest_of(inputs: Mapping[str, str], content: Mapping[str, str], release: str) -> str:
    """A digest of a fingerprint without the images' part; empty where there is no such part."""
    from groundplane.plan.image_inputs import is_image_input  # noqa: PLC0415

    rest = {name: digest for name, digest in inputs.items() if not is_image_input(name)}
    if len(rest) == len(inputs):
        return ""
    text = json.dumps([rest, dict(content), release], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _unpinned(site: Site) -> tuple[str, ...]:
    from groundplane.ssh.known_hosts import read_known_hosts  # noqa: PLC0415
    from groundplane.ssh.trust import targets  # noqa: PLC0415

    try:
        known = read_known_hosts(site.known_hosts)
        return tuple(one.name for one in targets(site) if not known.keys_of(one.address, one.port))
    except GroundplaneError:
        # `hosts` tells what is wrong there.
        return ()


def _told(problem: SiteProblem) -> Problem:
    place = problem.place
    return Problem(problem.what, problem.cure, str(place.file) if place else "", place.line if place else None)


def _of_error(error: GroundplaneError) -> Problem:
    place = error.place
    return Problem(error.what, error.cure, str(place.file) if place else "", place.line if place else None)


def _rough(path: Path) -> dict[str, Any]:
    """The name, release and layers of a site.yml that can't be used as a whole; what isn't text is left out."""
    import yaml  # noqa: PLC0415

    try:
        data = yaml.safe_load((path / "site.yml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        data = None
    data = data if isinstance(data, dict) else {}
    layers = data.get("layers")
    return {
        **{key: data[key] for key in ("name", "release") if isinstance(data.get(key), str)},
        "layers": tuple(one for one in layers if isinstance(one, str)) if isinstance(layers, list) else (),
    }


# Kept


def kept(state: Path, key: str) -> Judgement | None:
    """What was worked out before of just these files; None where nothing was."""
    try:
        data = json.loads((state / FILE).read_text(encoding="utf-8"))
        if data.get("format") != FORMAT or data.get("key") != key:
            return None
        fields = data["judgement"]
        fields["problems"] = tuple(Problem(**one) for one in fields["problems"])
        for name in ("layers", "unpinned", "lacking", "builders", "images_due"):
            fields[name] = tuple(fields[name])
        return Judgement(**fields)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Damaged, or another version's: it is made anew.
        return None


def keep(state: Path, key: str, judgement: Judgement) -> None:
    """For the next time; where the state folder isn't there yet or can't be written, that one takes as long."""
    data = {"format": FORMAT, "key": key, "judgement": asdict(judgement)}
    with suppress(FailedError, OSError):
        if state.is_dir():
            write_atomically(state / FILE, json.dumps(data, separators=(",", ":")), 0o600)


def files_key(path: Path, content: Content, *more: str) -> str:
    """Changes with any of the site's and the toolkit's files, by their names, sizes and times, and with `more`."""
    text = hashlib.sha256("\0".join((str(path), str(content.root), *more)).encode())
    code = Path(__file__).resolve().parent.parent
    folders = (content.playbooks, content.roles, content.environments, content.releases, content.images)
    for folder in (path, *folders, code):
        for name, size, at in _files(str(folder)):
            text.update(f"{name}\0{size}\0{at}\n".encode("utf-8", "surrogatepass"))
    return text.hexdigest()


def _files(folder: str, *above: str) -> Iterator[tuple[str, int, int]]:
    """Links are followed: what several sites share counts for each of them. `above` ends circles."""
    here = os.path.realpath(folder)
    if here in above:
        return
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name in APART:
            continue
        try:
            if entry.is_dir():
                yield from _files(entry.path, here, *above)
                continue
            status = entry.stat()
        except OSError:
            continue
        yield entry.path, status.st_size, status.st_mtime_ns
