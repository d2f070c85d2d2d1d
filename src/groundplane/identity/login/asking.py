"""HTTP questions to an identity provider and to Keystone: what goes wrong on the way becomes an error for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

SECONDS = 30.0
"""One answer may take so long: a realm's first login compiles its pages."""
WELL = range(200, 300)
REFUSED = range(400, 500)
_CURE = "groundplane plan identity openstack.loadbalancer shows what doesn't run."


class RefusedError(FailedError):
    """The other side understood and said no.

    Attributes:
        status: HTTP's.
        code: OAuth's, such as invalid_grant (RFC 6749, 5.2); empty where it named none.
    """

    def __init__(self, what: str, *, why: str = "", cure: str = "", status: int = 0, code: str = "") -> None:
        super().__init__(what, why=why, cure=cure)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks with one session, which keeps its cookies; `seconds` for one answer."""

    http: requests.Session
    seconds: float = SECONDS

    def send(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One question, redirects not followed.

        Raises:
            FailedError: nobody answers, or not in time.
        """
        from requests import RequestException  # noqa: PLC0415 - heavy

        try:
            return self.http.request(
                method,
                url,
                data=dict(form) if form is not None else None,
                json=json,
                headers=dict(headers or {}),
                timeout=self.seconds,
                allow_redirects=False,
            )
        except RequestException as error:
            raise FailedError(f"{url.partition('?')[0]} doesn't answer", why=reason(error), cure=_CURE) from error

    def data(self, what: str, response: requests.Response) -> Any:
        """The answer's JSON.

        Raises:
            RefusedError: the answer is a refusal.
            FailedError: the other side is broken, or answers something else.
        """
        body = _json(response)
        if response.status_code in WELL and body is not None:
            return body
        said = body if isinstance(body, dict) else {}
        error = said.get("error")
        inner = error if isinstance(error, dict) else {}
        code = error if isinstance(error, str) else ""
        told = said.get("error_description") or inner.get("message") or code or response.reason or ""
        why = f"HTTP {response.status_code}: {' '.join(str(told).split())}"
        if response.status_code in REFUSED:
            raise RefusedError(what, why=why, status=response.status_code, code=code)
        raise FailedError(what, why=why, cure=_CURE)


def reason(error: Exception) -> str:
    """The innermost cause of what the layers below make of a connection that failed, on one line."""
    inner: BaseException = error
    while True:
        below = next((word for word in inner.args if isinstance(word, BaseException)), None)
        below = below or getattr(inner, "reason", None) or inner.__cause__
        if not isinstance(below, BaseException) or below is inner:
            return " ".join(str(inner).split())
        inner = below


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
