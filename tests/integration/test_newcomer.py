"""The commands in the order in which a newcomer types them, on a site as it was generated; no host is there."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.cli.main import COMMANDS
from tests.command import PROGRAM, clean_environment, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import SiteFolder


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    answer = run(PROGRAM, "--help", cwd=tmp_path, env=clean_environment(tmp_path))
    assert answer.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", answer.out, re.MULTILINE), name
    assert "10 a plan with work in it" in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(tmp_path: Path, name: str) -> None:
    answer = run(PROGRAM, name, "--help", cwd=tmp_path, env=clean_environment(tmp_path))
    assert answer.code == 0, str(answer)
    assert "Usage:" in answer.out


def test_a_generated_site_is_a_clean_repository(site: SiteFolder) -> None:
    status = subprocess.run(["git", "status", "--porcelain"], cwd=site.path, capture_output=True, text=True, check=True)
    assert status.stdout == ""
    assert (site.path / "secrets.yml").read_text().startswith("$ANSIBLE_VAULT;")
    assert stat.S_IMODE((site.path / "secrets.yml").stat().st_mode) & 0o077 == 0
    ignored = subprocess.run(["git", "check-ignore", ".groundplane/x"], cwd=site.path, capture_output=True, check=False)
    assert ignored.returncode == 0


@pytest.mark.parametrize("template", ["lab", "production"])
def test_each_template_validates_as_generated(tmp_path: Path, template: str) -> None:
    env = clean_environment(tmp_path)
    password = tmp_path / "password"
    password.write_text("a password\n", encoding="utf-8")
    password.chmod(0o600)
    made = run(
        PROGRAM, "init", "mysite", "--template", template, "--vault-password-file", password, cwd=tmp_path, env=env
    )
    assert made.code == 0, str(made)
    answer = run(PROGRAM, "validate", "--secrets", cwd=tmp_path / "mysite", env=env)
    assert answer.code == 0, str(answer)


def test_init_never_overwrites(site: SiteFolder) -> None:
    before = (site.path / "site.yml").read_bytes()
    answer = site.groundplane("init", str(site.path))
    assert answer.code == 2, str(answer)
    assert (site.path / "site.yml").read_bytes() == before


def test_explain_shows_the_chain_with_file_and_line(site: SiteFolder) -> None:
    site.append("inventory/group_vars/all.yml", "my_colour: blue\n")
    line = len((site.path / "inventory/group_vars/all.yml").read_text(encoding="utf-8").splitlines())
    site.append("inventory/host_vars/control2.yml", "---\n\nmy_colour: green\n")
    answer = site.groundplane("explain", "my_colour", "control2")
    assert answer.code == 0, str(answer)
    assert f"inventory/group_vars/all.yml:{line}" in answer.out
    assert "inventory/host_vars/control2.yml:3" in answer.out
    assert answer.out.index("blue") < answer.out.index("green"), "weakest first"
    beaten = site.groundplane("explain", "my_colour", "control2", "-e", "my_colour=red", "--json")
    assert beaten.code == 0, str(beaten)
    assert "red" in beaten.out
    json.loads(beaten.out)


def test_addresses_stay_when_a_host_comes_and_another_goes(site: SiteFolder) -> None:
    def addresses() -> dict[str, str]:
        answer = site.groundplane("inventory", "--json", "--host", "compute2")
        assert answer.code == 0, str(answer)
        found: dict[str, str] = answer.json()["groundplane_addresses"]
        return found

    before = addresses()

    def change(data: dict[str, Any]) -> None:
        data["all"]["hosts"]["compute0"] = {"host_number": 20}
        del data["all"]["hosts"]["compute1"]
        children = data["all"]["children"]["compute"]["hosts"]
        children["compute0"] = None
        del children["compute1"]

    site.edit("inventory/hosts.yml", change)
    assert addresses() == before


def test_the_inventory_has_no_secret_and_both_formats_agree(site: SiteFolder) -> None:
    as_json, as_yaml = site.groundplane("inventory", "--json"), site.groundplane("inventory")
    assert as_json.code == as_yaml.code == 0
    assert yaml.safe_load(as_yaml.out) == as_json.json()
    for answer in (as_json, as_yaml):
        assert "PRIVATE KEY" not in answer.out
        assert "site_ca_private_key" not in answer.out


def test_the_schema_is_a_json_schema_that_refuses_unknown_keys(site: SiteFolder) -> None:
    answer = site.groundplane("schema")
    assert answer.code == 0
    schema = answer.json()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    assert "projects" in site.groundplane("schema", "realm").json()["properties"]


def test_secrets_are_shown_masked_and_rekeyed(site: SiteFolder) -> None:
    shown = site.groundplane("secrets", "show")
    assert shown.code == 0, str(shown)
    assert "operator_ssh_private_key" in shown.out
    assert "PRIVATE KEY" not in shown.out
    again = site.groundplane("secrets", "init")
    assert again.code == 0, str(again)
    new = site.path.parent / "new-password"
    new.write_text("another\n", encoding="utf-8")
    new.chmod(0o600)
    rekeyed = site.groundplane("secrets", "rekey", "--new-vault-password-file", str(new))
    assert rekeyed.code == 0, str(rekeyed)
    assert site.groundplane("secrets", "show").code == 2, "the old password is of no use any more"


def test_the_vault_password_is_never_an_argument(site: SiteFolder) -> None:
    for words in (["init"], ["secrets", "init"], ["secrets", "rekey"], ["secrets", "unlock"], ["apply"], ["plan"]):
        options = re.findall(r"--[a-z-]*pass[a-z-]*", site.groundplane(*words, "--help").out)
        assert all(option.endswith(("-file", "-command")) for option in options), (words, options)


def test_a_first_plan_without_contact_runs_everything(site: SiteFolder) -> None:
    answer = site.groundplane("plan", "--no-probe", "--json", "--detailed-exitcode")
    assert answer.code == 10, str(answer)
    plan = answer.json()
    steps = {step["step"]: step for step in plan["steps"]}
    assert "bootstrap.docker" in steps
    assert plan["probed"] is False
    for step in plan["steps"]:
        for host in step["hosts"]:
            assert host["action"] == "run"
            # Images are built by steps of the run, and none is here yet.
            building = step["step"] in ("supply.ceph_build", "supply.build")
            kinds = [reason["kind"] for reason in host["reasons"]]
            assert kinds == (["never_applied", "lacking"] if building else ["never_applied"])
    assert steps["bootstrap.access"]["wave"] < steps["bootstrap.packages"]["wave"] < steps["bootstrap.docker"]["wave"]
    assert site.groundplane("plan", "--no-probe").code == 0, "without --detailed-exitcode a plan with work is no error"


def test_a_plan_can_be_limited_to_a_step_and_a_host(site: SiteFolder) -> None:
    answer = site.groundplane("plan", "--no-probe", "--json", "bootstrap.kernel", "--limit", "control:!control1")
    assert answer.code == 0, str(answer)
    work = {step["step"]: [host["host"] for host in step["hosts"]] for step in answer.json()["steps"]}
    # What the step needs comes along, because it never succeeded.
    assert set(work) == {"bootstrap.access", "bootstrap.packages", "bootstrap.kernel"}
    assert set(map(tuple, work.values())) == {("control2", "control3")}


def test_a_plan_is_kept_and_refused_when_the_site_moved_on(site: SiteFolder) -> None:
    kept = site.groundplane("plan", "--no-probe", "--output", "kept.json")
    assert kept.code == 0, str(kept)
    site.append("inventory/host_vars/control2.yml", "---\nkernel_sysctl_extra: {net.core.somaxconn: 8192}\n")
    refused = site.groundplane("apply", "kept.json", "--yes")
    assert refused.code == 2, str(refused)
    assert "kernel_sysctl" in refused.out + refused.err
    assert "groundplane plan" in refused.out + refused.err


def test_a_plan_needs_the_vault_password_and_says_so(site: SiteFolder) -> None:
    env = {key: value for key, value in site.env.items() if key != "GROUNDPLANE_VAULT_PASSWORD_FILE"}
    answer = run(PROGRAM, "plan", "--no-probe", cwd=site.path, env=env)
    assert answer.code == 2, str(answer)
    assert "password" in answer.err


def test_the_graph_is_drawn_in_each_form(site: SiteFolder) -> None:
    tree = site.groundplane("graph")
    assert tree.code == 0, str(tree)
    assert "bootstrap" in tree.out
    assert "docker" in tree.out
    mermaid = site.groundplane("graph", "--format", "mermaid")
    assert mermaid.code == 0, str(mermaid)
    assert re.search(r"^(graph|flowchart) ", mermaid.out, re.MULTILINE)
    svg = site.groundplane("graph", "--format", "svg")
    assert svg.code == 0, str(svg)
    assert "<svg" in svg.out


def test_before_any_run_there_is_nothing_to_show(site: SiteFolder) -> None:
    listed = site.groundplane("runs", "--json")
    assert listed.code == 0, str(listed)
    assert listed.json() == {"runs": []}


def test_an_own_layer_and_a_hook_join_the_graph(site: SiteFolder) -> None:
    site.append("playbooks/own.yml", "- name: Own\n  hosts: all\n  tasks: []\n")
    site.append(
        "layers.yml",
        "layers:\n  own:\n    description: Own\n    needs: [bootstrap]\n    steps:\n"
        "      one: {description: One, playbook: playbooks/own.yml, hosts: control, inputs: [own_text]}\n"
        "hooks:\n  - {name: drain, before: bootstrap.docker, playbook: playbooks/own.yml, hosts: compute}\n",
    )
    site.edit("site.yml", lambda data: data.update(layers=["bootstrap", "own"]))
    answer = site.groundplane("plan", "--no-probe", "--json")
    assert answer.code == 0, str(answer)
    steps = {step["step"]: step for step in answer.json()["steps"]}
    assert {host["host"] for host in steps["own.one"]["hosts"]} == {"control1", "control2", "control3"}
    hook = next(name for name in steps if "drain" in name)
    assert steps[hook]["wave"] < steps["bootstrap.docker"]["wave"] < steps["own.one"]["wave"]


def test_nothing_is_coloured_in_a_pipe(site: SiteFolder) -> None:
    env = {key: value for key, value in site.env.items() if key != "NO_COLOR"}
    for words in (("validate",), ("plan", "--no-probe"), ("graph",), ("explain", "ansible_host", "control1")):
        answer = run(PROGRAM, *words, cwd=site.path, env=env)
        assert "\x1b" not in answer.out + answer.err, words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered(tmp_path: Path, shell: str) -> None:
    env = clean_environment(tmp_path, _GROUNDPLANE_COMPLETE=f"{shell}_source")
    answer = run(PROGRAM, cwd=tmp_path, env=env)
    assert answer.code == 0, str(answer)
    assert "groundplane" in answer.out


def test_completion_knows_the_sites_hosts_and_steps(site: SiteFolder) -> None:
    def complete(*words: str) -> str:
        env = {**site.env, "_GROUNDPLANE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("groundplane", *words))}
        return run(PROGRAM, cwd=site.path, env={**env, "COMP_CWORD": str(len(words))}).out

    assert "plan" in complete("pl")
    assert "bootstrap.kernel" in complete("plan", "bootstrap.k")
    assert "control2" in complete("explain", "ansible_host", "contr")
