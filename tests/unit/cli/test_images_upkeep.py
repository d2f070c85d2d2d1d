"""groundplane images lock, verify, sbom and prune, as somebody types them on the small site."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from groundplane.content import Content
from groundplane.errors import InputError, LockedError
from groundplane.site.loading import load_site
from groundplane.supply.cache_entries import CacheEntry
from groundplane.supply.locking import propose_records
from groundplane.supply.prune import Prunable, StoredImage
from groundplane.supply.signature import SIGNERS_FILE
from groundplane.supply.store import using_images
from groundplane.supply.trusted_lock import read_trusted_lock, write_signed_lock
from groundplane.supply.verification import Checked, Finding
from tests.unit.supply.lock_samples import digest, lock_of, needed, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from groundplane.supply.model import ImageRecord

    from .conftest import Commands

OLD = record("keystone", debian={"libc6": "2.41-12", "curl": "8.14"})
NEW = record("keystone", build="2", debian={"libc6": "2.41-13", "curl": "8.14"})


class ImagesSite:
    """The small site with a signing key; what it needs is one image, and `built` is what the store has of it."""

    def __init__(self, commands: Commands, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands, self.path, self.runtime = commands, commands.site.path, folder / "memory"
        key = ed25519.Ed25519PrivateKey.generate()
        self.key = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        signers = self.path / SIGNERS_FILE
        signers.parent.mkdir(exist_ok=True)
        signers.write_text(f'test namespaces="groundplane-*" {public}\n', encoding="utf-8")
        self.built = NEW
        site = load_site(self.path, content=Content(commands.site.content.root))
        opened = SimpleNamespace(values={"images_signing_private_key": self.key})
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setattr("groundplane.cli.common.open_site_and_secrets", lambda *_a, **_k: (site, opened))
        monkeypatch.setattr("groundplane.supply.catalogue.needed_images", lambda _site: (needed("keystone"),))
        monkeypatch.setattr("groundplane.machine.podman.host_podman", lambda: None)
        monkeypatch.setattr(
            "groundplane.supply.locking.propose_built",
            lambda found, images, **_k: propose_records(found, images, {"keystone": self.built}),
        )

    def lock(self, record_: ImageRecord = OLD) -> None:
        write_signed_lock(self.path, lock_of(record_), private_key=self.key, runtime=self.runtime)


def refused(result: Result) -> InputError:
    """What the command refuses with; main() shows it and ends with exit code 2."""
    assert isinstance(result.exception, InputError), result.output
    return result.exception


@pytest.fixture
def images(commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImagesSite:
    return ImagesSite(commands, tmp_path, monkeypatch)


def test_a_first_lock_is_written_and_signed(images: ImagesSite) -> None:
    result = images.commands.run("images", "lock")
    assert result.exit_code == 0, result.output
    assert "written and signed: 1 image" in result.output
    assert read_trusted_lock(images.path).images["keystone"].digest == NEW.digest


def test_what_moves_is_shown_before_it_is_written(images: ImagesSite) -> None:
    images.lock()
    lines = images.commands.run("images", "lock").output.splitlines()
    assert [line.split() for line in lines if line.startswith(("keystone", "libc6", "curl"))] == [
        ["keystone", *(one.digest.removeprefix("sha256:")[:12] for one in (OLD, NEW))],
        ["libc6", "2.41-12", "2.41-13", "keystone"],
    ]


def test_programs_get_every_move(images: ImagesSite) -> None:
    images.lock()
    data = json.loads(images.commands.run("images", "lock", "--json").output)
    assert data["written"] is True
    assert data["changes"]["packages"] == [
        {"kind": "debian", "name": "libc6", "old": "2.41-12", "new": "2.41-13", "images": ["keystone"]}
    ]


def test_a_lock_that_says_all_this_stands(images: ImagesSite) -> None:
    images.lock(NEW)
    assert "stands: 1 image" in images.commands.run("images", "lock").output


@pytest.mark.parametrize(("wrong", "code"), [([], 0), (["nova is missing"], 1)])
def test_a_check_writes_nothing(
    images: ImagesSite, monkeypatch: pytest.MonkeyPatch, wrong: list[str], code: int
) -> None:
    images.lock()
    monkeypatch.setattr("groundplane.supply.locking.check_lock", lambda *_a, **_k: wrong)
    result = images.commands.run("images", "lock", "--check")
    assert result.exit_code == code
    assert all(line in result.output for line in wrong)
    assert read_trusted_lock(images.path).images["keystone"].digest == OLD.digest


def test_images_are_only_named_to_upgrade_them(images: ImagesSite) -> None:
    error = refused(images.commands.run("images", "lock", "keystone"))
    assert "lock --upgrade keystone" in error.cure


def test_a_bill_of_materials_is_printed_or_written(images: ImagesSite, tmp_path: Path) -> None:
    images.lock()
    printed = images.commands.run("images", "sbom", "keystone").output
    assert json.loads(printed)["bomFormat"] == "CycloneDX"
    assert images.commands.run("images", "sbom", "keystone", "--output", str(tmp_path / "one")).exit_code == 0
    assert images.commands.run("images", "sbom", "--all", str(tmp_path / "all")).exit_code == 0
    assert (tmp_path / "one").read_text() == (tmp_path / "all/keystone.cdx.json").read_text() == printed
    assert "--all" in refused(images.commands.run("images", "sbom")).cure


def test_an_image_that_is_not_locked_is_refused_by_name(images: ImagesSite) -> None:
    images.lock()
    assert "keystone" in refused(images.commands.run("images", "sbom", "keystne")).cure


def _verified(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    store = Checked("store", images=1, findings=findings)
    monkeypatch.setattr("groundplane.supply.verification.verify_store", lambda *_a, **_k: store)
    monkeypatch.setattr(
        "groundplane.supply.verification.verify_registry", lambda *_a, **_k: Checked("registry r.test", images=1)
    )


def test_what_is_the_same_everywhere_ends_well(images: ImagesSite, monkeypatch: pytest.MonkeyPatch) -> None:
    images.lock()
    _verified(monkeypatch)
    result = images.commands.run("images", "verify")
    assert result.exit_code == 0, result.output
    assert "signed by test (SHA256:" in result.output
    assert result.output.count("as locked") == 2


def test_a_difference_is_named_with_its_cure(images: ImagesSite, monkeypatch: pytest.MonkeyPatch) -> None:
    images.lock()
    _verified(monkeypatch, Finding("store", "keystone", "the image in the lock is missing", "groundplane images build"))
    result = images.commands.run("images", "verify")
    assert result.exit_code == 1
    assert "1 difference" in result.output
    assert "✘ store, keystone: the image in the lock is missing\n  → groundplane images build\n" in result.output
    data = json.loads(images.commands.run("images", "verify", "--json").output)
    assert data["same"] is False


def test_a_tampered_lock_is_refused_before_anything_is_asked(images: ImagesSite) -> None:
    images.lock()
    file = images.path / "images.lock"
    file.write_text(file.read_text().replace(OLD.digest, digest("mine")))
    assert "isn't what was signed" in refused(images.commands.run("images", "verify")).what


@pytest.fixture
def prunable(images: ImagesSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Sets what `prune` finds."""

    class Opened:
        files = None

        def __enter__(self) -> Opened:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("groundplane.supply.store.open_store", lambda **_k: Opened())
    monkeypatch.setattr("groundplane.supply.keep.keep_of_site", lambda *_a, **_k: (None, ["The recipes are broken."]))
    monkeypatch.setattr("groundplane.cli.common.open_site", lambda *_a, **_k: SimpleNamespace(path=images.path))
    found = Prunable(
        images=(StoredImage("gone", digest("gone"), ("2026.1-abc",)),),
        entries=tuple(CacheEntry("wheels", tmp_path / f"wheels/{name}", 1_500_000) for name in "ab"),
        store_bytes=2_500_000_000,
    )

    def setting(**changes: Any) -> None:
        monkeypatch.setattr("groundplane.supply.prune.find_prunable", lambda **_k: replace(found, **changes))

    return setting


