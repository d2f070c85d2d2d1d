"""A plan names the realm and the key that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.layers.loading import load_graph
from groundplane.plan.fingerprint import Fingerprinter
from groundplane.plan.model import Reason, ReasonKind
from groundplane.plan.planner import changes
from groundplane.plan.realm_inputs import in_words, parts, without_new
from groundplane.plan.wording import reason_in_words
from tests.unit.layers.small_site import SmallSite

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.plan.model import Fingerprint

ACME = "display_name: Acme\nprojects: [{name: web}]\nusers: [{username: a, password: '{{ a_password }}'}]\n"
STEPS = {
    "realms": {"description": "r", "action": "identity_realms", "inputs": ["groundplane_realms"]},
    "customers": {"description": "c", "action": "identity_customers", "inputs": ["groundplane_customers"]},
}
LAYERS = {"layers": {"identity": {"description": "i", "steps": STEPS}}}


def realm(small: SmallSite, name: str, text: str) -> None:
    file = small.path / "environments" / "identity" / "realms" / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def fingerprints(small: SmallSite, **secrets: str) -> dict[str, Fingerprint]:
    site = small.load({"a_password": "x", **secrets})
    graph = load_graph(site)
    return Fingerprinter(site, graph).of_host("node1", graph.order)


def details(before: Fingerprint, now: Fingerprint) -> tuple[str, ...]:
    return tuple(detail for reason in changes(before, now) for detail in reason.details)


def test_a_changed_key_is_named_for_the_step_that_reads_it(tmp_path: Path) -> None:
    small = SmallSite(tmp_path, LAYERS)
    realm(small, "acme", ACME)
    before = fingerprints(small)
    realm(small, "acme", ACME.replace("web", "shop"))
    now = fingerprints(small)
    assert details(before["identity.customers"], now["identity.customers"]) == ("realm acme projects",)
    assert details(before["identity.realms"], now["identity.realms"]) == ()
    realm(small, "acme", ACME.replace("username: a", "username: b") + "enabled: false\n")
    now = fingerprints(small)
    assert details(before["identity.realms"], now["identity.realms"]) == ("realm acme enabled", "realm acme users")
    assert details(before["identity.customers"], now["identity.customers"]) == ("realm acme enabled",)


def test_a_changed_secret_is_named_and_only_where_it_is_used(tmp_path: Path) -> None:
    small = SmallSite(tmp_path, LAYERS)
    realm(small, "acme", ACME)
    before, now = fingerprints(small), fingerprints(small, a_password="y")
    assert details(before["identity.realms"], now["identity.realms"]) == ("a_password",)
    assert details(before["identity.customers"], now["identity.customers"]) == ()


def test_in_words(tmp_path: Path) -> None:
    small = SmallSite(tmp_path, LAYERS)
    realm(small, "acme", ACME)
    before = fingerprints(small)
    realm(small, "globex", ACME)
    realm(small, "acme", ACME.replace("Acme", "ACME"))
    now = fingerprints(small)
    site = small.reload({"a_password": "x"})
    reason = Reason(kind=ReasonKind.INPUTS_CHANGED, details=details(before["identity.realms"], now["identity.realms"]))
    assert reason_in_words(reason, ["node1"], site)[1] == (
        "realm acme: display_name (environments/identity/realms/acme.yml:1)",
        "realm globex (new)",
    )
    assert in_words(site, "realm initech") == "realm initech (not declared any more)"
    assert in_words(site, "realm acme lifetimes") == "realm acme: lifetimes (not set any more)"


def test_of_a_new_realm_the_realm_alone_is_told() -> None:
    names = ("realm acme", "realm acme users", "realm acme-two users", "zone")
    assert without_new(names) == ("realm acme", "realm acme-two users", "zone")
    assert list(parts({"acme": {"a": 1}, "b": None})) == [("realm acme", True), ("realm acme a", 1), ("realm b", True)]
    assert list(parts(None)) == []
