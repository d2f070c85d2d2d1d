"""Runs on a host, as root: answers how everything stands that steps left a watch list for.

It comes to the host over ssh's standard input and leaves nothing behind. It only reads. Standard library alone,
Python 3.9 and later. Watch lists are /var/lib/groundplane/watch/STEP.json: {"step": ID, "items": [ITEM]}.

The answer is one line of JSON: {"groundplane_probe": 1, "steps": {STEP: {LABEL: VALUE}}}. Values are short and made
for people. What is too long, or might be secret, is a digest keyed with the site's key for this host.
"""

from __future__ import annotations

import grp
import hashlib
import hmac
import json
import os
import pwd
import re
import socket
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

MISSING = "missing"
WATCH_LIST = "watch list"
NOTHING_ELSE = "nothing else"
CONFIGURATION = "/etc/kolla/"
"""Kolla's node_config_directory. In each folder below it lies what one container is given, and nobody but the step
whose list names files of it writes there."""
MOST_NAMED = 5
COMMAND_SECONDS = 10
LONGEST_OUTPUT = 60
DIGEST_LENGTH = 16
CHUNK = 1 << 20


Item = dict[str, Any]


class Host:
    """Reads items. What several items need is asked once, for all of them."""

    def __init__(self, key: bytes, items: list[Item], root: str = "/") -> None:
        self.key = key
        self.root = root
        self.items = items
        self.cache: dict[str, dict[str, str]] = {}

    def value(self, item: Item) -> str:
        """An item's value now; never raises for what can be wrong on a host."""
        reader = getattr(self, "read_" + str(item.get("kind")), None)
        if reader is None:
            return "unknown kind"
        try:
            return str(reader(item))
        except FileNotFoundError:
            return MISSING
        except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
            return f"unreadable ({type(error).__name__})"

    def digest(self, data: bytes) -> str:
        return hmac.new(self.key, data, hashlib.sha256).hexdigest()[:DIGEST_LENGTH]

    def path(self, path: str) -> Path:
        return Path(self.root, path.lstrip("/"))

    def names(self, kind: str) -> list[str]:
        return sorted({str(item["name"]) for item in self.items if item.get("kind") == kind and item.get("name")})

    def read_file(self, item: Item) -> str:
        path = self.path(item["path"])
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                return "not a file"
            digest = hmac.new(self.key, b"", hashlib.sha256)
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return f"{access(found)} content:{digest.hexdigest()[:DIGEST_LENGTH]}"

    def read_folder(self, item: Item) -> str:
        """The files in it that no watch list names."""
        folder = self.path(item["path"])
        folder.stat()
        if "folder" not in self.cache:
            listed = (str(self.path(item["path"])) for item in self.items if item.get("kind") == "file")
            self.cache["folder"] = dict.fromkeys(listed, "")
        found = sorted(str(Path(path, name)) for path, _, names in os.walk(folder) for name in names)
        others = [str(Path(path).relative_to(folder)) for path in found if path not in self.cache["folder"]]
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        return ", ".join(others[:MOST_NAMED]) + more if others else NOTHING_ELSE

    def read_directory(self, item: Item) -> str:
        found = self.path(item["path"]).stat()
        return access(found) if stat.S_ISDIR(found.st_mode) else "not a directory"

    def read_package(self, item: Item) -> str:
        if "package" not in self.cache:
            output = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", *self.names("package")]).stdout
            pairs = [line.split() for line in output.splitlines()]
            self.cache["package"] = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}  # noqa: PLR2004
        state = self.cache["package"].get(item["name"].partition(":")[0], MISSING)
        return MISSING if state in ("not-installed", "config-files") else state

    def read_unit(self, item: Item) -> str:
        if "unit" not in self.cache:
            names = self.names("unit")
            output = run(["systemctl", "show", "-p", "LoadState,ActiveState,UnitFileState", *names]).stdout
            blocks = [dict(re.findall(r"^(\w+)=(.*)$", block, re.MULTILINE)) for block in output.split("\n\n")]
            self.cache["unit"] = {name: unit_state(block) for name, block in zip(names, blocks)}  # noqa: B905 - 3.9
        return self.cache["unit"].get(item["name"], MISSING)

    def read_sysctl(self, item: Item) -> str:
        key = item["key"]
        # sysctl's own rule: whichever of . and / comes first separates, the other one is part of a name.
        first = re.search(r"[./]", key)
        path = key if first and first.group() == "/" else key.translate(str.maketrans("./", "/."))
        return " ".join(self.path("/proc/sys/" + path).read_text().split())

    def read_module(self, item: Item) -> str:
        return "loaded" if self.path("/sys/module/" + item["name"].replace("-", "_")).exists() else MISSING

    def read_user(self, item: Item) -> str:
        try:
            user = pwd.getpwnam(item["name"])
        except KeyError:
            return MISSING
        groups = sorted(group.gr_name for group in grp.getgrall() if item["name"] in group.gr_mem)
        return f"uid {user.pw_uid}, {user.pw_shell}, groups {' '.join(groups) or 'none'}"

    def read_hostname(self, _item: Item) -> str:
        return socket.gethostname()

    def read_timezone(self, _item: Item) -> str:
        target = str(self.path("/etc/localtime").readlink())
        return target.partition("zoneinfo/")[2] or target

    def read_certificate(self, item: Item) -> str:
        path = self.path(item["path"])
        path.stat()
        done = run(["openssl", "x509", "-noout", "-enddate", "-fingerprint", "-sha256", "-in", str(path)])
        found = dict(re.findall(r"^(\w+).*?=(.*)$", done.stdout, re.MULTILINE | re.IGNORECASE))
        if done.returncode or "notAfter" not in found:
            return "not a certificate"
        end = time.strptime(found.pop("notAfter").replace(" GMT", ""), "%b %d %H:%M:%S %Y")
        days = (time.mktime(end) - time.timezone - time.time()) / 86400
        fingerprint = "".join(found.values()).replace(":", "").lower()[:DIGEST_LENGTH]
        state = (
            "expired"
            if days < 0
            else "due for renewal"
            if days < float(item.get("renew_before_days") or 0)
            else "valid"
        )
        return f"{state}, {fingerprint}"

    def read_nftables(self, item: Item) -> str:
        done = run(["nft", "--stateless", "list", "table", item["family"], item["table"]])
        return MISSING if done.returncode else "rules:" + self.digest(done.stdout.encode())

    def read_link(self, item: Item) -> str:
        if "link" not in self.cache:
            self.cache["link"] = {
                link["ifname"]: link_state(link) for link in json.loads(run(["ip", "-json", "address"]).stdout or "[]")
            }
        return self.cache["link"].get(item["name"], MISSING)

    def read_command(self, item: Item) -> str:
        done = run([str(word) for word in item["argv"]])
        output = done.stdout.strip()
        shown = (
            output if len(output) <= LONGEST_OUTPUT and "\n" not in output else "output:" + self.digest(output.encode())
        )
        return shown if done.returncode == 0 else f"exit {done.returncode}"

    def read_container(self, item: Item) -> str:
        if "container" not in self.cache:
            form = "{{.Name}} {{.State.Status}} {{.Config.Image}}"
            output = run(["docker", "inspect", "--type", "container", "-f", form, *self.names("container")]).stdout
            pairs = [line.split(" ", 1) for line in output.splitlines()]
            self.cache["container"] = {pair[0].lstrip("/"): pair[1] for pair in pairs if len(pair) == 2}  # noqa: PLR2004
        return self.cache["container"].get(item["name"], MISSING)


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command that only reads."""
    return subprocess.run(  # noqa: PLW1510 - every caller looks at the code, or at the output alone
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=COMMAND_SECONDS,
        encoding="utf-8",
        errors="replace",
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"},
    )


def folders_of(items: list[Item]) -> list[str]:
    """The containers' folders of which a list names files."""
    paths = [str(item.get("path")) for item in items if item.get("kind") == "file"]
    names = {path[len(CONFIGURATION) :].partition("/")[0] for path in paths if path.startswith(CONFIGURATION)}
    return sorted(CONFIGURATION + name for name in names)


