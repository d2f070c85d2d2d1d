"""Whether a service account of the realm master gets a token, and the temporary one that Keycloak makes offline.

Keycloak's documentation: "Bootstrapping and recovering an admin account"; RFC 6749, section 4.4 and 5.2.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
ANSWER_SECONDS = 30
BOOTSTRAP_SECONDS = 300
SHOWN_LINES = 8
WRONG_SECRET = frozenset({"invalid_client", "unauthorized_client", "invalid_grant"})
PROGRAM = "/opt/keycloak/bin/kc.sh"
# What sh reads from its input is in no process list, and in nothing that docker keeps of the container. Port 0: the
# server beside it has its own.
SHELL = (
    'IFS= read -r ACCOUNT_SECRET; export ACCOUNT_SECRET; exec "$0" --config-file="$2" bootstrap-admin service'
    ' --optimized --http-management-port=0 --client-id="$1" --client-secret:env=ACCOUNT_SECRET --no-prompt'
)


class AccountError(Exception):
    """Keycloak can't be asked, or doesn't do it; the message is for people and never holds a secret."""


def gets_token(url: str, client: str, secret: str) -> bool:
    """Whether the client logs in to the realm master as itself.

    Raises:
        AccountError: anything but a yes or a no.
    """
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    where = f"{url}/realms/master/protocol/openid-connect/token"
    asked = urllib.request.Request(where, data=urllib.parse.urlencode(form).encode())  # noqa: S310 - always https
    context = ssl.create_default_context(cafile=TRUSTED)
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS, context=context):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        answer = error.read(4096)
        if refusal(answer) in WRONG_SECRET:
            return False
        raise AccountError(f"{where} answers {error.code}: {answer[:200].decode('utf-8', 'replace')}") from error
    except OSError as error:
        raise AccountError(f"{where} can't be asked: {error}") from error


def refusal(answer: bytes) -> str:
    """The error's name in an OAuth answer; empty where it is none."""
    try:
        found = json.loads(answer)
    except ValueError:
        return ""
    return str(found.get("error", "")) if isinstance(found, dict) else ""


def make_temporary(container: str, client: str, secret: str, configuration: str) -> None:
    """Has Keycloak make a temporary administrator, straight in its database, by a second process in the container.

    Raises:
        AccountError: it failed.
    """
    words = ["docker", "exec", "--interactive", container, "sh", "-c", SHELL, PROGRAM, client, configuration]
    try:
        done = subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=BOOTSTRAP_SECONDS, input=f"{secret}\n"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AccountError(f"kc.sh bootstrap-admin didn't end well: {error}") from error
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-SHOWN_LINES:]
        raise AccountError(f"kc.sh bootstrap-admin failed: {' | '.join(last)}")
