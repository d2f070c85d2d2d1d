from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.site.realm_files import inside_keycloak, inside_openstack, read_realm_files

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.errors import Problem

ACME = """\
display_name: Acme
domain: acme
projects: [{name: web}]
groups:
  - {name: developers, openstack: [{role: member, project: web}], roles: [editor]}
  - not a mapping
clients: [{client_id: wiki}]
"""


def write(site: Path, name: str, text: str) -> None:
    file = site / "environments" / "identity" / "realms" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_each_file_is_a_realm_and_everything_else_is_told(tmp_path: Path) -> None:
    write(tmp_path, "acme.yml", ACME)
    write(tmp_path, "globex.yml", "# nothing yet\n")
    for name, text in {"A.yml": "", "list.yml": "- a\n", "broken.yml": "a: [\n", "b.yaml": "", ".swp": ""}.items():
        write(tmp_path, name, text)
    problems: list[Problem] = []
    found = read_realm_files(tmp_path, problems)
    assert list(found) == ["acme", "globex"]
    assert found["globex"].data == {}
    assert found["acme"].place("projects").line == 3
    told = {problem.place.file.name: problem for problem in problems if problem.place is not None}
    assert set(told) == {"A.yml", "list.yml", "broken.yml", "b.yaml"}
    assert told["b.yaml"].cure == "Name it b.yml."


def test_a_site_without_the_folder_has_no_realms(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert read_realm_files(tmp_path, problems) == {}
    assert not problems


def test_what_is_inside_keycloak_and_what_inside_openstack_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "acme.yml", ACME)
    write(tmp_path, "tools.yml", "broker: false\nclients: []\n")
    files = read_realm_files(tmp_path, [])
    keycloak, openstack = inside_keycloak(files), inside_openstack(files)
    assert set(keycloak) == {"acme", "tools"}
    assert set(keycloak["acme"]) == {"display_name", "domain", "groups", "clients"}
    assert keycloak["acme"]["groups"][0] == {"name": "developers", "roles": ["editor"]}
    assert set(openstack) == {"acme"}
    assert set(openstack["acme"]) == {"display_name", "domain", "projects", "groups"}
    assert openstack["acme"]["groups"][0]["openstack"] == [{"role": "member", "project": "web"}]
    assert openstack["acme"]["groups"][1] == "not a mapping"