def kolla_containers(root: str) -> dict[str, str]:
    """All containers that mount one of the folders, running or not, to the folder's name."""
    if not Path(root, CONFIGURATION.strip("/")).is_dir():
        return {}
    try:
        output = run(["docker", "ps", "--all", "--no-trunc", "--format", "{{.Names}}\t{{.Mounts}}"]).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    found = {}
    for name, _, mounts in map(tabbed, output.splitlines()):
        for mount in mounts.split(","):
            if mount.startswith(CONFIGURATION):
                found[name] = mount[len(CONFIGURATION) :].strip("/")
    return found


def tabbed(line: str) -> tuple[str, str, str]:
    return line.partition("\t")


def access(found: os.stat_result) -> str:
    """For example "0644 root:root"; numbers where an id has no name."""
    try:
        user = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        user = str(found.st_uid)
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    return f"{stat.S_IMODE(found.st_mode):04o} {user}:{group}"


def unit_state(block: dict[str, str]) -> str:
    if block.get("LoadState") == "not-found":
        return MISSING
    words = (
        "masked" if block.get("LoadState") == "masked" else "",
        block.get("ActiveState"),
        block.get("UnitFileState"),
    )
    return " ".join(dict.fromkeys(word for word in words if word))


def link_state(link: Item) -> str:
    """MTU and addresses. Single-address prefixes are virtual addresses that move between hosts; they don't count."""
    addresses = sorted(
        f"{address['local']}/{address['prefixlen']}"
        for address in link.get("addr_info", [])
        if address.get("scope") == "global" and address["prefixlen"] not in (32, 128) and not address.get("temporary")
    )
    up = "" if "UP" in link.get("flags", []) else "down, "
    return f"{up}mtu {link.get('mtu')}, {' '.join(addresses) or 'no address'}"


