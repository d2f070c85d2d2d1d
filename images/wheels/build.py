"""Builds wheels of the packages that the index has none of, inside a throwaway container with a compiler.

Usage: build.py WANTED BUILT LOGS
  WANTED  a file with lines NAME===VERSION, the upper constraints
  BUILT   folder of wheels; one that is there already is not built again
  LOGS    folder that gets one log a package

Answers in lines of JSON: {"need": […]}, then for each package {"built": NAME===VERSION, "file": …, "seconds": …},
{"kept": NAME===VERSION, "file": …} or {"failed": NAME===VERSION, "log": …}.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pip._vendor.packaging.tags import sys_tags
from pip._vendor.packaging.utils import canonicalize_name, parse_wheel_filename

UV = "/usr/local/sbin/uv"


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def without_wheel(constraints, folder):
    """(name, version) of everything that this Python can only have from a source archive."""
    answer = folder / "pylock.toml"
    words = [UV, "pip", "compile", "--quiet", "--no-deps", "--python", sys.executable, "--format", "pylock.toml"]
    subprocess.run([*words, "-o", str(answer), str(constraints)], check=True, stdout=subprocess.DEVNULL)
    ours = set(sys_tags())
    needed = []
    for package in tomllib.loads(answer.read_text())["packages"]:
        names = [wheel.get("name") or wheel["url"].rsplit("/", 1)[1] for wheel in package.get("wheels", [])]
        if not any(ours & parse_wheel_filename(name)[3] for name in names):
            size = package.get("sdist", {}).get("size", 0)
            needed.append((-size, package["name"], package["version"]))
    # The longest first, so that no core waits for it at the end.
    return [(name, version) for _, name, version in sorted(needed)]


def find_wheel(folder, name, version):
    for path in sorted(folder.glob("*.whl")):
        found, its_version, _, _ = parse_wheel_filename(path.name)
        if found == canonicalize_name(name) and str(its_version) == version:
            return path
    return None


def build(name, version, built, logs):
    wanted = f"{name}==={version}"
    there = find_wheel(built, name, version)
    if there is not None:
        say(kept=wanted, file=there.name)
        return True
    started = time.monotonic()
    log = logs / f"{re.sub(r'[^A-Za-z0-9.-]', '_', name)}-{version}.log"
    with tempfile.TemporaryDirectory(dir=built, prefix=".building-") as work, log.open("wb") as sink:
        words = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-binary", name, "--wheel-dir", work, wanted]
        # Never one CPU's features: hosts differ.
        env = {**os.environ, "CFLAGS": "-O2", "CPUCOUNT": str(os.cpu_count()), "PIP_NO_INPUT": "1"}
        told = {"stdin": subprocess.DEVNULL, "stdout": sink, "stderr": subprocess.STDOUT}
        done = subprocess.run(words, check=False, env=env, **told)
        wheel = next(iter(Path(work).glob("*.whl")), None)
        if done.returncode or wheel is None:
            say(failed=wanted, log=log.name)
            return False
        # Renamed when it is whole: what a killed build leaves has another name.
        wheel.rename(built / wheel.name)
    say(built=wanted, file=wheel.name, seconds=round(time.monotonic() - started, 1))
    return True


def main():
    constraints, built, logs = (Path(word) for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        needed = without_wheel(constraints, Path(folder))
    say(need=[f"{name}==={version}" for name, version in needed])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        good = list(pool.map(lambda package: build(*package, built, logs), needed))
    sys.exit(0 if all(good) else 1)


main()
