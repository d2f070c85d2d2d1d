from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.site.secrets.declared import SecretKind, load_declared

if TYPE_CHECKING:
    from pathlib import Path


def test_the_bootstrap_layer_declares_what_the_engine_and_its_roles_need() -> None:
    declared = load_declared(toolkit_content(), ["bootstrap"])
    assert declared["operator_ssh_private_key"].public_file == "inventory/operator.pub"
    assert declared["site_ca_private_key"].public_file == "certificates/ca.crt"
    assert declared["groundplane_fingerprint_key"].kind is SecretKind.FINGERPRINT_KEY


def test_a_layer_without_the_file_needs_none_and_the_first_layer_owns_a_name(tmp_path: Path) -> None:
    _declare(tmp_path, "one", "a: {kind: hex, description: A}\n")
    _declare(tmp_path, "two", "a: {kind: password, description: B}\nb: {kind: fernet, description: C}\n")
    declared = load_declared(Content(tmp_path), ["one", "two", "three"])
    assert [(secret.name, secret.layer) for secret in declared.values()] == [("a", "one"), ("b", "two")]


@pytest.mark.parametrize(
    "text",
    [
        "a: {kind: unknown, description: A}\n",
        "a: {kind: hex}\n",
        "a: {kind: hex, description: A, surprise: 1}\n",
        "a: {kind: ssh_key, description: without its public file}\n",
        "a: {kind: hex, description: A, public_file: x}\n",
        "- a\n",
        "a: [\n",
    ],
)
def test_a_broken_list_is_named(tmp_path: Path, text: str) -> None:
    _declare(tmp_path, "one", text)
    with pytest.raises(FailedError) as told:
        load_declared(Content(tmp_path), ["one"])
    assert told.value.place is not None
    assert told.value.place.file.name == "secrets.yml"


def _declare(root: Path, layer: str, text: str) -> None:
    folder = root / "environments" / layer
    folder.mkdir(parents=True)
    (folder / "secrets.yml").write_text(text)


def test_a_site_lists_secrets_of_its_own_behind_the_toolkits(tmp_path: Path) -> None:
    _declare(tmp_path / "toolkit", "one", "a: {kind: hex, description: A}\n")
    site = tmp_path / "site"
    _declare(site, "one", "a: {kind: password, description: mine}\nb: {kind: password, description: B}\n")
    _declare(site, "other", "c: {kind: password, description: of a layer that the site hasn't}\n")
    declared = load_declared(Content(tmp_path / "toolkit"), ["one"], site_path=site)
    assert {name: secret.description for name, secret in declared.items()} == {"a": "A", "b": "B"}
    assert declared["b"].place.line == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: {kind: pasword, description: A}\n", "'kind' is the text 'pasword'"),
        ("a: {kind: hex, decription: A}\n", "the key 'decription' is unknown"),
        ("a-b: {kind: hex, description: A}\n", "can't be a variable's name"),
        ("a: {kind: ssh_key, description: A}\n", "wrong public_file"),
        ("- a\n", "is no mapping"),
        ("a: [\n", "isn't valid YAML"),
    ],
)
def test_a_sites_list_that_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, what: str) -> None:
    _declare(tmp_path, "one", text)
    with pytest.raises(InputError) as told:
        load_declared(Content(tmp_path / "toolkit"), ["one"], site_path=tmp_path)
    assert any(what in problem.what for problem in told.value.problems), told.value.problems
    assert all(problem.place is not None and problem.place.line for problem in told.value.problems)
