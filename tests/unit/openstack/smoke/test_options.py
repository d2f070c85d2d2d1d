"""What a smoke test may be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.openstack.smoke.options import options_of, read_public_keys

if TYPE_CHECKING:
    from pathlib import Path

    from ...site.conftest import SiteFolder  # noqa: TID252


DEFAULTS = 'smoke_image: ""\nsmoke_flavor: ""\nsmoke_network: ""\nsmoke_skip: []\nsmoke_boot_minutes: 10\n'


@pytest.fixture(autouse=True)
def defaults(cloud_folder: SiteFolder) -> None:
    cloud_folder.toolkit("environments/platform/defaults.yml", DEFAULTS)


def test_the_command_line_beats_the_sites_variables(cloud_folder: SiteFolder) -> None:
    cloud_folder.write(
        "environments/platform/configuration.yml",
        "smoke_image: Debian 13\nsmoke_flavor: small\nsmoke_skip: [ping]\nsmoke_boot_minutes: 20\n",
    )
    site = cloud_folder.load()
    found = options_of(site)
    assert (found.image, found.flavor, found.skip, found.boot_minutes) == ("Debian 13", "small", ("ping",), 20)
    found = options_of(site, image="Ubuntu", skip=("ssh",))
    assert (found.image, found.skip) == ("Ubuntu", ("ssh",))


def test_unknown_parts_and_wrong_kinds_are_refused(cloud_folder: SiteFolder) -> None:
    with pytest.raises(InputError) as caught:
        options_of(cloud_folder.load(), skip=("bakup",))
    assert "Did you mean 'backup'?" in caught.value.cure
    cloud_folder.write("environments/platform/configuration.yml", "smoke_boot_minutes: long\n")
    with pytest.raises(InputError, match="has to be a number") as caught:
        options_of(cloud_folder.load())
    assert str(caught.value.place).endswith("configuration.yml:1")


def test_public_keys_are_read_and_private_ones_refused(tmp_path: Path) -> None:
    assert read_public_keys(None) == ()
    file = tmp_path / "key"
    file.write_text("# mine\nssh-ed25519 AAAA me\n\necdsa-sha2-nistp256 BBBB me\n")
    assert read_public_keys(file) == ("ssh-ed25519 AAAA me", "ecdsa-sha2-nistp256 BBBB me")
    file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    with pytest.raises(InputError, match="holds no public key"):
        read_public_keys(file)
