"""Debian's Chromium as a person's browser, on a machine that stands beside the lab's nodes."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from ipaddress import ip_interface
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

CHROMIUM = "chromium"
NAMESPACE = "gp-test-browser"
"""Of the network; its interface on this machine has the same name, of at most 15 characters."""
HOST = 250
"""Its number in the cloud's network, which a lab gives to nobody."""


@contextmanager
def chromium(authority: Path, home: Path, cloud: str) -> Iterator[Chromium]:
    """A browser that reaches the address `cloud` and trusts the lab's authority.

    Chromium asks the person's NSS database for authorities besides its own: here one of the test's own, in `home`.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here

    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True, exist_ok=True)
    trust = f"sql:{database}"
    subprocess.run(["certutil", "-d", trust, "-N", "--empty-password"], check=True, capture_output=True)
    subprocess.run(
        ["certutil", "-d", trust, "-A", "-t", "C,,", "-n", "lab", "-i", str(authority)], check=True, capture_output=True
    )
    program = shutil.which(CHROMIUM)
    assert program is not None, "scripts/test installs chromium"
    with network_beside(cloud) as within, sync_playwright() as playwright:
        started = home / CHROMIUM
        started.write_text(f'#!/bin/sh\nexec {shlex.join([*within, program])} "$@"\n', encoding="utf-8")
        started.chmod(0o700)
        browser = playwright.chromium.launch(
            executable_path=started,
            env={"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def network_beside(address: str) -> Iterator[list[str]]:
    """The words before a command that has it run with a network interface of its own, in the network of that address.

    Chromium gives up whatever it is connecting to when an interface of its machine comes or goes, and tests beside
    this one start containers all the time: each has an interface.
    """
    bridge = json.loads(ip("-json", "route", "get", address))[0]["dev"]
    own = next(
        ip_interface(f"{one['local']}/{one['prefixlen']}")
        for one in json.loads(ip("-json", "-4", "address", "show", "dev", bridge))[0]["addr_info"]
    )
    if NAMESPACE in ip("netns", "list").split():
        ip("netns", "delete", NAMESPACE)
    with ExitStack() as undo:
        ip("netns", "add", NAMESPACE)
        undo.callback(ip, "netns", "delete", NAMESPACE)
        ip("link", "add", NAMESPACE, "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE)
        # Gone with the namespace, too, but that waits for the last process in it.
        undo.callback(ip, "link", "delete", NAMESPACE)
        ip("link", "set", NAMESPACE, "master", bridge, "up")
        ip("-n", NAMESPACE, "address", "add", f"{own.network[HOST]}/{own.network.prefixlen}", "dev", "eth0")
        for interface in ("lo", "eth0"):
            ip("-n", NAMESPACE, "link", "set", interface, "up")
        yield ["ip", "netns", "exec", NAMESPACE]


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def visit(browser: Chromium, work: Callable[[Page], None], picture: Path) -> None:
    """Does the work in a page that knows nobody yet; where it fails, it says what the person was looking at."""
    from playwright.sync_api import Error  # noqa: PLC0415 - only here

    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(60_000)
    try:
        work(page)
    except (Error, AssertionError) as error:
        error.add_note(f"at {page.url}, picture in {picture}: {page.locator('body').inner_text()[:1000]}")
        page.screenshot(path=str(picture))
        raise
    finally:
        context.close()
