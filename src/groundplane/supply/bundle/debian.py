"""A partial Debian mirror: Debian's own signed indexes, and the packages that are wanted with all that they need.

apt itself computes what is needed, in a container of the suite that knows no installed package. Because the indexes are
Debian's own, hosts go on trusting Debian's keys and nobody else; packages that aren't in here are just not found.
"""

from __future__ import annotations

import hashlib
import os
import resource
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.machine.base_image import build_lock, ensure_base_image
from groundplane.machine.host_commands import run_command
from groundplane.supply.bundle.items import Item, Planned, file_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from groundplane.machine.debian_mirror import DebianMirror
    from groundplane.machine.podman import Podman

COMPONENTS = ("main", "contrib", "non-free-firmware")
"""What the role packages writes into hosts' sources."""
ARCHIVE, SECURITY = "debian", "debian-security"
"""Folders in the bundle; the role packages derives the second's address from the first's."""
SECONDS = 1800
MOST_FILES = 65536

SCRIPT = """
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
cd /gather
: > no-packages
mkdir -p archives/partial nothing/partial lists/partial
set -- -qq -o Acquire::PDiffs=false -o Acquire::Languages=en -o Acquire::Retries=3 -o APT::Sandbox::User=root \\
  -o APT::Install-Recommends=false -o Dir::State::status=/gather/no-packages -o Dir::Cache::archives=/gather/nothing \\
  -o Dir::State::lists=/gather/lists -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/gather/sources
if [ "$FETCH" = true ]; then
  cd archives
  apt-get "$@" download $NAMES
else
  apt-get "$@" update
  base=$(dpkg-query -W -f '${Package} ')
  key=$(printf '%s\\n' "$base" "$NAMES" | cat - lists/*InRelease | sha256sum)
  if [ "$key" != "$(cat key 2>/dev/null)" ]; then
    apt-get "$@" indextargets --format '$(CREATED_BY)|$(REPO_URI)|$(CODENAME)|$(METAKEY)' |
      sed -n 's/^\\(Packages\\|Translations\\)|//p' > targets
    rm -rf sets key && mkdir sets
    apt-get "$@" install -y --print-uris $base $NAMES > sets/all
    # Alone a package may choose another of its alternatives than beside all others.
    export base
    printf '%s\\n' $NAMES | xargs -P "$(nproc)" -I NAME sh -c \\
      'apt-get "$@" -o Debug::NoLocking=true install -y --print-uris $base NAME > sets/NAME' sh "$@"
    cat sets/* | sort -u > uris
    sed -n "s/^'[^']*' \\([^_]*\\)_\\([^_]*\\)_.*/\\1=\\2/p" uris | sed 's/%3a/:/g' | sort -u > names
    xargs apt-cache "$@" show --no-all-versions < names > records
    printf '%s' "$key" > key
  fi
fi
chown -R "$OWNER" /gather
"""


@dataclass(frozen=True, slots=True)
class DebianFile:
    """A package as it lies on a mirror.

    Attributes:
        path: in the bundle, such as debian/pool/main/….deb.
        archive: its name in apt's folder of archives.
    """

    name: str
    version: str
    path: str
    archive: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Repository:
    """What one suite's part of the mirror consists of.

    Attributes:
        folder: where apt's lists and archives are.
        targets: (address of the repository, its codename, name of an index in its InRelease).
    """

    suite: str
    folder: Path
    mirror: DebianMirror
    names: tuple[str, ...]
    files: tuple[DebianFile, ...]
    targets: tuple[tuple[str, str, str], ...]

    def planned(self) -> list[Planned]:
        return [Planned(component(file.path), file.name, file.version, file.bytes) for file in self.files]


def component(path: str) -> str:
    return path.partition("/")[0]


def plan_repository(
    suite: str, names: Sequence[str], *, mirror: DebianMirror, architecture: str, cache: Path, podman: Podman
) -> Repository:
    """Asks apt what `names` need on a machine without any package. Nothing but indexes is fetched.

    Args:
        cache: Settings.cache.

    Raises:
        FailedError: the mirror can't be reached, or has no such package; carries apt's last lines.
    """
    folder = cache / "bundle" / "debian" / f"{suite}-{architecture}"
    with build_lock(cache / "bundle", f"debian-{suite}"):
        (folder / "sources").mkdir(parents=True, exist_ok=True)
        sources = mirror.sources(suite).replace("Components: main", f"Components: {' '.join(COMPONENTS)}")
        (folder / "sources" / "bundle.sources").write_text(sources, encoding="utf-8")
        _run(folder, suite, names, mirror=mirror, cache=cache, podman=podman, fetch=False)
        uris = (folder / "uris").read_text(encoding="utf-8")
        records = (folder / "records").read_text(encoding="utf-8")
        targets = tuple(
            (fields[0].rstrip("/"), fields[1], fields[2])
            for fields in (line.split("|") for line in (folder / "targets").read_text(encoding="utf-8").splitlines())
        )
    files = tuple(read_files(uris, records, mirror))
    return Repository(suite, folder, mirror, tuple(names), files, targets)


