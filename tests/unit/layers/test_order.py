from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundplane.layers.order import circles, closure, reduced, topological

NAMES = [f"s{number}" for number in range(9)]


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, list[str]]:
    """Needs without circles, declared in any order."""
    hidden = draw(st.permutations(NAMES))
    needs = {
        name: draw(st.lists(st.sampled_from(hidden[:index]), unique=True)) if index else []
        for index, name in enumerate(hidden)
    }
    return {name: needs[name] for name in draw(st.permutations(NAMES))}


anything = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), unique=True), max_size=9)


@given(acyclic())
def test_everything_comes_after_what_it_needs(needs: dict[str, list[str]]) -> None:
    order = topological(needs)
    assert sorted(order) == sorted(needs)
    assert all(order.index(need) < order.index(name) for name, wanted in needs.items() for need in wanted)


@given(acyclic(), st.randoms())
def test_the_order_does_not_hang_on_how_needs_are_listed(needs: dict[str, list[str]], random: object) -> None:
    assert topological({name: list(reversed(wanted)) for name, wanted in needs.items()}) == topological(needs)


@given(acyclic())
def test_what_is_declared_in_a_good_order_stays_in_it(needs: dict[str, list[str]]) -> None:
    order = topological(needs)
    assert topological({name: needs[name] for name in order}) == order


@given(anything)
def test_a_circle_is_found_exactly_where_the_order_is_incomplete(needs: dict[str, list[str]]) -> None:
    found = circles(needs)
    assert bool(found) == (len(topological(needs)) < len(needs))
    for circle in found:
        for name, need in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert need in needs[name]


@given(acyclic())
def test_reduction_keeps_what_is_needed_in_the_end(needs: dict[str, list[str]]) -> None:
    fewer = reduced(needs)
    assert all(set(fewer[name]) <= set(needs[name]) for name in needs)
    assert all(closure([name], fewer) == closure([name], needs) for name in needs)
