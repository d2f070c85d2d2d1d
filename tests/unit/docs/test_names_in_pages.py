"""Names that pages use (variables, steps, programs, files of the clone, exit codes) are those of the tree."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundplane import errors
from groundplane.site.model import SiteFile

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted({*ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md"), *ROOT.glob("*.md")})
SOURCES = ("src", "roles", "environments", "playbooks", "images", "releases", "inventories", "scripts", "tests/e2e")
CATALOGUES = ROOT / "images" / "kolla"
TEXT = {".py", ".yml", ".yaml", ".j2", ".txt", ".toml", ".sh", ""}
VARIABLE = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?::[^`]*)?`|^ *(?:- )?\{?([a-z][a-z0-9]*(?:_[a-z0-9]+)+): ")
ENVIRONMENT = re.compile(r"\b((?:GROUNDPLANE|GP)_[A-Z_]+)\b")
STEP = re.compile(r"(?:`|groundplane (?:plan|apply|verify) (?:[\w.]+ )*)((?:[a-z]+)\.[a-z_-]+)\b")
SCRIPT = re.compile(r"(?:\./|`)scripts/(\w+(?:\.py)?)([^\n`#]*)")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
CODE_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
MADE_UP = {"banner_text", "platform_ada_password"}
"""Names that a page gives to something of the reader's own."""
THEIRS = {"kc_idp_hint"}
"""Names of other programs that nothing of ours uses: a parameter of Keycloak's login page."""


@cache
def words() -> frozenset[str]:
    """Every name in the tree's code, outside of its pages."""
    found: set[str] = set()
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in TEXT and path.is_file() and "__pycache__" not in path.parts:
                found |= set(re.findall(r"[A-Za-z][A-Za-z0-9_]*_[A-Za-z0-9_]+", path.read_text(encoding="utf-8")))
    # Kolla names containers by the services in its tables.
    for catalogue in CATALOGUES.glob("*/services.yml"):
        dashed = re.findall(r"^ +([a-z]+(?:-[a-z]+)+):$", catalogue.read_text(encoding="utf-8"), re.MULTILINE)
        found |= {name.replace("-", "_") for name in dashed}
    return frozenset(found)


@cache
def steps() -> frozenset[str]:
    layers = yaml.safe_load((ROOT / "playbooks" / "layers.yml").read_text(encoding="utf-8"))["layers"]
    found = {f"{layer}.{step}" for layer, entry in layers.items() for step in entry.get("steps") or {}}
    for catalogue in CATALOGUES.glob("*/steps.yml"):
        found |= {f"openstack.{name}" for name in yaml.safe_load(catalogue.read_text(encoding="utf-8"))["services"]}
    return frozenset(found)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pages
def test_variables_are_in_the_tree(page: Path) -> None:
    blocks = "\n".join(body for kind, body in CODE_BLOCK.findall(text_of(page)) if kind == "yaml")
    prose = CODE_BLOCK.sub("", text_of(page))
    named = {name for match in VARIABLE.finditer(prose) if (name := match[1])}
    named |= {name for line in blocks.splitlines() for match in VARIABLE.finditer(line) if (name := match[2])}
    named |= set(ENVIRONMENT.findall(text_of(page)))
    assert named - words() - MADE_UP - THEIRS == set()


@pages
def test_steps_are_in_the_graph(page: Path) -> None:
    layers = {step.partition(".")[0] for step in steps()}
    named = {name for name in STEP.findall(text_of(page)) if name.partition(".")[0] in layers}
    assert named - steps() - {"ceph.conf", "ceph.client"} == set()


@pages
def test_scripts_are_there_and_have_the_options(page: Path) -> None:
    for name, line in SCRIPT.findall(text_of(page)):
        script = ROOT / "scripts" / name
        assert script.is_file(), name
        # scripts/lab hands its options on to `groundplane lab up`.
        known = script.read_text(encoding="utf-8")
        known += (ROOT / "src/groundplane/cli/lab.py").read_text(encoding="utf-8") if name == "lab" else ""
        for option in re.findall(r"(?<!\S)--[a-z-]+", line):
            assert re.search(rf"{option}(?![a-z-])", known), f"scripts/{name} {option}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == ROOT], ids=lambda page: page.name)
def test_links_of_pages_outside_the_site_lead_somewhere(page: Path) -> None:
    # Those below docs/ are checked when the site is built.
    assert [link for link in LINK.findall(text_of(page)) if not (page.parent / link).exists()] == []


def test_exit_codes_are_those_of_the_errors() -> None:
    table = re.findall(r"^\| (\d+) \|", text_of(ROOT / "docs" / "exit-codes.md"), re.MULTILINE)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")]
    assert {int(code) for code in table} == {0, 10, *(kind.exit_code for kind in kinds)}


QUOTED = re.compile(r'"([^"]+)"')
KOLLAS = {"MariaDB cluster exists but is stopped"}
IN_CODE = re.compile(r'"\s*\n\s*f?"')


@cache
def code() -> str:
    """Messages of the engine and of the roles; a literal that goes on in the next line is one."""
    paths = [*ROOT.glob("src/**/*.py"), *ROOT.glob("roles/**/*.py"), *ROOT.glob("roles/**/*.yml")]
    return IN_CODE.sub("", "\n".join(path.read_text(encoding="utf-8") for path in paths))


