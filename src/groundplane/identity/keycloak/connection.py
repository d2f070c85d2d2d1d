"""python-keycloak's connection, with TLS that is verified by the site's authority, and names led to virtual addresses.

The library takes its authorities from a file; here they come from memory, as for OpenStack's API. It logs in by the
client credentials grant (RFC 6749, 4.4) whenever its token runs out: such a token has no refresh token.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from keycloak import KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError
from requests.exceptions import RequestException

if TYPE_CHECKING:
    from requests import Session as HttpsSession

MASTER = "master"


class VerifiedConnection(KeycloakOpenIDConnection):
    """Logs in as a service account of the realm master.

    Args:
        https: verifies TLS by itself (see `openstack.transport`).
        seconds: how long one answer may take.
    """

    def __init__(self, url: str, client: str, secret: str, *, https: HttpsSession, seconds: float) -> None:
        super().__init__(
            server_url=f"{url}/",
            realm_name=MASTER,
            user_realm_name=MASTER,
            client_id=client,
            client_secret_key=secret,
            timeout=int(seconds),
        )
        self._s.close()
        # Else requests would put an account of ~/.netrc over the token.
        https.auth = lambda request: request
        self._s = https

    def get_token(self) -> None:
        """Logs in.

        Raises:
            KeycloakAuthenticationError: the client or its secret is refused.
            KeycloakConnectionError: nobody answers, or somebody who isn't Keycloak.
        """
        try:
            response = self._s.post(
                f"{self.server_url}realms/{MASTER}/protocol/openid-connect/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": self.client_id,
                    "client_secret": self.client_secret_key,
                },
                timeout=self.timeout,
            )
        except RequestException as error:
            raise KeycloakConnectionError(str(error)) from error
        if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            raise KeycloakAuthenticationError(_said(response), response.status_code, response.content)
        if response.status_code != HTTPStatus.OK:
            raise KeycloakConnectionError(_said(response), response.status_code, response.content)
        self.token = response.json()

    def refresh_token(self) -> None:
        self.get_token()


def _said(response: Any) -> str:
    try:
        told = response.json()
    except ValueError:
        return f"HTTP {response.status_code}"
    return str(told.get("error_description") or told.get("error") or response.status_code)
