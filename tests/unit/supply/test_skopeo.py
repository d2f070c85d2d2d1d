"""Copies of images, and what a person reads when one fails."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.supply import skopeo
from tests.unit.supply.oci_folder import make_image

if TYPE_CHECKING:
    from pathlib import Path

needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("registry.test:5000/a/b:1", "docker://registry.test:5000/a/b:1"),
        ("localhost/a@sha256:00", "docker://localhost/a@sha256:00"),
        ("oci:/folder:tag", "oci:/folder:tag"),
        ("dir:/folder", "dir:/folder"),
        ("docker://registry.test/a", "docker://registry.test/a"),
    ],
)
def test_a_name_without_a_transport_is_a_registrys(reference: str, name: str) -> None:
    assert skopeo.image_name(reference) == name


def test_accounts_are_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    skopeo.write_auth_file(path, {"registry.test:5000": ("pull", "word")})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    auth = json.loads(path.read_text())["auths"]["registry.test:5000"]["auth"]
    assert base64.b64decode(auth) == b"pull:word"


@needs_skopeo
def test_a_copy_has_the_same_digest_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    digest = make_image(tmp_path / "from", "one")
    for _ in range(2):
        skopeo.copy(f"oci:{tmp_path}/from:one", f"oci:{tmp_path}/to:two")
        assert skopeo.inspect_digest(f"oci:{tmp_path}/to:two") == digest


@needs_skopeo
def test_no_image_is_no_digest(tmp_path: Path) -> None:
    make_image(tmp_path / "from", "one")
    assert skopeo.inspect_digest(f"oci:{tmp_path}/from:other") is None
    assert skopeo.inspect_digest(f"oci:{tmp_path}/nowhere:one") is None


@needs_skopeo
def test_a_damaged_layer_is_found_while_it_is_copied(tmp_path: Path) -> None:
    make_image(tmp_path / "from", "one")
    for blob in (tmp_path / "from" / "blobs" / "sha256").iterdir():
        if blob.read_bytes()[:2] == b"\x1f\x8b":
            blob.write_bytes(blob.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(skopeo.DamagedImageError, match="from:one"):
        skopeo.copy(f"oci:{tmp_path}/from:one", f"oci:{tmp_path}/to:one")
    assert skopeo.inspect_digest(f"oci:{tmp_path}/to:one") is None


@needs_skopeo
def test_nobody_at_the_address_is_said_with_the_image() -> None:
    with pytest.raises(skopeo.UnreachableError, match=r"127\.0\.0\.1:1/name"):
        skopeo.inspect_digest("127.0.0.1:1/name@sha256:" + "0" * 64)


@needs_skopeo
def test_a_copy_can_be_stopped(tmp_path: Path) -> None:
    make_image(tmp_path / "from", "one")
    # Nobody answers there, and skopeo tries again for seconds.
    with pytest.raises(CancelledError, match="stopped"):
        skopeo.copy(f"oci:{tmp_path}/from:one", "127.0.0.1:1/name:tag", cancel=lambda: True)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ('level=fatal msg="trying to reuse blob sha256:1 at destination: dial tcp: connect: connection refused"', "Un"),
        ('level=fatal msg="reading manifest a in registry.test/b: manifest unknown: manifest unknown"', "Mi"),
        ('level=fatal msg="initializing source docker://x: unauthorized: authentication required"', "Unauth"),
        ('level=fatal msg="x: Get \\"https://x/v2/\\": x509: certificate signed by unknown authority"', "Untrusted"),
        ('level=fatal msg="writing blob: write /var/tmp/x: no space left on device"', "NoSpace"),
        ('level=fatal msg="received unexpected HTTP status: 500 Internal Server Error"', "NoSpace"),
        ('level=fatal msg="Digest did not match, expected sha256:1, got sha256:2: mismatch"', "Damaged"),
        ('level=fatal msg="something nobody has seen"', "Failed"),
    ],
)
def test_the_cause_is_told_apart(said: str, error: str) -> None:
    told = skopeo.told("Copying the image a to b", f'time="2026-01-01T00:00:00Z" {said}')
    assert isinstance(told, FailedError)
    assert type(told).__name__.startswith(error)
    assert told.what.startswith("Copying the image a to b failed")


def test_the_reason_is_skopeos_own_sentence() -> None:
    told = skopeo.told("Copying", 'time="2026" level=fatal msg="Get \\"https://x\\": EOF: connection refused"')
    assert told.why == 'Get "https://x": EOF: connection refused'


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ('initializing source docker://a.test/x:1: Get "https://b.test:5000/v2/": x509: unknown', "b.test:5000"),
        ("initializing source docker://a.test/x:1: reading manifest: unauthorized", "a.test"),
        ("tls: bad certificate", "HOST:PORT"),
    ],
)
def test_a_cure_names_the_registry_that_it_is_about(said: str, address: str) -> None:
    cure = skopeo.told("Copying", said).cure
    place = f"/etc/containers/certs.d/{address}/ca.crt" if "unauthorized" not in said else f"skopeo login {address}"
    assert cure.endswith(place)


def test_of_a_list_the_entry_for_the_architecture_counts() -> None:
    manifests = [
        {"digest": "sha256:arm", "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": "sha256:amd", "platform": {"os": "linux", "architecture": "amd64"}},
    ]
    assert skopeo.choose_digest(json.dumps({"manifests": manifests}), "amd64") == "sha256:amd"
    with pytest.raises(ValueError, match=r"linux/s390x, only linux/arm64, linux/amd64"):
        skopeo.choose_digest(json.dumps({"manifests": manifests}), "s390x")
