from __future__ import annotations

import pytest

from groundplane.plan.references import in_text, in_value


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("plain zone", set()),
        ("{{ zone }}", {"zone"}),
        ("{% if a %}{{ b.c | default(d) }}{% endif %}", {"a", "b", "d"}),
        ("{{ lookup('vars', 'zone') }}", {"lookup", "vars", "zone"}),
        ({"{{ key }}": [1, {"x": "{{ deep }}"}]}, {"key", "deep"}),
        ("{{ broken zone", {"broken", "zone"}),
        ("{{ x | ansible.builtin.combine(y) }}", {"x", "y"}),
    ],
)
def test_names_in_values(value: object, names: set[str]) -> None:
    assert in_value(value).names == names


def test_variables_of_other_hosts() -> None:
    assert in_value("{{ hostvars['a'].rack }}{{ hostvars[h]['disk'] }}").of_others == {"rack", "disk"}
    assert in_value("{{ groups.all | map('extract', hostvars, ['port', 'x']) }}").of_others == {"port"}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("groups: [sudo]", False),
        ("user:\n  groups: sudo\n  append: true", False),
        ("{{ rule.groups | length }}", False),
        ("loop: \"{{ groups['all'] }}\"", True),
        ("when: 'control' in groups", True),
        ("{{ groups.control }}", True),
        ("{{ groups | dict2items }}", True),
    ],
)
def test_an_option_called_groups_is_not_the_inventory(text: str, reads: bool) -> None:
    assert ("groups" in in_text(text).names) is reads


def test_words_of_a_task_and_not_their_attributes() -> None:
    assert in_text("when: zone.name != vars.other").names == {"when", "zone", "vars", "other"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ groundplane_images.ceph }}", {"groundplane_images.ceph"}),
        ("{{ groundplane_images['kolla-toolbox'] | default('') }}", {"groundplane_images.kolla-toolbox"}),
        ("{{ groundplane_images.ceph }} {{ groundplane_images[name] }}", {"groundplane_images", "name"}),
        ("{{ groundplane_images.values() | list }}", {"groundplane_images"}),
        ("{{ groundplane_images | dict2items }}", {"groundplane_images"}),
    ],
)
def test_an_image_that_is_named_by_its_key_stands_for_itself(text: str, names: set[str]) -> None:
    assert in_value(text).names >= names
    assert ("groundplane_images" in in_value(text).names) is ("groundplane_images" in names)
    assert ("groundplane_images" in in_text(text).names) is ("groundplane_images" in names)
