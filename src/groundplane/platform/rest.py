"""Plain calls to a cloud's services over an openstacksdk connection: what is sent is what the API's reference says.

Source: the services' API references (Nova, Glance, Cinder, Neutron, Keystone).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openstack.connection import Connection

COMPUTE, IMAGE, VOLUME, NETWORK, IDENTITY = "compute", "image", "block_storage", "network", "identity"
"""The connection's names of services."""
UNAVAILABLE = 503
PAUSE_SECONDS = 2.0


class Rest:
    """Calls answer with the body as data; complaints are the SDK's exceptions.

    With `patience` (seconds) a service that the load balancer doesn't see yet, as after a deployment or while an
    address moves to another host, is waited for: such a call did nothing. `stopped` ends that.
    """

    def __init__(
        self, connection: Connection, *, patience: float = 0.0, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.connection = connection
        self._patience = patience
        self._stopped = stopped

    def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One call. Raises the SDK's HttpException where the service refuses."""
        words: dict[str, Any] = {"params": dict(params or {}), "microversion": microversion}
        if body is not None:
            words["json"] = body
        if headers:
            words["headers"] = dict(headers)
        until = time.monotonic() + self._patience
        while True:
            try:
                return self._once(service, method, path, words)
            except _away() as error:
                status = getattr(error, "status_code", None)
                if status not in (None, UNAVAILABLE) or time.monotonic() > until or self._stopped():
                    raise
                time.sleep(PAUSE_SECONDS)

    def _once(self, service: str, method: str, path: str, words: Mapping[str, Any]) -> dict[str, Any]:
        from openstack.exceptions import raise_from_response  # noqa: PLC0415 - heavy

        response = getattr(self.connection, service).request(path, method, **words)
        raise_from_response(response)
        data = response.json() if response.content else {}
        return data if isinstance(data, dict) else {}

    def all(
        self,
        service: str,
        path: str,
        key: str,
        *,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
    ) -> list[dict[str, Any]]:
        """A whole list, page after page."""
        found: list[dict[str, Any]] = []
        body = self.call(service, "GET", path, params=params, microversion=microversion)
        while True:
            page = body.get(key, [])
            found += page
            following = _next(body, key)
            if not page or not following:
                return found
            body = self.call(service, "GET", following, microversion=microversion)


def _away() -> tuple[type[Exception], ...]:
    """What is raised where a service isn't there: HAProxy's answer, no connection, no version."""
    from keystoneauth1.exceptions import ConnectFailure, DiscoveryFailure  # noqa: PLC0415 - heavy
    from openstack.exceptions import HttpException, NotSupported, ServiceDiscoveryException  # noqa: PLC0415

    return (ConnectFailure, DiscoveryFailure, HttpException, NotSupported, ServiceDiscoveryException)


def _next(body: Mapping[str, Any], key: str) -> str:
    """The next page's path with its query, relative to the service's versioned endpoint; it is said in three ways."""
    links = body.get("links")
    listed = body.get(f"{key}_links") or body.get(f"{key.removesuffix('s')}_links") or []
    following = (
        (links.get("next") if isinstance(links, dict) else None)
        or next((link.get("href") for link in listed if link.get("rel") == "next"), None)
        or body.get("next")
    )
    if not following:
        return ""
    parts = urlsplit(str(following))
    # Behind a proxy the services don't always know their own address: only path and query are taken.
    path = parts.path.rpartition("/")[2]
    before = parts.path.removesuffix(f"/{path}").rpartition("/")[2]
    short = f"/{before}/{path}" if path == "detail" else f"/{path}"
    return f"{short}?{parts.query}" if parts.query else short
