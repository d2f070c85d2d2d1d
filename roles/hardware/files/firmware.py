#!/usr/bin/python3
# Managed by Groundplane (role hardware). Ansible runs this with its other local facts: ansible_local.firmware.
"""Print, as JSON, which firmware the machine and its parts run. Reads /sys and asks ethtool; changes nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

SYS = Path("/sys")
DISK = re.compile(r"^(sd[a-z]+|nvme\d+n\d+|vd[a-z]+|mmcblk\d+)$")


def read(path: Path) -> str | None:
    """The file's text without blanks at its ends, or None where there is no such file or no right to read it."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def without_gaps(values: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def system() -> dict[str, str]:
    dmi = SYS / "class/dmi/id"
    names = {
        "vendor": "sys_vendor",
        "product": "product_name",
        "serial": "product_serial",
        "board": "board_name",
        "board_version": "board_version",
        "bios_vendor": "bios_vendor",
        "bios_version": "bios_version",
        "bios_date": "bios_date",
        "bios_release": "bios_release",
        "controller_release": "ec_firmware_release",
    }
    return without_gaps({name: read(dmi / file) for name, file in names.items()})


def boot() -> dict[str, str]:
    found = {"mode": "uefi" if (SYS / "firmware/efi").is_dir() else "bios"}
    for variable in (SYS / "firmware/efi/efivars").glob("SecureBoot-*"):
        found["secure_boot"] = "on" if variable.read_bytes()[-1:] == b"\x01" else "off"
    return found


def microcode() -> str | None:
    text = read(Path("/proc/cpuinfo")) or ""
    found = re.search(r"^microcode\s*:\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else None


def disks() -> dict[str, dict[str, str]]:
    found = {}
    for block in sorted((SYS / "block").glob("*")):
        if not DISK.match(block.name):
            continue
        device = block / "device"
        entry = without_gaps(
            {
                "vendor": read(device / "vendor"),
                "model": read(device / "model"),
                "serial": read(device / "serial"),
                "firmware": read(device / "firmware_rev") or read(device / "rev"),
            }
        )
        if entry:
            found[block.name] = entry
    return found


def network_interfaces() -> dict[str, dict[str, str]]:
    found = {}
    ethtool = shutil.which("ethtool")
    for link in sorted((SYS / "class/net").glob("*")):
        if not (link / "device").exists():
            continue
        entry = without_gaps({"driver": (link / "device/driver").resolve().name})
        if ethtool:
            answer = subprocess.run([ethtool, "-i", link.name], capture_output=True, text=True, timeout=5, check=False)
            version = re.search(r"^firmware-version: *(.*\S)", answer.stdout, re.MULTILINE)
            if version and version[1] != "N/A":
                entry["firmware"] = version[1]
        found[link.name] = entry
    return found


def management_controller() -> dict[str, str]:
    for device in sorted((SYS / "class/ipmi").glob("ipmi*/device/bmc")):
        return without_gaps(
            {
                "firmware": read(device / "firmware_revision"),
                "ipmi": read(device / "ipmi_version"),
                "guid": read(device / "guid"),
            }
        )
    return {}


def main() -> None:
    report = {
        "system": system(),
        "boot": boot(),
        "microcode": microcode(),
        "disks": disks(),
        "network_interfaces": network_interfaces(),
        "management_controller": management_controller(),
    }
    print(json.dumps(report, sort_keys=True))  # noqa: T201  facts are what a program prints


if __name__ == "__main__":
    main()
