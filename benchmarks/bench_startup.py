"""How long the command line takes to answer: `groundplane --help`, against the bare interpreter.

    python benchmarks/bench_startup.py [--runs 15] [--json]

Aim: the median under 0.2 s. A machine at work makes all of it slower, so the interpreter's own time stands beside it.
Exit code 1 where the aim is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

AIM = 0.2
"""Seconds."""


def measure(words: list[str], runs: int) -> list[float]:
    """Seconds of each run, the first one (cold caches) left out."""
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def modules_loaded(command: str) -> int:
    """How many modules are imported for the help."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", command, "--help"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return done.stderr.count("\n") - 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Time of groundplane --help")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    command = str(Path(sys.executable).with_name("groundplane"))
    cases = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "groundplane --help": [command, "--help"],
        "groundplane --version": [command, "--version"],
    }
    medians = {name: statistics.median(measure(words, arguments.runs)) for name, words in cases.items()}
    modules = modules_loaded(command)
    good = medians["groundplane --help"] < AIM
    if arguments.json:
        print(json.dumps({"seconds": medians, "modules": modules, "aim": AIM, "met": good}))
    else:
        for name, seconds in medians.items():
            print(f"{name:<24} {seconds:7.3f} s")
        print(f"{'modules imported':<24} {modules:7d}")
        print(f"aim {AIM} s: {'met' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