def fetch_repository(
    repository: Repository, *, cache: Path, podman: Podman, tell: Callable[[str], None] = lambda _: None
) -> list[Item]:
    """Downloads what isn't in the cache yet, and gives the packages and their indexes.

    Raises:
        FailedError: a download failed, or isn't what the index says.
    """
    archives = repository.folder / "archives"
    with build_lock(cache / "bundle", f"debian-{repository.suite}"):
        wanting = [file for file in repository.files if not _is_there(archives / file.archive, file.bytes)]
        if wanting:
            size = sum(file.bytes for file in wanting)
            tell(f"Fetching {len(wanting):,} Debian packages of {repository.suite} ({size / 1e6:.0f} MB)")
            _run(
                repository.folder,
                repository.suite,
                [f"{file.name}={file.version}" for file in wanting],
                mirror=repository.mirror,
                cache=cache,
                podman=podman,
                fetch=True,
            )
        items = []
        for file in repository.files:
            item = file_item(file.path, archives / file.archive)
            if item.sha256 != file.sha256:
                (archives / file.archive).unlink()
                raise FailedError(
                    f"The Debian package {file.archive} isn't what the index says",
                    why=f"SHA-256 {item.sha256[:12]}… instead of {file.sha256[:12]}…",
                    cure="It was removed from the cache; call again.",
                )
            items.append(item)
        return [*items, *_indexes(repository, podman=podman)]


def read_files(uris: str, records: str, mirror: DebianMirror) -> Iterator[DebianFile]:
    """What `apt-get --print-uris` and `apt-cache show` printed, together.

    Raises:
        FailedError: apt named a package that it has no record of.
    """
    known = {}
    for record in records.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in record.splitlines() if ": " in line and line[0] != " ")
        if "Filename" in fields:
            known[fields["Filename"]] = fields
    security = mirror.security + "/"
    for line in uris.splitlines():
        words = line.split(" ")
        if not line.startswith("'") or len(words) < 3:  # noqa: PLR2004 - address, name, size
            continue
        address = words[0].strip("'")
        is_security = address.startswith(security)
        base = security if is_security else mirror.archive + "/"
        filename = urllib.parse.unquote(address.removeprefix(base))
        found = known.get(filename)
        if found is None:
            raise FailedError(
                f"apt names {filename} but has no record of it",
                cure="The mirror changed in the meantime; call again.",
            )
        yield DebianFile(
            name=found["Package"],
            version=found["Version"],
            path=f"{SECURITY if is_security else ARCHIVE}/{filename}",
            archive=words[1],
            bytes=int(found["Size"]),
            sha256=found["SHA256"],
        )


def release_checksums(text: str) -> dict[str, str]:
    """The SHA256 block of an InRelease file, name of an index to checksum."""
    result: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if not line.startswith(" "):
            inside = line == "SHA256:"
        elif inside:
            checksum, _, name = line.split()
            result[name] = checksum
    return result


def _indexes(repository: Repository, *, podman: Podman) -> Iterator[Item]:
    """InRelease as it is, and the indexes that it names, checked against it."""
    lists = repository.folder / "lists"
    for address, codename in sorted({(target[0], target[1]) for target in repository.targets}):
        folder = SECURITY if address == repository.mirror.security else ARCHIVE
        release = lists / f"{_list_name(address)}_dists_{codename}_InRelease"
        if not release.is_file():
            raise FailedError(f"apt has no InRelease file of {codename}", why=str(release), cure="Call again.")
        yield file_item(f"{folder}/dists/{codename}/InRelease", release)
        checksums = release_checksums(release.read_text(encoding="utf-8"))
        for name in sorted(target[2] for target in repository.targets if target[:2] == (address, codename)):
            packed = f"{name}.xz" if f"{name}.xz" in checksums else f"{name}.bz2"
            wanted = checksums[packed]
            kept = repository.folder / "indexes" / wanted
            if not kept.is_file():
                _fetch_index(f"{address}/dists/{codename}/{packed}", kept, wanted, repository.mirror)
            yield file_item(f"{folder}/dists/{codename}/{packed}", kept, sha256=wanted)


def _list_name(address: str) -> str:
    """The name that apt gives to a list's file."""
    return urllib.parse.urlsplit(address)._replace(scheme="").geturl().strip("/").replace("_", "%5f").replace("/", "_")


def _fetch_index(address: str, target: Path, wanted: str, mirror: DebianMirror) -> None:
    from urllib.error import URLError  # noqa: PLC0415
    from urllib.request import ProxyHandler, build_opener  # noqa: PLC0415

    opener = build_opener(*([ProxyHandler({"http": mirror.proxy, "https": mirror.proxy})] if mirror.proxy else []))
    try:
        with opener.open(address, timeout=60) as answer:
            data: bytes = answer.read()
    except (URLError, OSError) as error:
        raise FailedError(f"{address} can't be fetched", why=str(error), cure="Call again.") from error
    if hashlib.sha256(data).hexdigest() != wanted:
        raise FailedError(
            f"{address} isn't what the mirror's InRelease says",
            cure="The mirror changed in the meantime, or a proxy holds an old one; call again.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.replace(target)


def _run(
    folder: Path,
    suite: str,
    names: Sequence[str],
    *,
    mirror: DebianMirror,
    cache: Path,
    podman: Podman,
    fetch: bool,
) -> None:
    image = ensure_base_image(suite, cache=cache)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    environment = {
        "NAMES": " ".join(names),
        "FETCH": str(fetch).lower(),
        "OWNER": f"{os.getuid()}:{os.getgid()}",
        **({"http_proxy": mirror.proxy} if mirror.proxy else {}),
    }
    podman.run(
        *("run", "--rm", "--network", "host", "--pull", "never", "--log-driver", "none"),
        *("--ulimit", f"nofile={files}:{files}", "--ulimit", "nproc=4096:4096"),
        *(word for key, value in environment.items() for word in ("--env", f"{key}={value}")),
        *("--volume", f"{folder}:/gather", image, "sh", "-c", SCRIPT),
        doing=f"Asking apt for the Debian packages of {suite}" if not fetch else f"Fetching Debian packages of {suite}",
        timeout=SECONDS,
    )


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def host_architecture() -> str:
    """Debian's name of this machine's architecture, such as amd64."""
    return run_command(["dpkg", "--print-architecture"], doing="Asking for the architecture").strip()
