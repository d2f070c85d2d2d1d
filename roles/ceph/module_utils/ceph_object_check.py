"""Writes through each object gateway and reads back, by S3 and Swift, as a user who is there for that moment alone."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ceph_radosgw import Administration

try:
    from ansible.module_utils.ceph_objects import S3, Gateway, Keys, ObjectError, Swift, write_and_read
    from ansible.module_utils.ceph_session import CephError
except ImportError:
    from ceph_objects import S3, Gateway, Keys, ObjectError, Swift, write_and_read
    from ceph_session import CephError

USER = "groundplane-verify"
PARALLEL = 8


class TemporaryUser:
    """A user with keys for S3 and Swift; in a `with`, after which it is gone with all that it owned."""

    def __init__(self, administration: Administration, *, swift: bool) -> None:
        self._administration = administration
        self._swift = swift

    def __enter__(self) -> Keys:
        """Raises CephError where the user can't be made; nothing is left then."""
        create = ("user", "create", f"--uid={USER}", "--display-name=Groundplane's verify")
        try:
            found = self._administration.ask(*create)
        except CephError:
            # One that a check left which was killed.
            if self._administration.find(USER) is None:
                raise
            self._remove()
            found = self._administration.ask(*create)
        try:
            if self._swift:
                login = ("subuser", "create", f"--uid={USER}", f"--subuser={USER}:swift", "--access=full")
                found = self._administration.ask(*login, "--key-type=swift", "--gen-secret")
            return _keys(cast("dict[str, list[dict[str, str]]]", found))
        except BaseException:
            self._remove()
            raise

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _remove(self) -> None:
        self._administration.ask("user", "rm", f"--uid={USER}", "--purge-data")


def _keys(user: Mapping[str, list[dict[str, str]]]) -> Keys:
    key = user["keys"][0]
    login = next(iter(user.get("swift_keys") or []), {})
    return Keys(key["access_key"], key["secret_key"], login.get("user", ""), login.get("secret_key", ""))


def check_gateways(
    administration: Administration, gateways: Mapping[str, str], *, port: int, tls: bool, swift: bool
) -> dict[str, list[str]]:
    """What is wrong with each gateway, by host; an empty list where nothing is.

    Args:
        gateways: host to the address at which it is asked.

    Raises:
        CephError: the user can't be made or removed.
    """

    def check(host: str, keys: Keys) -> list[str]:
        # Buckets' names are the whole cluster's; a person's bucket is never hit.
        bucket = f"{USER}-{secrets.token_hex(6)}"
        found = []
        with Gateway(gateways[host], port, tls=tls) as gateway:
            try:
                write_and_read(S3(gateway, keys), bucket)
            except ObjectError as error:
                found.append(f"S3: {error}")
            if swift and not any("no answer" in text for text in found):
                try:
                    write_and_read(Swift(gateway, keys), f"{bucket}-swift")
                except ObjectError as error:
                    found.append(f"Swift: {error}")
        return found

    if not gateways:
        return {}
    with TemporaryUser(administration, swift=swift) as keys, ThreadPoolExecutor(PARALLEL) as workers:
        return dict(zip(gateways, workers.map(lambda host: check(host, keys), gateways), strict=True))
