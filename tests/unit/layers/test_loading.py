from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import InputError, Problem
from groundplane.layers.loading import load_graph
from groundplane.layers.model import Handover, Need
from tests.unit.layers.small_site import SmallSite, layer, touch, write

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.layers.model import Graph


ALSO_B = {"step": "ground.b", "everywhere": True}


def problems(site: SmallSite) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_graph(site.load())
    return caught.value.problems


def needs(site: SmallSite, step: str) -> set[str]:
    return {need.step for need in load_graph(site.load()).steps[step].needs}


def two_layers(tmp_path: Path, **more: Any) -> SmallSite:
    return SmallSite(
        tmp_path,
        {
            "layers": {
                "ground": layer({"a": {}, "b": {"needs": ["a"]}, "c": {"needs": ["a"]}}),
                "upper": layer(
                    {"d": {}, "e": {"needs": ["d", {"step": "ground.b", "everywhere": True}]}}, needs=["ground"]
                ),
            }
        },
        **more,
    )


def test_steps_come_in_the_order_of_their_needs_and_of_the_file(tmp_path: Path) -> None:
    graph = load_graph(two_layers(tmp_path).load())
    assert graph.order == ("ground.a", "ground.b", "ground.c", "upper.d", "upper.e")
    assert graph.layers["ground"].steps == ("ground.a", "ground.b", "ground.c")
    assert graph.hosts["ground.a"] == ("node1", "node2")


def test_the_first_steps_of_a_layer_need_all_of_the_layer_below_everywhere(tmp_path: Path) -> None:
    graph = load_graph(two_layers(tmp_path).load())
    assert graph.steps["upper.d"].needs == tuple(Need(f"ground.{name}", everywhere=True) for name in "abc")
    assert graph.steps["upper.e"].needs == (Need("upper.d"), Need("ground.b", everywhere=True))


def test_a_layer_that_the_site_leaves_out_is_not_there(tmp_path: Path) -> None:
    graph = load_graph(two_layers(tmp_path, site_layers=["ground"]).load())
    assert list(graph.layers) == ["ground"]


def test_a_layer_needs_one_that_the_site_leaves_out(tmp_path: Path) -> None:
    found = problems(two_layers(tmp_path, site_layers=["upper"]))
    assert found[0].what == "The layer 'upper' needs 'ground', which this site leaves out"
    assert found[0].place is not None
    assert found[0].place.file.name == "layers.yml"


def test_a_layer_comes_after_another_where_the_site_has_that(tmp_path: Path) -> None:
    site = two_layers(tmp_path)
    site.layers["layers"]["upper"] = {"after": ["ground"], "steps": {"d": {"playbook": "upper/d.yml"}}}
    assert needs(site, "upper.d") == {"ground.a", "ground.b", "ground.c"}
    site.site_layers = ["upper"]
    assert needs(site, "upper.d") == set()
    site.layers["layers"]["upper"]["after"] = ["groud"]
    assert "Did you mean 'ground'?" in [problem.cure for problem in problems(site)]


def test_a_step_stands_before_others(tmp_path: Path) -> None:
    steps = {"a": {}, "b": {}, "c": {"before": ["a", {"step": "b", "everywhere": True}]}}
    graph = load_graph(SmallSite(tmp_path, {"layers": {"ground": layer(steps)}}).load())
    assert graph.order == ("ground.c", "ground.a", "ground.b")
    assert graph.steps["ground.a"].needs == (Need("ground.c"),)
    assert graph.steps["ground.b"].needs == (Need("ground.c", everywhere=True),)


def test_a_step_before_nothing(tmp_path: Path) -> None:
    site = SmallSite(tmp_path, {"layers": {"ground": layer({"apple": {}, "c": {"before": ["aple"]}})}})
    (problem,) = problems(site)
    assert (problem.what, problem.cure) == ("There is no step 'ground.aple'", "Did you mean 'apple'?")


def test_options_of_roles_and_named_variables_are_inputs(tmp_path: Path) -> None:
    site = SmallSite(
        tmp_path,
        {"layers": {"ground": layer({"a": {"roles": ["clock"], "inputs": ["zone"]}})}},
        roles={"clock": {"clock_servers": []}},
    )
    step = load_graph(site.load()).steps["ground.a"]
    assert step.inputs == ("clock_servers", "zone")
    assert [role.path.name for role in step.roles] == ["clock"]


