#!/usr/bin/env python3
"""Asks the engine for the vault password over its Unix socket and prints it to Ansible, so that it never is a file.

Stands alone: it is copied into the runtime, and knows nothing but the standard library.
"""

import os
import socket
import sys


def main() -> int:
    where = os.environ.get("GROUNDPLANE_VAULT_SOCKET")
    if not where:
        sys.stderr.write("GROUNDPLANE_VAULT_SOCKET is not set: only groundplane can call this\n")
        return 1
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
        engine.settimeout(10)
        try:
            engine.connect(where)
            parts = []
            while part := engine.recv(4096):
                parts.append(part)
        except OSError as error:
            sys.stderr.write(f"the engine does not answer: {error}\n")
            return 1
    sys.stdout.buffer.write(b"".join(parts))
    return 0 if parts else 1


if __name__ == "__main__":
    sys.exit(main())
