"""Small bundles, made by hand, signed with a key of the test's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from groundplane.supply.bundle.items import Item, data_item
from groundplane.supply.bundle.manifest import SIGNATURE_NAMESPACE, BaseEntry, FileEntry, Manifest, write_manifest
from groundplane.supply.bundle.writing import write_folder, write_tar
from groundplane.supply.signature import sign

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Maker:
    """Somebody who makes bundles; `signers` is the file that says so."""

    private_key: str
    signers: Path
    memory: Path

    def sign(self, content: bytes) -> str:
        return sign(content, private_key=self.private_key, namespace=SIGNATURE_NAMESPACE, runtime=self.memory)


def make_maker(folder: Path, name: str = "maker") -> Maker:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    memory = folder / f"memory-{name}"
    memory.mkdir(mode=0o700, parents=True)
    signers = folder / f"{name}.signers"
    signers.write_text(f'{name} namespaces="groundplane-*" {public}\n', encoding="utf-8")
    return Maker(private, signers, memory)


FILES = {
    "install": "#!/bin/sh\n",
    "debian/pool/main/f/foo/foo_1.0+b1~x_amd64.deb": "a package\n" * 100,
    "debian/dists/trixie/InRelease": "signed by Debian\n",
    "wheels/foo-1.0-py3-none-any.whl": "a wheel\n" * 50,
    "release/2026.1.yml": "name: '2026.1'\n",
    "toolkit/groundplane.txt": "",
}


def some_items(files: dict[str, str] | None = None) -> list[Item]:
    return [data_item(path, text, program=path == "install") for path, text in (files or FILES).items()]


def manifest_of(items: Iterable[Item], *, base: BaseEntry | None = None, held: Iterable[str] = ()) -> Manifest:
    left_out = set(held)
    return Manifest(
        release="2026.1",
        toolkit="0.1.0",
        architecture="amd64",
        suites=("trixie",),
        made_at="2026-11-21T06:00:00Z",
        base=base,
        files={
            item.path: FileEntry(bytes=item.bytes, sha256=item.sha256, base=item.path in left_out, program=item.program)
            for item in items
        },
    )


def make_bundle(
    target: Path,
    *,
    items: list[Item] | None = None,
    maker: Maker | None = None,
    base: BaseEntry | None = None,
    held: Iterable[str] = (),
) -> Path:
    """A bundle at `target`, a tar where its name ends so."""
    items = items if items is not None else some_items()
    manifest = manifest_of(items, base=base, held=held)
    text = write_manifest(manifest)
    signature = maker.sign(text) if maker is not None else None
    own = [item for item in items if item.path in manifest.own]
    if target.suffix == ".tar":
        write_tar(target, own, text, signature, folder="bundle", seconds=0)
    else:
        write_folder(target, own, text, signature)
    return target


def flip_bit(file: Path, offset: int) -> None:
    """One bit of a file, as a bad stick would."""
    with file.open("r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ 1]))