def label(item: Item) -> str:
    """The name of an item, for example "sysctl vm.swappiness"."""
    kind = str(item.get("kind"))
    if kind == "nftables":
        return f"nftables {item.get('family')} {item.get('table')}"
    what = item.get("path") or item.get("key") or item.get("name")
    return f"{kind} {what}" if what else kind


def answer(settings: Item) -> str:
    """The answer for `settings`: key (hex), steps (null for all), root (for tests)."""
    root = settings.get("root", "/")
    folder = Path(root, "var/lib/groundplane/watch")
    key = bytes.fromhex(settings["key"])
    lists, steps = {}, {}
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        if settings.get("steps") is not None and file.stem not in settings["steps"]:
            continue
        data = file.read_bytes()
        steps[file.stem] = {WATCH_LIST: hmac.new(key, data, hashlib.sha256).hexdigest()[:DIGEST_LENGTH]}
        try:
            items = json.loads(data)["items"]
            lists[file.stem] = [item for item in items if isinstance(item, dict)]
        except (ValueError, KeyError, TypeError):
            steps[file.stem][WATCH_LIST] = "unreadable"
    host = Host(key, [item for items in lists.values() for item in items], root)
    known: dict[str, str] = {}
    for step, items in lists.items():
        for item in items:
            name = json.dumps(item, sort_keys=True)
            if name not in known:
                known[name] = host.value(item)
            steps[step][label(item)] = known[name]
        for path in folders_of(items):
            item = {"kind": "folder", "path": path}
            steps[step][label(item)] = host.value(item)
    return json.dumps({"groundplane_probe": 1, "steps": steps, "containers": kolla_containers(root)})
