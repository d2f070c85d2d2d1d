"""The gateway of this host: whether it answers, which certificate it shows, and starting it again."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from ansible.module_utils.ceph_session import CephError, run
except ImportError:
    from ceph_session import CephError, run

DATA_FOLDER = Path("/var/lib/ceph")
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
CONNECT_SECONDS = 5.0
PAUSE_SECONDS = 0.5


def units(service: str, data: Path = DATA_FOLDER) -> list[str]:
    """The systemd units of the service's daemons on this host."""
    folders = sorted(data.glob(f"*/{service}.*/unit.run"))
    return [f"ceph-{file.parts[-3]}@{file.parts[-2]}.service" for file in folders]


def own_certificate(path: Path) -> str:
    """The SHA-256 of the first certificate in a file.

    Raises:
        CephError: there is none.
    """
    try:
        found = CERTIFICATE.search(path.read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise CephError(
            f"{path} can't be read ({error.strerror}). Cure: groundplane apply bootstrap.certificates"
        ) from error
    if found is None:
        raise CephError(f"{path} holds no certificate. Cure: groundplane apply bootstrap.certificates")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found.group())).hexdigest()


def shown_certificate(address: str, port: int) -> str:
    """The SHA-256 of the certificate that is shown at a port; empty where nobody answers, or not by TLS."""
    context = ssl.create_default_context()
    # Which certificate it is gets compared; whether it is trusted is another question.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        plain = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        with plain, context.wrap_socket(plain) as secured:
            return hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
    except OSError:
        return ""


def answers(address: str, port: int) -> bool:
    """Whether somebody listens."""
    try:
        with socket.create_connection((address, port), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


class Here:
    """What is asked of this host's gateway; `certificate` is the file, None for no TLS."""

    def __init__(self, *, address: str, port: int, certificate: Path | None, own_units: list[str]) -> None:
        self.address = address
        self.port = port
        self.certificate = certificate
        self.units = own_units

    def lacks(self) -> str:
        """Why it isn't as it should be; empty where it is."""
        if self.certificate is None:
            return "" if answers(self.address, self.port) else f"nothing listens at port {self.port}"
        own, shown = own_certificate(self.certificate), shown_certificate(self.address, self.port)
        if own == shown:
            return ""
        if shown:
            return "it shows another certificate than the host has now"
        return f"nothing answers by TLS at port {self.port}"

    def put_right(
        self,
        *,
        restart: bool,
        seconds: float,
        check: bool,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> list[str]:
        """Starts the gateway again where it must be, and waits until it is as it should be; says what was done.

        Raises:
            CephError: it isn't, after `seconds`.
        """
        lacks = self.lacks()
        why = "a setting changed that it only reads when it starts" if restart else lacks
        if not why:
            return []
        if check:
            return [f"restart the gateway: {why}"]
        for unit in self.units:
            done = run(["systemctl", "restart", unit])
            if done.returncode:
                raise CephError(f"{unit} can't be restarted: {done.stderr.strip()}. journalctl -u '{unit}' says why")
        started = clock()
        while True:
            lacks = self.lacks()
            if not lacks:
                return [f"restart the gateway: {why}"]
            if clock() - started > seconds:
                raise CephError(f"The gateway was restarted, but {lacks}. journalctl -u '{self.units[0]}' says why")
            sleep(PAUSE_SECONDS)
