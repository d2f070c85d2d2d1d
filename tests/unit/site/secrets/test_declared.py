from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError
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