def test_a_circle_is_named_whole_with_its_places(tmp_path: Path) -> None:
    site = SmallSite(
        tmp_path,
        {
            "layers": {
                "g": layer({"a": {"needs": ["c"]}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}, "d": {"needs": ["a"]}})
            }
        },
    )
    (found,) = problems(site)
    lines = dict(zip("abc", (5, 10, 15), strict=True))
    assert found.what == (
        "A circle: these steps wait for each other: "
        f"g.a (layers.yml:{lines['a']}) → g.c (layers.yml:{lines['c']}) → "
        f"g.b (layers.yml:{lines['b']}) → g.a (layers.yml:{lines['a']})"
    )


def test_layers_in_a_circle(tmp_path: Path) -> None:
    site = SmallSite(tmp_path, {"layers": {"x": layer({"a": {}}, needs=["y"]), "y": layer({"b": {}}, needs=["x"])}})
    (found,) = problems(site)
    assert found.what.startswith("A circle: these layers wait for each other: x (layers.yml:2) → y (layers.yml:")


def test_all_that_is_wrong_is_told_at_once_with_the_nearest_names(tmp_path: Path) -> None:
    site = SmallSite(
        tmp_path,
        {
            "layers": {
                "ground": layer(
                    {
                        "kernel": {"roles": ["cl0ck"]},
                        "docker": {"needs": ["kernal"], "hosts": "computes"},
                        "empty": {"hosts": "compute:!node1"},
                    },
                    verify="verfy.yml",
                )
            }
        },
        roles={"clock": {}},
        groups={"compute": ["node1"]},
    )
    site.write()
    (site.toolkit / "playbooks" / "docker.yml").unlink()
    (site.toolkit / "roles" / "bare").mkdir()
    with pytest.raises(InputError) as caught:
        load_graph(site.reload())
    told = {problem.what: problem.cure for problem in caught.value.problems}
    assert told["There is no role 'cl0ck'"] == "Did you mean 'clock'?"
    assert told["There is no step 'ground.kernal'"] == "Did you mean 'kernel'?"
    assert told["'ground.docker' runs on 'computes', and 'computes' is neither a host nor a group"] == (
        "Did you mean 'compute'?"
    )
    assert "'ground.empty' runs on 'compute:!node1', and no host matches that" in told
    assert any(what.startswith("There is no playbook 'docker.yml'") for what in told)
    assert any(what.startswith("There is no playbook 'verfy.yml'") for what in told)
    assert all(problem.place is not None and problem.place.line for problem in caught.value.problems)


def test_a_role_has_to_say_what_it_reads(tmp_path: Path) -> None:
    site = SmallSite(tmp_path, {"layers": {"g": layer({"a": {"roles": ["clock"]}})}}, roles={"clock": {}})
    site.write()
    (site.toolkit / "roles" / "clock" / "meta" / "argument_specs.yml").unlink()
    with pytest.raises(InputError) as caught:
        load_graph(site.reload())
    assert caught.value.problems[0].what.startswith("The role 'clock' has no argument_specs")


def test_misspelt_keys(tmp_path: Path) -> None:
    site = SmallSite(tmp_path, {"layers": {"g": layer({"a": {"nedes": []}})}})
    (found,) = problems(site)
    assert "nedes" in found.what
    assert found.cure == "Did you mean 'needs'?"
    assert found.place is not None
    assert found.place.line == 8


def test_wrong_types_in_needs(tmp_path: Path) -> None:
    found = problems(SmallSite(tmp_path, {"layers": {"g": layer({"a": {"needs": [{"stp": "b"}]}})}}))
    assert all(problem.place is not None and problem.place.line == 9 for problem in found)


def test_a_step_has_a_playbook_or_an_action_that_there_is(tmp_path: Path) -> None:
    site = SmallSite(tmp_path, {"layers": {"g": layer({"a": {}, "b": {}, "c": {}, "d": {}})}})
    steps = site.layers["layers"]["g"]["steps"]
    steps["a"] = {"hosts": "all", "action": "push_images"}
    steps["b"]["action"] = "push_images"
    steps["c"] = {"hosts": "all"}
    steps["d"] = {"hosts": "all", "action": "push_image"}
    assert [(problem.what, problem.cure) for problem in problems(site)] == [
        ("'g.b' has to have either a playbook or an action", "Name a playbook."),
        ("'g.c' has to have either a playbook or an action", "Name a playbook."),
        ("There is no action 'push_image'", "Did you mean 'push_images'?"),
    ]
    del steps["c"], steps["d"], steps["b"]["action"]
    step = load_graph(site.load()).steps["g.a"]
    assert (step.playbook, step.action) == (None, "push_images")


