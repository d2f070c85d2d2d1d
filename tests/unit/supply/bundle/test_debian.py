"""A partial mirror from what apt said."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.supply.bundle.debian import read_files, release_checksums

MIRROR = DebianMirror("http://m.test/debian", "http://m.test/debian-security")
URIS = """\
'http://m.test/debian/pool/main/g/g/libc6_2.41-12%2bdeb13u4_amd64.deb' libc6_2.41-12+deb13u4_amd64.deb 28 MD5Sum:8
'http://m.test/debian-security/pool/updates/main/o/o/openssl_3.5%7e1_amd64.deb' openssl_3.5~1_amd64.deb 30 MD5Sum:9
'http://m.test/debian/pool/main/e/e/epoch_2_all.deb' epoch_1%3a2_all.deb 7 MD5Sum:9
"""
RECORDS = """\
Package: libc6
Version: 2.41-12+deb13u4
Filename: pool/main/g/g/libc6_2.41-12+deb13u4_amd64.deb
Size: 28
SHA256: aa
Description: a library
 Filename: not a field

Package: openssl
Version: 3.5~1
Filename: pool/updates/main/o/o/openssl_3.5~1_amd64.deb
Size: 30
SHA256: bb

Package: epoch
Version: 1:2
Filename: pool/main/e/e/epoch_2_all.deb
Size: 7
SHA256: cc
"""


def test_files_keep_the_place_that_they_have_on_a_mirror() -> None:
    files = list(read_files(URIS, RECORDS, MIRROR))
    assert [file.path for file in files] == [
        "debian/pool/main/g/g/libc6_2.41-12+deb13u4_amd64.deb",
        "debian-security/pool/updates/main/o/o/openssl_3.5~1_amd64.deb",
        "debian/pool/main/e/e/epoch_2_all.deb",
    ]
    assert [(file.name, file.version, file.bytes, file.sha256) for file in files][2] == ("epoch", "1:2", 7, "cc")
    assert files[2].archive == "epoch_1%3a2_all.deb"


def test_a_package_without_a_record_is_told() -> None:
    with pytest.raises(FailedError, match=r"openssl_3\.5~1_amd64\.deb"):
        list(read_files(URIS, RECORDS.split("\n\n", maxsplit=1)[0], MIRROR))


def test_checksums_of_indexes_are_those_of_the_right_block() -> None:
    index = "main/binary-amd64/Packages.xz"
    text = f"Codename: trixie\nMD5Sum:\n 11 5 {index}\nSHA256:\n 22 5 {index}\n-----BEGIN PGP SIGNATURE-----\n"
    assert release_checksums(text) == {index: "22"}
