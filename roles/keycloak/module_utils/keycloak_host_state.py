"""How a host stands before Keycloak comes to it. Everything is only read."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import time
from pathlib import Path

SECONDS = 20
ANSWER_SECONDS = 10
LISTENING = re.compile(r"^\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+(?:\s+users:\(\(\"([^\"]+)\")?", re.MULTILINE)
ANY_ADDRESS = frozenset({"*", "0.0.0.0", "[::]"})  # noqa: S104 - looked for, not listened on
PACKET_HEADER = 4
PROTOCOL = 10
REFUSED = 255
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"


def run(*words: str, given: str = "") -> tuple[int, str, str]:
    """A program's exit code, output and errors; -1 where it isn't there or took too long."""
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=SECONDS, input=given)
    except FileNotFoundError:
        return -1, "", f"{words[0]} isn't installed"
    except subprocess.TimeoutExpired:
        return -1, "", f"{words[0]} took longer than {SECONDS} s"
    return done.returncode, done.stdout, done.stderr.strip()


def host_state(
    *,
    container: str,
    image: str,
    listen: str,
    ports: list[int],
    certificates: str,
    door: tuple[str, int],
    database: tuple[str, int],
) -> dict[str, object]:
    """All that the judging looks at.

    `listen` is the address that the `ports` are to be free on, `certificates` the folder with the host's own
    certificate, `door` the name and port that people and Keystone come by.
    """
    engine, running = container_state(container)
    return {
        "clock": time.time(),
        "engine": engine,
        "running": running,
        "image": not engine and bool(image) and run("docker", "image", "inspect", "--format", "{{.Id}}", image)[0] == 0,
        "listeners": listeners(run("ss", "-Hltnp")[1], listen, ports),
        "memory_mb": memory_mb(Path("/proc/meminfo").read_text(encoding="ascii")),
        "certificate": certificate_problem(Path(certificates)),
        "door": door_problem(*door),
        "database": database_problem(*database),
    }


def container_state(name: str) -> tuple[str, bool]:
    """What keeps the container engine from answering, or nothing; and whether the container runs."""
    code, out, err = run("docker", "ps", "--format", "{{.Names}}")
    return ("" if code == 0 else err or "docker failed"), name in out.split()


def listeners(shown: str, address: str, ports: list[int]) -> dict[str, str]:
    """Port to the program that listens there, of those ports that couldn't be listened on at the address."""
    found = {}
    for where, port, program in LISTENING.findall(shown):
        # Java's addresses are IPv4 in IPv6's clothes.
        plain = where.strip("[]").partition("%")[0].replace("::ffff:", "", 1)
        if int(port) in ports and (where in ANY_ADDRESS or plain == address):
            found[port] = program or "another program"
    return found


def memory_mb(meminfo: str) -> int:
    """MemAvailable in MiB."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0


def certificate_problem(folder: Path) -> str:
    """Why the host itself doesn't trust its own certificate; empty where it does."""
    chain = folder / "chain.crt"
    if not chain.is_file() or not (folder / "host.key").is_file():
        return f"{chain} or host.key beside it is missing"
    code, out, err = run("openssl", "verify", "-CAfile", TRUSTED, "-untrusted", str(chain), str(chain))
    return "" if code == 0 else openssl_reason(out + "\n" + err)


def openssl_reason(said: str) -> str:
    """The sentence in what `openssl verify` says: "error 10 at 0 depth lookup: certificate has expired"."""
    found = re.search(r"^error \d+ at \d+ depth lookup: *(.+)$", said, re.MULTILINE)
    return found.group(1) if found else (said.strip().splitlines() or ["openssl failed"])[-1]


def door_problem(name: str, port: int) -> dict[str, str]:
    """What is wrong with the way that people and Keystone come by: `kind` and a sentence; empty where all is well.

    Kinds: name (nobody knows it), away (nobody answers), trust (the certificate isn't trusted here, or is another's).
    """
    try:
        socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return {"kind": "name", "why": error.strerror or str(error)}
    try:
        context = ssl.create_default_context(cafile=TRUSTED)
        plain = socket.create_connection((name, port), timeout=ANSWER_SECONDS)
        with plain, context.wrap_socket(plain, server_hostname=name):
            return {}
    except ssl.SSLCertVerificationError as error:
        return {"kind": "trust", "why": error.verify_message, "issuer": shown_issuer(name, port)}
    except OSError as error:
        return {"kind": "away", "why": error.strerror or str(error)}


def shown_issuer(name: str, port: int) -> str:
    """Who signed the certificate that is shown, as openssl writes it; empty where that can't be told."""
    try:
        shown = ssl.get_server_certificate((name, port), timeout=ANSWER_SECONDS)
    except TypeError:  # before Python 3.10
        shown = ssl.get_server_certificate((name, port))
    except OSError:
        return ""
    return run("openssl", "x509", "-noout", "-issuer", given=shown)[1].strip().partition("=")[2].strip()


def database_problem(address: str, port: int) -> str:
    """Why no MariaDB server greets there; empty where one does. Nobody logs in."""
    try:
        with socket.create_connection((address, port), timeout=ANSWER_SECONDS) as connection:
            return greeting_problem(connection.recv(1024))
    except OSError as error:
        return error.strerror or str(error)


def greeting_problem(packet: bytes) -> str:
    """What a server's first packet says (MariaDB's documentation, "Connecting", initial handshake packet)."""
    if not packet:
        return "the connection is closed at once, so no member of the database is up behind the load balancer"
    kind = packet[PACKET_HEADER] if len(packet) > PACKET_HEADER else -1
    if kind == PROTOCOL:
        return ""
    if kind == REFUSED:
        return packet[PACKET_HEADER + 3 :].decode("utf-8", "replace").strip()
    return "what answers there isn't MariaDB"