def own(tmp_path: Path, hooks: list[dict[str, Any]], layers: dict[str, Any] | None = None) -> SmallSite:
    site = two_layers(tmp_path, own_layers={"layers": layers or {}, "hooks": hooks})
    for name in ("first", "second"):
        touch(site.path / "playbooks" / f"{name}.yml")
    return site


def hook(name: str, **where: str) -> dict[str, Any]:
    return {"name": name, "playbook": f"playbooks/{name}.yml", **where}


def test_hooks_before_a_step_run_in_the_files_order(tmp_path: Path) -> None:
    site = own(tmp_path, [hook("first", before="ground.b"), hook("second", before="ground.b")])
    graph = load_graph(site.load())
    assert graph.order[:4] == ("ground.a", "ground.c", "ground.first", "ground.second")
    assert graph.steps["ground.first"].needs == (Need("ground.a"),)
    assert needs(site, "ground.second") == {"ground.a", "ground.first"}
    assert needs(site, "ground.b") == {"ground.a", "ground.first", "ground.second"}
    assert graph.steps["ground.first"].playbook == site.path / "playbooks" / "first.yml"


def test_hooks_after_a_step_hold_back_what_follows(tmp_path: Path) -> None:
    site = own(tmp_path, [hook("first", after="ground.a"), hook("second", after="ground.a")])
    assert needs(site, "ground.second") == {"ground.first"}
    assert needs(site, "ground.b") == {"ground.a", "ground.first", "ground.second"}


def test_hooks_around_layers(tmp_path: Path) -> None:
    site = own(tmp_path, [hook("first", before="upper"), hook("second", after="ground")])
    assert needs(site, "ground.second") == {"ground.a", "ground.b", "ground.c"}
    assert needs(site, "upper.first") == {"ground.a", "ground.b", "ground.c", "ground.second"}
    assert needs(site, "upper.d") == {"upper.first"}


def test_a_hook_on_nothing(tmp_path: Path) -> None:
    found = problems(own(tmp_path, [hook("first", before="ground.bb"), hook("second")]))
    assert found[0].what == "There is no step or layer 'ground.bb' on this site"
    assert found[1].what == "The hook 'second' has to say either before or after"


def test_a_site_adds_layers_and_steps_with_its_own_roles(tmp_path: Path) -> None:
    site = own(
        tmp_path,
        [],
        {
            "ground": {"steps": {"extra": {"playbook": "playbooks/first.yml", "needs": ["a"], "roles": ["mine"]}}},
            "mine": {"needs": ["ground"], "steps": {"it": {"playbook": "playbooks/second.yml"}}},
        },
    )
    site.site_layers = ["ground", "mine"]
    write(site.path / "roles/mine/meta/argument_specs.yml", {"argument_specs": {"main": {"options": {"mine_x": {}}}}})
    graph = load_graph(site.load())
    assert graph.steps["ground.extra"].inputs == ("mine_x",)
    assert Need("ground.extra", everywhere=True) in graph.steps["mine.it"].needs


def test_a_site_cannot_change_our_steps(tmp_path: Path) -> None:
    found = problems(own(tmp_path, [], {"ground": {"needs": [], "steps": {"a": {"playbook": "playbooks/first.yml"}}}}))
    assert [problem.what for problem in found] == [
        "The layer 'ground' is the toolkit's; a site can add steps to it, not change its 'needs'",
        "The step 'ground.a' is the toolkit's",
    ]
    assert found[0].place is not None
    assert found[0].place.file.parent.name == "site"


def handing(tmp_path: Path, own: dict[str, Any] | None = None, **step: Any) -> SmallSite:
    layers = {"ceph": layer({"users": {}}), "upper": layer({"glance": step})}
    return SmallSite(tmp_path, {"layers": layers}, own_layers=own)


def test_who_gets_keys_waits_until_they_are_made(tmp_path: Path) -> None:
    step = load_graph(handing(tmp_path, handover=["ceph", "ceph:cinder"]).load()).steps["upper.glance"]
    assert step.handovers == (Handover("ceph", "glance"), Handover("ceph", "cinder", named=True))
    assert step.needs == (Need("ceph.users", everywhere=True),)


