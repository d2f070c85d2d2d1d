"""The server's own side: what cloud-init is told, and what its console says."""

from __future__ import annotations

import json
import re

from groundplane.run.plain_text import plain_text

_HOST_KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
_KEY = re.compile(r"\b((?:ssh|ecdsa)-[a-z0-9-]+) ([A-Za-z0-9+/=]{40,})")
_BARE = re.compile(
    r"\[(?:[?=>][0-9;]*[A-Za-z]|[0-9;:]*[HJKm]|[0-9;]+[nr]|!p)|\](?:[0-9]{1,4};[^\\\n]*\\|104)"  # CSI, OSC
)
"""Nova leaves the escape character itself out, and every other control character but the line's end."""
_NO_METADATA = re.compile(r"finished at .* Datasource DataSourceNone\b|Used fallback datasource")
"""What cloud-init says at its end where no source of metadata answered it."""
TAIL_LINES = 15


def user_data(word: str, public_keys: tuple[str, ...] = ()) -> str:
    """A cloud-config: cloud-init says `word` on the console when it is through; `public_keys` may log in, too."""
    told = {
        "final_message": f"{word}: cloud-init $version finished after $uptime seconds, from $datasource",
        **({"ssh_authorized_keys": list(public_keys)} if public_keys else {}),
    }
    # JSON is YAML.
    return f"#cloud-config\n{json.dumps(told, indent=1)}\n"


def finished(console: str, word: str) -> str | None:
    """What cloud-init said at its end; None as long as it hasn't. An echo of the order itself doesn't count."""
    for line in plain(console).splitlines():
        _, found, rest = line.partition(f"{word}: ")
        if found and "$uptime" not in rest and "finished after" in rest:
            return rest.strip()
    return None


def ended_without_metadata(console: str) -> str | None:
    """What cloud-init said where it ended knowing nothing of its server, which then waits for nobody; else None."""
    return next((line.strip() for line in plain(console).splitlines() if _NO_METADATA.search(line)), None)


def host_keys(console: str) -> tuple[str, ...]:
    """The server's ssh host keys, as "TYPE KEY", which cloud-init prints on the console; empty where it doesn't."""
    found = _HOST_KEYS.search(plain(console))
    return tuple(f"{kind} {key}" for kind, key in _KEY.findall(found[1])) if found else ()


def last_lines(console: str, count: int = TAIL_LINES) -> tuple[str, ...]:
    """The end of what the console says, for a person who looks for a reason."""
    lines = [line.rstrip() for line in plain(console).splitlines() if line.strip()]
    return tuple(lines[-count:])


def plain(console: str) -> str:
    """Without the colours and cursor movements of a terminal."""
    return _BARE.sub("", plain_text(console))