def test_a_check_names_what_would_go(images: ImagesSite, prunable: Callable[..., Any]) -> None:
    prunable()
    result = images.commands.run("images", "prune", "--check")
    assert result.exit_code == 0, result.output
    for said in ("gone:2026.1-abc", "wheels: 2 items", "2.5 GB", "3 MB", "The recipes are broken."):
        assert said in result.output


def test_programs_get_the_sizes_by_kind(images: ImagesSite, prunable: Callable[..., Any]) -> None:
    prunable()
    found = json.loads(images.commands.run("images", "prune", "--check", "--json").stdout)
    assert found["cache_kinds"] == {"wheels": {"items": 2, "bytes": 3_000_000}}
    assert found["cache_bytes"] == 3_000_000
    assert found["removed"] is False


def test_nothing_is_removed_while_others_build(
    images: ImagesSite, prunable: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    prunable()
    with using_images(tmp_path / "groundplane"):
        result = images.commands.run("images", "prune", "--yes")
    assert isinstance(result.exception, LockedError)


def test_nothing_is_removed_unasked(images: ImagesSite, prunable: Callable[..., Any]) -> None:
    prunable()
    assert "--yes" in refused(images.commands.run("images", "prune")).cure


def test_nothing_to_remove_is_said(images: ImagesSite, prunable: Callable[..., Any]) -> None:
    prunable(images=(), entries=())
    result = images.commands.run("images", "prune")
    assert result.exit_code == 0
    assert "Nothing to remove." in result.output
