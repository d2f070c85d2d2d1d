"""What bad input gets: exit code 2, the file and line, what is wrong and the cure; and nothing is touched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.integration.conftest import SiteFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


LAST_LAYER = "platform]"
"""The end of the line that names a site's layers."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake, and what the message must say. `said` are regular expressions; `place` is FILE or FILE:LINE."""

    name: str
    make: Callable[[SiteFolder], None]
    said: tuple[str, ...]
    place: str = ""
    command: tuple[str, ...] = ("validate",)


def replace(file: str, old: str, new: str) -> Callable[[SiteFolder], None]:
    def make(site: SiteFolder) -> None:
        path = site.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return make


def append(file: str, text: str) -> Callable[[SiteFolder], None]:
    return lambda site: site.append(file, text)


def write(file: str, text: str) -> Callable[[SiteFolder], None]:
    def make(site: SiteFolder) -> None:
        path = site.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return make


def own_layer(steps: str, more: str = "") -> Callable[[SiteFolder], None]:
    """A layer of the site's own, switched on in site.yml."""

    def make(site: SiteFolder) -> None:
        text = f"layers:\n  own:\n    description: Own\n    needs: [bootstrap]\n{more}    steps:\n{steps}"
        write("layers.yml", text)(site)
        replace("site.yml", LAST_LAYER, f"{LAST_LAYER[:-1]}, own]")(site)

    return make