def test_the_toolkits_steps_get_nothing_from_a_layer_that_the_site_leaves_out(tmp_path: Path) -> None:
    site = handing(tmp_path, handover=["ceph"])
    site.site_layers = ["upper"]
    step = load_graph(site.load()).steps["upper.glance"]
    assert (step.handovers, step.needs) == ((), ())


@pytest.mark.parametrize(
    ("hook", "what", "cure"),
    [
        ({"handover": ["cepf"], "playbook": "own.yml"}, "The layer 'cepf' hands nothing over", "Did you mean 'ceph'?"),
        ({"handover": ["ceph"], "action": "push_images"}, "'upper.mine' is no playbook", "Remove it."),
        ({"handover": ["ceph"], "playbook": "own.yml"}, "which this site leaves out", "Add 'ceph' to layers"),
    ],
)
def test_a_handover_that_can_not_be(tmp_path: Path, hook: dict[str, Any], what: str, cure: str) -> None:
    site = handing(tmp_path, own={"hooks": [{"name": "mine", "after": "upper.glance", **hook}]})
    site.site_layers = ["upper"]
    touch(site.path / "own.yml")
    (found,) = problems(site)
    assert what in found.what
    assert cure in found.cure


def building(tmp_path: Path, *, source: str = "build", images: list[str] | None = None, **more: Any) -> SmallSite:
    """Layers as the toolkit has them around images."""
    supply: dict[str, dict[str, Any]] = {
        "registry": {},
        "ahead": {"needs": ["registry"], "ahead_for": "ceph"},
        "build": {"beside": True, "only_built": True, "unawaited_by": ["ceph"]},
        "pull": {"needs": ["registry", "ahead", "build"], "unawaited_by": ["ceph"]},
    }
    layers = {
        "ground": layer({"a": {}}),
        "supply": layer(supply, needs=["ground"]),
        "ceph": layer({"hosts": {}}, needs=["supply"]),
        "openstack": layer({"first": {}}, needs=["supply"]),
    }
    return SmallSite(
        tmp_path, {"layers": layers}, images={"source": source, "layers": images or ["ceph", "openstack"]}, **more
    )


def waits_for(graph: Graph, step: str) -> set[str]:
    return {need.step for need in graph.steps[step].needs}


def test_ceph_waits_for_its_own_images_alone_and_builds_wait_for_no_layer(tmp_path: Path) -> None:
    graph = load_graph(building(tmp_path).load())
    assert waits_for(graph, "supply.build") == set()
    assert waits_for(graph, "supply.registry") == {"ground.a"}
    assert waits_for(graph, "ceph.hosts") == {"supply.registry", "supply.ahead"}
    assert waits_for(graph, "openstack.first") == {"supply.registry", "supply.ahead", "supply.build", "supply.pull"}
    assert graph.steps["supply.build"].beside
    assert not graph.steps["supply.pull"].beside


@pytest.mark.parametrize("how", [{"source": "registry"}, {"images": ["openstack"]}])
def test_where_nothing_comes_ahead_for_ceph_it_waits_for_all_images(tmp_path: Path, how: dict[str, Any]) -> None:
    graph = load_graph(building(tmp_path, **how).load())
    assert "supply.ahead" not in graph.steps
    assert ("supply.build" in graph.steps) is ("images" in how)
    assert waits_for(graph, "ceph.hosts") == {id_ for id_ in graph.steps if id_.startswith("supply.")}
    assert waits_for(graph, "supply.pull") == {id_ for id_ in ("supply.registry", "supply.build") if id_ in graph.steps}


def test_what_a_site_hooks_into_the_layer_of_images_is_waited_for(tmp_path: Path) -> None:
    hooks = [{"name": "before", "before": "supply", "playbook": "x.yml"}]
    hooks.append({"name": "after", "after": "supply", "playbook": "x.yml"})
    site = building(tmp_path, own_layers={"hooks": hooks})
    touch(site.path / "x.yml")
    graph = load_graph(site.load())
    assert "supply.after" in waits_for(graph, "ceph.hosts")
    assert waits_for(graph, "supply.build") == {"supply.before"}
    assert waits_for(graph, "supply.before") == {"ground.a"}


def test_a_steps_variables_count_as_inputs(tmp_path: Path) -> None:
    site = SmallSite(tmp_path, {"layers": {"g": layer({"a": {"variables": {"needed": "{{ zone }}"}}})}})
    step = load_graph(site.load()).steps["g.a"]
    assert step.variables == {"needed": "{{ zone }}"}
    assert step.inputs == ("needed",)
