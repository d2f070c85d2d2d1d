"""Virtual addresses that somebody else has, judged from what all hosts saw."""

from __future__ import annotations

from typing import Any

KEEPALIVED = "keepalived"


def vip_problems(vips: dict[str, str], states: dict[str, dict[str, Any]]) -> list[str]:
    """Virtual addresses that somebody else has, from what all hosts saw; also a host of ours that shouldn't.

    `vips` are addresses by name, `states` hosts to what they saw. An address is rightly on a host where keepalived
    runs.
    """
    macs = {link["mac"]: host for host, state in states.items() for link in state["links"].values() if link.get("mac")}
    found = []
    for name, address in sorted(vips.items()):
        seen = {host: state["vips"][name] for host, state in states.items() if name in state["vips"]}
        for host, answer in sorted(seen.items()):
            if answer["here"] and KEEPALIVED not in states[host]["containers"]["names"]:
                found.append(
                    f"the virtual address {address} (vips.{name}) is on {host}'s {answer['here']}, and no keepalived"
                    f" runs there (ip address del {address} dev {answer['here']}, on {host})"
                )
        strangers = {answer["mac"] for answer in seen.values() if answer["mac"]} - set(macs)
        if strangers:
            owners = ", ".join(sorted(strangers))
            found.append(
                f"the virtual address {address} (vips.{name}) is in use by a machine with the MAC {owners};"
                f" choose another one in site.yml, or take it from there"
            )
    return found


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Any]:
        return {"openstack_vip_problems": vip_problems}