WRONG = [
    Wrong("broken YAML", append("site.yml", "networks: [\n"), (r"YAML|parse|expected",), "site.yml:"),
    Wrong("a key twice", append("site.yml", "name: again\n"), (r"twice|duplicate", "name"), "site.yml:"),
    Wrong("a misspelt key", replace("site.yml", "domain:", "domian:"), ("domian", "domain"), "site.yml:"),
    Wrong(
        "a wrong type", replace("site.yml", "layers: [bootstrap,", "layers: 7  # [bootstrap,"), ("layers",), "site.yml:"
    ),
    Wrong("an unknown layer", replace("site.yml", "[bootstrap,", "[bootstrp,"), ("bootstrp", "bootstrap"), "site.yml:"),
    Wrong("an unknown release", replace("site.yml", "'2026.1'", "'2019.7'"), (r"2019\.7", r"2026\.1"), "site.yml:"),
    Wrong(
        "networks that overlap",
        replace("site.yml", "cidr: 10.40.10.0/24", "cidr: 10.40.0.0/16"),
        (r"overlap", "management", "internal"),
        "site.yml:",
    ),
    Wrong(
        "a network that isn't one",
        replace("site.yml", "10.40.20.0/24", "10.40.20.0/33"),
        (r"10\.40\.20\.0/33",),
        "site.yml:",
    ),
    Wrong(
        "host bits in a network",
        replace("site.yml", "10.40.20.0/24", "10.40.20.7/24"),
        (r"10\.40\.20\.0/24",),
        "site.yml:",
    ),
    Wrong(
        "a VIP outside its network",
        replace("site.yml", "address: 10.40.10.250", "address: 10.99.0.1"),
        (r"10\.99\.0\.1", "internal"),
        "site.yml:",
    ),
    Wrong(
        "a VIP inside the hosts' range",
        replace("site.yml", "address: 10.40.10.250", "address: 10.40.10.50"),
        (r"10\.40\.10\.50", "range"),
        "site.yml:",
    ),
    Wrong(
        "a VIP in an unknown network",
        replace("site.yml", "network: internal", "network: interal"),
        ("interal", "internal"),
        "site.yml:",
    ),
    Wrong(
        "an unknown management network",
        replace("site.yml", "management_network: management", "management_network: managment"),
        ("managment", "management"),
        "site.yml:",
    ),
    Wrong(
        "a gateway outside its network",
        replace("site.yml", "gateway: 10.40.0.1", "gateway: 10.41.0.1"),
        (r"10\.41\.0\.1",),
        "site.yml:",
    ),
    Wrong(
        "a host number twice",
        replace("inventory/hosts.yml", "host_number: 12", "host_number: 11"),
        ("control1", "control2", "11"),
        "inventory/hosts.yml:",
    ),
    Wrong(
        "a host number outside the range",
        replace("inventory/hosts.yml", "host_number: 12", "host_number: 250"),
        ("control2", "range"),
        "inventory/hosts.yml:",
    ),
    Wrong(
        "no host number",
        replace("inventory/hosts.yml", "      host_number: 12\n", ""),
        ("control2", "host_number", r"\b6\b"),
        "inventory/hosts.yml",
    ),
    Wrong(
        "a host number that is a word",
        replace("inventory/hosts.yml", "host_number: 12", "host_number: twelve"),
        ("control2", "twelve"),
        "inventory/hosts.yml:",
    ),
    Wrong(
        "an address twice",
        write("inventory/host_vars/control2.yml", "addresses: {management: 10.40.0.11}\n"),
        (r"10\.40\.0\.11", "control1", "control2"),
    ),
    Wrong(
        "an address that is a VIP",
        write("inventory/host_vars/control2.yml", "addresses: {internal: 10.40.10.250}\n"),
        (r"10\.40\.10\.250", "control2"),
    ),
    Wrong(
        "a host in an unknown network",
        write("inventory/host_vars/control2.yml", "networks: [management, storag]\n"),
        ("storag", "storage"),
        "inventory/host_vars/control2.yml:1",
    ),
    Wrong(
        "an inventory without hosts",
        write("inventory/hosts.yml", "all: {hosts: {}}\n"),
        ("host",),
        "inventory/hosts.yml",
    ),
    Wrong(
        "an unknown key in an inventory",
        write("inventory/hosts.yml", "all:\n  host:\n    a: {host_number: 5}\n"),
        ("host", "hosts"),
        "inventory/hosts.yml:2",
    ),
    Wrong(
        "a misspelt option of a layer",
        write("environments/bootstrap/configuration.yml", "---\nkernel_sysctll: {}\n"),
        ("kernel_sysctll", "kernel_sysctl"),
        "environments/bootstrap/configuration.yml:2",
    ),
    Wrong(
        "a misspelt option of a role in host_vars",
        write("inventory/host_vars/control2.yml", "---\n\nkernel_sysctll: {}\n"),
        ("kernel_sysctll", "kernel_sysctl"),
        "inventory/host_vars/control2.yml:3",
    ),
    Wrong(
        "an environment of an unknown layer",
        write("environments/bootstrp/configuration.yml", "a: 1\n"),
        ("bootstrp",),
        "environments/bootstrp",
    ),
    Wrong(
        "a circle",
        own_layer(
            "      a: {description: A, playbook: playbooks/a.yml, hosts: all, needs: [b]}\n"
            "      b: {description: B, playbook: playbooks/a.yml, hosts: all, needs: [a]}\n"
        ),
        (r"circle", r"own\.a", r"own\.b"),
        "layers.yml:",
    ),
    Wrong(
        "a need that doesn't exist",
        own_layer("      a: {description: A, playbook: playbooks/a.yml, hosts: all, needs: [bootstrap.kernl]}\n"),
        (r"bootstrap\.kernl", r"bootstrap\.kernel"),
        "layers.yml:",
    ),
    Wrong(
        "a playbook that doesn't exist",
        own_layer("      a: {description: A, playbook: playbooks/none.yml, hosts: all}\n"),
        (r"none\.yml",),
        "layers.yml:",
    ),
    Wrong(
        "a pattern that matches no host",
        own_layer("      a: {description: A, playbook: playbooks/a.yml, hosts: controll}\n"),
        ("controll", "control"),
        "layers.yml:",
    ),
    Wrong(
        "a group that a layer needs and nobody is in",
        own_layer("      a: {description: A, playbook: playbooks/a.yml, hosts: all}\n", "    groups: [gpus]\n"),
        ("gpus", "own"),
        "inventory/hosts.yml:",
    ),
    Wrong(
        "an even quorum",
        replace("inventory/hosts.yml", "        control3:\n    # Routers", "    # Routers"),
        ("control", "even|odd|quorum|majority"),
        "inventory/hosts.yml:",
    ),
    Wrong(
        "a key in layers.yml that doesn't exist",
        own_layer("      a: {description: A, playbok: x, playbook: playbooks/a.yml, hosts: all}\n"),
        ("playbok", "playbook"),
        "layers.yml:",
    ),
    Wrong(
        "a wrong vault password",
        write("../wrong", "not it\n"),
        ("password",),
        "secrets.yml",
        ("secrets", "show"),
    ),
    Wrong("secrets in clear text", write("secrets.yml", "a: b\n"), ("encrypt",), "secrets.yml", ("secrets", "show")),
    Wrong(
        "a damaged vault",
        replace("secrets.yml", "$ANSIBLE_VAULT;1.1;AES256", "$ANSIBLE_VAULT;1.1;AES999"),
        ("AES999|vault",),
        "secrets.yml",
        ("secrets", "show"),
    ),
    Wrong(
        "no secrets at all",
        lambda site: (site.path / "secrets.yml").unlink(),
        ("secrets init",),
        command=("validate", "--secrets"),
    ),
    Wrong("a command that doesn't exist", lambda _: None, ("aply", "apply"), command=("aply",)),
    Wrong("an unknown step", lambda _: None, ("kernl", "kernel"), command=("plan", "--no-probe", "bootstrap.kernl")),
    Wrong(
        "an unknown host",
        lambda _: None,
        ("control9", "control"),
        command=("plan", "--no-probe", "--limit", "control9"),
    ),
    Wrong(
        "an unknown host to explain",
        lambda _: None,
        ("control9", "control"),
        command=("explain", "ansible_host", "control9"),
    ),
    Wrong("an unknown run", lambda _: None, ("nosuch",), command=("runs", "show", "nosuch")),
    Wrong("nothing to resume", lambda _: None, ("resume|run",), command=("apply", "--resume", "--yes")),
    Wrong("a plan file that isn't one", write("p.json", "{}"), ("plan",), "p.json", ("apply", "p.json", "--yes")),
]


