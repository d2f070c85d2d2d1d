"""Questions to a registry (the OCI distribution API) over one connection, where a program per question is too slow."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from groundplane.errors import FailedError
from groundplane.supply.skopeo import (
    ACCOUNT_CURE,
    TRUST_CURE,
    UnauthorisedError,
    UnreachableError,
    UntrustedError,
    cure_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MANIFEST_TYPES = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
SECONDS = 20.0
PAGE = 1000
_UNAUTHORISED = (401, 403)
_DOWN = 500


class RegistryClient:
    """Asks the registry at HOST:PORT, over TLS; close it afterwards. Not for several threads at once."""

    def __init__(
        self, address: str, *, account: str, password: str, authority: str | None = None, seconds: float = SECONDS
    ) -> None:
        """`authority` (PEM) counts besides the machine's own ones; `seconds` is what one answer may take."""
        self.address = address
        self._seconds = seconds
        token = base64.b64encode(f"{account}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": MANIFEST_TYPES}
        self._account = account
        context = ssl.create_default_context()
        if authority:
            context.load_verify_locations(cadata=authority)
        self._context = context
        self._connection: http.client.HTTPSConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def digest(self, path: str, reference: str) -> str | None:
        """The digest of the manifest that a tag or digest names; None where there is none.

        Raises:
            FailedError: the registry can't be asked: `UnreachableError`, `UnauthorisedError`, `UntrustedError`.
        """
        status, headers, _ = self._ask("HEAD", f"/v2/{path}/manifests/{reference}")
        if status == http.client.NOT_FOUND:
            return None
        self._expect(status, http.client.OK, f"{path}:{reference}")
        return headers.get("Docker-Content-Digest")

    def missing(self, images: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Those of these (path, digest) that the registry lacks.

        Raises:
            FailedError: as `digest`.
        """
        return tuple((path, digest) for path, digest in images if self.digest(path, digest) is None)

    def repositories(self) -> tuple[str, ...]:
        """The paths of all images.

        Raises:
            FailedError: as `digest`.
        """
        return tuple(self._listed("/v2/_catalog", "repositories"))

    def tags(self, path: str) -> tuple[str, ...]:
        """The image's tags; none where there is no such image.

        Raises:
            FailedError: as `digest`.
        """
        return tuple(self._listed(f"/v2/{path}/tags/list", "tags"))

    def delete(self, path: str, digest: str) -> None:
        """Takes a manifest and its tags away; its layers go when the registry collects its garbage. Absent is fine.

        Raises:
            FailedError: as `digest`, or the registry refuses.
        """
        status, _, _ = self._ask("DELETE", f"/v2/{path}/manifests/{digest}")
        if status != http.client.NOT_FOUND:
            self._expect(status, http.client.ACCEPTED, f"{path}@{digest}")

    def _listed(self, target: str, key: str) -> Iterator[str]:
        following: str | None = f"{target}?n={PAGE}"
        while following is not None:
            status, headers, body = self._ask("GET", following)
            if status == http.client.NOT_FOUND:
                return
            self._expect(status, http.client.OK, target)
            data: dict[str, Any] = json.loads(body)
            yield from data.get(key) or ()
            following = _next_page(headers.get("Link"))

    def _ask(self, method: str, target: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        # A kept connection may have been closed by the other side in the meantime: asked once more on a new one.
        for last in (False, True):
            fresh = self._connection is None
            connection = self._connection or http.client.HTTPSConnection(
                self.address, timeout=self._seconds, context=self._context
            )
            self._connection = connection
            try:
                connection.request(method, quote(target, safe="/:@?=&%"), headers=self._headers)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except ssl.SSLCertVerificationError as error:
                self.close()
                raise UntrustedError(
                    f"The registry {self.address} can't be trusted",
                    why=error.verify_message,
                    cure=cure_for(TRUST_CURE, self.address),
                ) from error
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if last or fresh:
                    raise UnreachableError(
                        f"The registry {self.address} can't be reached",
                        why=str(error) or type(error).__name__,
                        cure="Check that it can be reached from here; whether one that the site runs does: "
                        "groundplane plan supply.registry",
                    ) from error
        raise AssertionError

    def _expect(self, status: int, wanted: int, what: str) -> None:
        if status == wanted:
            return
        if status in _UNAUTHORISED:
            raise UnauthorisedError(
                f"The registry {self.address} refuses the account '{self._account}'",
                why=f"it answered {status} for {what}",
                cure=cure_for(ACCOUNT_CURE, self.address),
            )
        cure = "Look at its log: journalctl -u 'groundplane-registry@*', and at its disk." if status >= _DOWN else ""
        raise FailedError(f"The registry {self.address} answered {status}", why=f"asked for {what}", cure=cure)


def _next_page(link: str | None) -> str | None:
    """`</v2/_catalog?n=…&last=…>; rel="next"`."""
    if not link or 'rel="next"' not in link:
        return None
    parts = urlsplit(link[link.index("<") + 1 : link.index(">")])
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
