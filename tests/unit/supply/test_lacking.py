"""What applying a site would build, and what a plan says about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.lab.site import ensure_site
from groundplane.lab.state import LabFolder
from groundplane.layers.loading import load_graph
from groundplane.plan.model import HostAction, Plan, ReasonKind
from groundplane.plan.planner import make_plan
from groundplane.site.derived_images import AHEAD, BUILDERS, built_ahead, with_images
from groundplane.site.images_lock import write_lock
from groundplane.site.loading import load_site
from groundplane.supply.catalogue import needed_images
from groundplane.supply.lacking import lacking_for, lacking_images, with_lacking
from groundplane.supply.lock_making import lock_from_records
from tests.unit.lab.small_lab import small_lab
from tests.unit.plan.memory_store import MemoryStore
from tests.unit.supply.lock_samples import MADE_AT, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from groundplane.site.site import Site

KEY = {"groundplane_fingerprint_key": "0123456789abcdef"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lab = small_lab().model_copy(update={"profile": "cloud"})
    folder = LabFolder(tmp_path, "tiny")
    ensure_site(folder, lab, config=tmp_path / "config", content=toolkit_content())
    return folder.site


@pytest.fixture
def load(folder: Path) -> Callable[[], Site]:
    def load() -> Site:
        site = load_site(folder, content=toolkit_content())
        return replace(site, variables=site.variables.with_command_line(KEY))

    return load


def lock(site: Site, names: Iterable[str], *, release: str | None = None, build: str = "1") -> None:
    """As if these images had been built."""
    release = release or site.release.name
    wanted = [image for image in needed_images(site) if image.name in set(names)]
    records = {image.name: record(image.name, release=release, build=build) for image in wanted}
    write_lock(site.path, lock_from_records(release=release, needed=wanted, records=records, made_at=MADE_AT))


def names_of(site: Site) -> list[str]:
    return [image.name for image in needed_images(site)]


def planned(site: Site, store: MemoryStore) -> Plan:
    return make_plan(site, load_graph(site), store, lacking=lacking_images(site))


def work(plan: Plan) -> dict[str, list[tuple[ReasonKind, tuple[str, ...]]]]:
    """Step to its reasons, of those that would run."""
    return {
        step.step: [(reason.kind, reason.details) for reason in host.reasons]
        for step in plan.steps
        for host in step.hosts
        if host.action is HostAction.RUN
    }


def test_what_builds_ahead_is_what_layers_yml_says(load: Callable[[], Site]) -> None:
    site = load()
    assert built_ahead(site.file) == AHEAD
    graph = load_graph(site)
    actions = {step.action for step in graph.steps.values() if step.beside}
    assert actions == set(BUILDERS)


def test_each_image_is_built_by_one_step(load: Callable[[], Site]) -> None:
    site = load()
    lacking = lacking_images(site)
    assert [image.name for image in lacking] == names_of(site)
    ceph = [image.name for image in lacking_for("build_ceph_images", site, lacking)]
    rest = [image.name for image in lacking_for("build_images", site, lacking)]
    assert ceph == ["ceph"]
    assert "keycloak" in rest
    assert sorted([*ceph, *rest]) == sorted(names_of(site))
    assert lacking_for("push_images", site, lacking) == ()


def test_what_the_lock_names_is_left_alone(load: Callable[[], Site]) -> None:
    site = load()
    lock(site, [name for name in names_of(site) if name != "keystone"])
    assert [image.name for image in lacking_images(load())] == ["keystone"]
    lock(site, names_of(site))
    assert lacking_images(load()) == ()


def test_a_lock_of_another_release_is_for_a_person_to_move(load: Callable[[], Site]) -> None:
    site = load()
    lock(site, ["ceph"], release="2025.1")
    assert lacking_images(load()) == ()


def test_who_takes_images_from_a_registry_builds_none_and_has_the_graph_without_that(
    folder: Path, load: Callable[[], Site]
) -> None:
    file = folder / "site.yml"
    text = file.read_text()
    assert "images:\n" in text
    lines = [line for line in text.splitlines() if not line.strip().startswith("source:")]
    lines.insert(lines.index("images:") + 1, "  source: registry")
    file.write_text("\n".join(lines) + "\n")
    site = load()
    assert lacking_images(site) == ()
    graph = load_graph(site)
    supply = {name for name in graph.order if name.startswith("supply.")}
    assert supply == {"supply.registry", "supply.images", "supply.pull"}
    assert supply <= {need.step for need in graph.steps["ceph.hosts"].needs}
    assert [need.step for need in graph.steps["supply.images"].needs] == ["supply.registry"]


def test_a_first_plan_names_what_will_be_built(load: Callable[[], Site]) -> None:
    plan = work(planned(load(), MemoryStore()))
    assert plan["supply.ceph_build"] == [(ReasonKind.NEVER_APPLIED, ()), (ReasonKind.LACKING, ("ceph",))]
    kinds = dict(plan["supply.build"])
    assert "keystone" in kinds[ReasonKind.LACKING]
    assert "ceph" not in kinds[ReasonKind.LACKING]


def test_a_new_image_runs_its_build_and_what_uses_it_and_then_nothing(load: Callable[[], Site]) -> None:
    store, site = MemoryStore(), load()
    lock(site, names_of(site))
    store.succeed(planned(load(), store))
    assert work(planned(load(), store)) == {}

    lock(site, [name for name in names_of(site) if name != "keystone"])
    plan = work(planned(load(), store))
    assert plan["supply.build"] == [(ReasonKind.LACKING, ("keystone",))]
    assert set(plan) == {
        "supply.build",
        "supply.images",
        "supply.pull",
        "openstack.hosts",
        "openstack.prechecks",
        "openstack.keystone",
    }


def test_ceph_and_what_brings_its_image_stay_when_another_image_moves(load: Callable[[], Site]) -> None:
    store, site = MemoryStore(), load()
    lock(site, names_of(site))
    store.succeed(planned(load(), store))
    lock(site, names_of(site), build="2")
    moved = {step for step in work(planned(load(), store)) if step.startswith("ceph.")}
    assert "ceph.cluster" in moved
    lock(site, [name for name in names_of(site) if name == "ceph"])
    assert not [step for step in work(planned(load(), store)) if step.startswith(("ceph.", "supply.ceph"))]


def test_images_to_build_stand_in_the_site_without_a_digest_until_the_lock_has_them(load: Callable[[], Site]) -> None:
    site = load()
    lock(site, ["ceph"])
    site = load()
    compared = with_lacking(site, lacking_images(site))

    def images(of: Site) -> dict[str, str]:
        found = of.variables.value("groundplane_images", None)
        assert found is not None
        return dict(found.value)

    assert images(compared)["ceph"] == images(site)["ceph"]
    assert images(compared)["keystone"].endswith("/keystone:to-be-built")
    node = compared.variables.value("groundplane_host_images", "node1")
    assert node is not None
    assert images(compared)["keystone"] in node.value
    lock(site, names_of(site))
    assert with_lacking(site, ()) is site
    assert images(with_images(site)) == images(load())
    assert "@sha256:" in images(with_images(site))["keystone"]