def tree(path: Path) -> dict[str, bytes]:
    """All files of the site but the engine's state, in which a journal may be opened to be read."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and not {".git", ".groundplane"} & set(file.relative_to(path).parts)
    }


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_wrong_input_is_named_with_place_and_cure(site: SiteFolder, wrong: Wrong) -> None:
    # A playbook for the cases that need one to get as far as their own mistake.
    site.append("playbooks/a.yml", "- name: A\n  hosts: all\n  tasks: []\n")
    if wrong.command[0] != "validate":
        assert yaml.safe_load((site.path / "site.yml").read_text())["name"]
    wrong.make(site)
    if wrong.name == "a wrong vault password":
        site = SiteFolder(site.path, {**site.env, "GROUNDPLANE_VAULT_PASSWORD_FILE": str(site.path.parent / "wrong")})
    before = tree(site.path)
    answer = site.groundplane(*wrong.command)
    message = answer.out + answer.err
    assert answer.code == 2, str(answer)
    assert "Traceback" not in message, str(answer)
    for said in wrong.said:
        assert re.search(said, message, re.IGNORECASE), f"{said!r} isn't said\n{answer}"
    if wrong.place:
        assert wrong.place in message, f"{wrong.place} isn't named\n{answer}"
    assert tree(site.path) == before, "nothing was touched"


def test_all_problems_are_told_at_once(site: SiteFolder) -> None:
    replace("site.yml", "address: 10.40.10.250", "address: 10.99.0.1")(site)
    replace("inventory/hosts.yml", "host_number: 12", "host_number: 11")(site)
    answer = site.groundplane("validate")
    assert answer.code == 2
    assert "10.99.0.1" in answer.out + answer.err
    assert "control2" in answer.out + answer.err


def test_no_site_here_says_how_to_make_one(site: SiteFolder, tmp_path: Path) -> None:
    elsewhere = SiteFolder(tmp_path, site.env)
    answer = elsewhere.groundplane("validate")
    assert answer.code == 2
    assert "groundplane init" in answer.err