def test_a_symptom_is_quoted_as_it_is_told() -> None:
    rows = [line for line in text_of(ROOT / "docs" / "operations.md").splitlines() if line.startswith("| ")]
    quoted = {words for row in rows for words in QUOTED.findall(row.split(" | ")[0])}
    quoted -= {"it doesn't work", *KOLLAS}
    parts = {part.strip() for words in quoted for part in words.split("…")}
    assert len(parts) > 20
    assert {part for part in parts if part not in code()} == set()


def test_health_checks_of_cephs_have_a_cure_where_the_page_says_so() -> None:
    from groundplane.ceph.findings import CURES  # noqa: PLC0415

    told = re.findall(
        r"^\| ([A-Z]+_[A-Z_]+)(?:, ([A-Z]+_[A-Z_]+))?", text_of(ROOT / "docs" / "operations.md"), re.MULTILINE
    )
    assert {name for pair in told for name in pair if name} - set(CURES) == set()


ON_HOSTS = re.compile(r"`(/(?:etc|var|usr)/[a-z0-9_./-]*[a-z0-9_-])/?`")
KEY = re.compile(r"`([a-z_]+)\.([a-z_]+)(?:: [^`]*)?`")
ELSEWHERE = {
    "/etc/ssh/ssh_host_ed25519_key.pub",
    "/etc/containers/certs.d/HOST:PORT/ca.crt",
}
"""Paths of other people's programs."""
NAMED = {"networks", "vips"}
"""Keys of site.yml below which are names of the site's own."""
FILES = {("images", "lock")}


@pages
def test_paths_on_hosts_are_in_the_code(page: Path) -> None:
    text = code() + environments()

    def known(path: str) -> bool:
        # The code often has a folder, and puts names of files to it.
        folder, _, name = path.rpartition("/")
        return path in text or (folder in text and name in text)

    assert {path for path in ON_HOSTS.findall(text_of(page)) if not known(path)} - ELSEWHERE == set()


@cache
def environments() -> str:
    paths = [*ROOT.glob("environments/**/*.yml"), *ROOT.glob("images/**/*.yml"), *ROOT.glob("roles/**/*.j2")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@cache
def site_schema() -> dict[str, dict[str, Any]]:
    """Key of site.yml to the keys below it; empty where it is a mere value."""
    schema = SiteFile.model_json_schema()
    inner = {}
    for key, value in schema["properties"].items():
        names = re.findall(r"#/\$defs/(\w+)", str(value))
        inner[key] = schema["$defs"][names[0]].get("properties", {}) if names else {}
    return inner


@pages
def test_keys_of_site_yml_are_those_of_its_schema(page: Path) -> None:
    known = {key: below for key, below in site_schema().items() if key not in NAMED}
    named = {(first, second) for first, second in KEY.findall(text_of(page)) if first in known} - FILES
    assert [f"{first}.{second}" for first, second in named if known[first] and second not in known[first]] == []


@pages
def test_examples_of_site_yml_have_its_keys(page: Path) -> None:
    for kind, body in CODE_BLOCK.findall(text_of(page)):
        if kind == "yaml" and body.startswith("# site.yml"):
            example = yaml.safe_load(body)
            assert set(example) <= set(site_schema()), body
            for key, value in example.items():
                below = site_schema()[key]
                entries = value.values() if key in NAMED else [value]
                for entry in entries:
                    assert not below or set(entry) <= set(below), body


@cache
def room_of_labs() -> dict[str, dict[str, int]]:
    text = (ROOT / "inventories" / "lab" / "lab.yml").read_text(encoding="utf-8")
    return {name: profile["needs"] for name, profile in yaml.safe_load(text)["profiles"].items()}


def test_the_room_that_a_lab_takes_is_told_as_it_is_asked_for() -> None:
    rows = re.findall(r"^\| `(\w+)`.*\| (\d+), (\d+) GiB, (\d+) GiB \|$", text_of(ROOT / "docs/lab.md"), re.MULTILINE)
    told = {name: (int(cores), int(memory), int(disk)) for name, cores, memory, disk in rows}
    assert told == {name: tuple(needs.values()) for name, needs in room_of_labs().items()}


@pytest.mark.parametrize("name", ["README.md", "docs/quickstart.md"])
def test_the_default_lab_s_room_is_told(name: str) -> None:
    needs = room_of_labs()["cloud"]
    said = f"{needs['cores']} cores, {needs['memory_gib']} GiB of memory, {needs['disk_gib']} GiB of disk"
    assert said in text_of(ROOT / name)


def test_the_readme_tells_the_room_of_other_labs() -> None:
    told = re.findall(
        r"`--profile (\w+)` \((\d+) GiB(?: of memory)?, (\d+) GiB(?: of disk)?\)", text_of(ROOT / "README.md")
    )
    assert len(told) == len(room_of_labs()) - 1
    for name, memory, disk in told:
        needs = room_of_labs()[name]
        assert (int(memory), int(disk)) == (needs["memory_gib"], needs["disk_gib"]), name
