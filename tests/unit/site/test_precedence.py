"""The chain of precedence on generated inventories: against the real Ansible, and against a model of the rules."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundplane.content import Content
from groundplane.site.ansible_inventory import ansible_inventory
from groundplane.site.loading import load_site
from groundplane.site.values import Level
from groundplane.site.yaml_output import to_yaml

from .real_ansible import ansible_sees, needs_ansible, variables_of_all

if TYPE_CHECKING:
    from groundplane.site.site import Site

GROUPS = ("g0", "g1", "g2", "g3", "g4")
HOSTS = ("h0", "h1", "h2", "h3")
NAMES = ("a", "b", "c", "d")
variables = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 999), max_size=3)


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    """A site's files as data. Edges go from lower to higher groups, so that there is no circle."""
    children = {
        group: draw(st.sets(st.sampled_from(GROUPS[index + 1 :]), max_size=2)) if GROUPS[index + 1 :] else set()
        for index, group in enumerate(GROUPS)
    }
    return {
        "children": children,
        "hosts": {group: draw(st.sets(st.sampled_from(HOSTS), max_size=3)) for group in GROUPS},
        "inline": {owner: draw(variables) for owner in ("all", *GROUPS, *HOSTS)},
        "files": {owner: draw(variables) for owner in ("all", *GROUPS, *HOSTS)},
        "priority": {group: draw(st.sampled_from([1, 1, 1, 5, 10])) for group in GROUPS},
        "defaults": draw(variables),
        "environment": draw(variables),
        "secrets": draw(variables),
    }


def write(root: Path, drawn: dict[str, Any]) -> Site:
    """Writes toolkit and site, and loads it."""
    groups: dict[str, Any] = {}
    for group in GROUPS:
        inline = dict(drawn["inline"][group])
        if drawn["priority"][group] != 1:
            inline["ansible_group_priority"] = drawn["priority"][group]
        groups[group] = {
            "hosts": dict.fromkeys(sorted(drawn["hosts"][group])),
            "children": dict.fromkeys(sorted(drawn["children"][group])),
            "vars": inline,
        }
    hosts = {host: {**drawn["inline"][host], "host_number": index + 1} for index, host in enumerate(HOSTS)}
    files = {
        "toolkit/releases/r.yml": {
            "name": "r",
            "runtime": {"ansible_core": "2.20.1", "python": ">=3.12", "requirements": "r.txt"},
        },
        "toolkit/playbooks/layers.yml": {"layers": {"bootstrap": {"steps": {"s": {"inputs": list(NAMES)}}}}},
        "toolkit/roles/none.yml": {},
        "toolkit/environments/bootstrap/defaults.yml": drawn["defaults"],
        "site/environments/bootstrap/configuration.yml": drawn["environment"],
        "site/site.yml": {
            "name": "s",
            "release": "r",
            "domain": "s.example",
            "networks": {"management": {"cidr": "10.0.0.0/24"}},
        },
        "site/inventory/hosts.yml": {"all": {"hosts": hosts, "vars": drawn["inline"]["all"], "children": groups}},
        **{f"site/inventory/group_vars/{name}.yml": drawn["files"][name] for name in ("all", *GROUPS)},
        **{f"site/inventory/host_vars/{name}.yml": drawn["files"][name] for name in HOSTS},
    }
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(data))
    return load_site(root / "site", content=Content(root / "toolkit"), secrets=drawn["secrets"])


def effective(site: Site, *, secrets: bool = True) -> dict[str, dict[str, Any]]:
    return {
        host: {n: v.value for n, v in site.variables.effective(host).items() if secrets or not v.secret}
        for host in site.inventory.hosts
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites(), variables)
def test_levels_win_in_their_order_and_chain_value_and_effective_agree(
    drawn: dict[str, Any], command_line: dict[str, int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = write(Path(folder), drawn).variables
    found = plain.with_command_line(command_line)
    levels = {Level.COMMAND_LINE: command_line, Level.SECRET: drawn["secrets"], Level.DEFAULT: drawn["defaults"]}
    for host in HOSTS:
        everything = found.effective(host)
        assert everything.keys() == found.names(host)
        for name, value in everything.items():
            chain = found.chain(name, host)
            assert chain[-1] == value == found.value(name, host)
            assert [link.level for link in chain] == sorted(link.level for link in chain)
            assert value.level not in levels or value.value == levels[value.level][name]
        for name in NAMES:
            own = drawn["files"][host].get(name, drawn["inline"][host].get(name))
            if name in command_line:
                assert everything[name].value == command_line[name]
            elif own is not None:
                assert everything[name].value == own
            elif name in everything and everything[name].level < Level.GROUP:
                groups = [group for group in plain._inventory.groups_of(host) if group != "ungrouped"]
                assert not any(name in drawn[kind][group] for kind in ("inline", "files") for group in groups)


@needs_ansible
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_groups_and_hosts_merge_as_ansible_merges_them(drawn: dict[str, Any]) -> None:
    drawn = {**drawn, "defaults": {}, "environment": {}, "secrets": {}}
    with tempfile.TemporaryDirectory() as folder:
        site = write(Path(folder), drawn)
        seen = ansible_sees(site.path / "inventory" / "hosts.yml")
    ours = {
        host: {n: v.value for n, v in site.variables.effective(host).items() if v.level >= Level.GROUP}
        for host in site.inventory.hosts
    }
    assert ours == variables_of_all(seen, list(HOSTS))


@needs_ansible
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_the_inventory_that_ansible_gets_merges_to_our_precedence(drawn: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = write(Path(folder), drawn)
        handed = Path(folder) / "handed"
        (handed / "group_vars" / "all").mkdir(parents=True)
        (handed / "hosts.yml").write_text(to_yaml(ansible_inventory(site)))
        (handed / "group_vars" / "all" / "secrets.yml").write_text(yaml.safe_dump(drawn["secrets"]))
        seen = ansible_sees(handed / "hosts.yml")
        (handed / "hosts.yml").unlink()
        (handed / "hosts.json").write_text(json.dumps(ansible_inventory(site)))
        assert ansible_sees(handed / "hosts.json")["_meta"] == seen["_meta"]
    assert effective(site) == variables_of_all(seen, list(HOSTS))
    for group, members in site.inventory.group_hosts.items():
        direct = set(site.inventory.groups[group].hosts)
        if group not in ("all", "ungrouped"):
            assert direct == set(seen.get(group, {}).get("hosts", []))
            assert direct <= set(members)
