"""What docs/quickstart.md says to type in a lab, typed there by a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.command import ROOT
from tests.e2e.conftest import FROM_NOTHING
from tests.quickstart import CLOUD, LAB, in_a_shell, script

if TYPE_CHECKING:
    from tests.command import Answer
    from tests.e2e.conftest import Lab, Stored

TO_THE_SITE = next(line for line in script(LAB[0]).splitlines() if line.startswith("cd "))


def typed_in(lab: Lab, text: str, timeout: float) -> Answer:
    # The page calls its lab by the default name.
    return in_a_shell(text, folder=ROOT, env={**lab.env, "GROUNDPLANE_LAB": lab.name}, timeout=timeout)


@pytest.mark.lab
@pytest.mark.long
def test_a_look_around_and_a_change(stored: Stored) -> None:
    # The page's lab has all of its layers: a mere `apply` has nothing else to do there.
    lab = stored.lab
    file = lab.site / "inventory" / "host_vars" / "node1.yml"
    before = file.read_bytes() if file.is_file() else None
    try:
        answer = typed_in(lab, script(*LAB), 900)
        assert answer.code == 0, str(answer)
        assert "net.ipv4.tcp_keepalive_time" in answer.out, "the plan names what was changed behind its back"
        assert "inventory/host_vars/node1.yml:1" in answer.out, "explain says where the value comes from"
        assert lab.on("node1", "sysctl", "-n", "net.core.somaxconn").strip() == "8192"
        assert lab.on("node2", "sysctl", "-n", "net.ipv4.tcp_keepalive_time").strip() != "99"
        assert lab.plan("bootstrap")[0].code == 0, "nothing is left to do"
    finally:
        if before is None:
            file.unlink(missing_ok=True)
        else:
            file.write_bytes(before)
        back = lab.groundplane("apply", "bootstrap", "--yes")
    assert back.code == 0, str(back)


@pytest.mark.cloud
@pytest.mark.timeout(FROM_NOTHING + 1800)
def test_the_cloud_is_used(cloud_lab: Lab) -> None:
    answer = typed_in(cloud_lab, f"source .venv/bin/activate\n{TO_THE_SITE}\n{script(CLOUD)}", 1800)
    assert answer.code == 0, str(answer)
    assert f"{cloud_lab.name}-admin" in answer.out, "clouds.yaml has the administrator's entry"
