"""A layer with nothing to do: `groundplane apply` against plain ansible-playbook, turn by turn.

    python benchmarks/bench_nothing_to_do.py --site SITE [--layer bootstrap] [--rounds 2] [--json]

Both sides start from an applied layer and change nothing. The plain side runs the layer's apply.yml in the release's
runtime with the engine's own settings (accelerator, pipelining, one gathering of facts). The engine's side is the whole
command, start-up and probe included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from on_hosts import open_bench


def engine(site: Path, layer: str) -> float:
    """Seconds of `groundplane apply`, which has to find nothing to do."""
    command = [sys.executable, "-m", "groundplane", "--site", str(site)]
    started = time.monotonic()
    done = subprocess.run([*command, "apply", layer, "--yes"], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode or "Nothing to do" not in done.stdout:
        raise SystemExit(f"the layer has to be applied first:\n{done.stdout}{done.stderr}")
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--layer", default="bootstrap")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    plain: list[float] = []
    planned: list[float] = []
    with open_bench(given.site, "all", lambda site: site.content.playbooks / given.layer / "apply.yml") as (
        bench,
        table,
    ):
        for number in range(given.rounds):
            plain.append(bench.plain(table, number, step=None))
            planned.append(engine(given.site, given.layer))
            print(f"plain {plain[-1]:7.2f} s   groundplane {planned[-1]:7.2f} s", file=sys.stderr)
    answer = {
        "hosts": len(bench.hosts),
        "layer": given.layer,
        "plain_seconds": [round(seconds, 2) for seconds in plain],
        "groundplane_seconds": [round(seconds, 2) for seconds in planned],
        "ratio": round(statistics.median(planned) / statistics.median(plain), 3),
    }
    if given.json:
        print(json.dumps(answer))
    else:
        print(f"{given.layer} on {answer['hosts']} hosts: groundplane / plain = {answer['ratio']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
