"""Overrides of the toolkit and of a site become one template; what is wrong is said with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2
import pytest

from groundplane.errors import InputError
from groundplane.supply.kolla.overrides import check_names, merge_overrides

if TYPE_CHECKING:
    from pathlib import Path

KOLLA = (
    "FROM base\n{% block header %}{% endblock %}\n{% set memcached_packages = ['memcached'] %}\n"
    "RUN install {{ memcached_packages_override | default(memcached_packages) | join(' ') }}\n"
    "{% block footer %}KOLLA{% endblock %}\n"
)


def _rendered(files: list[Path]) -> str:
    """As kolla-build does it: the override extends a template that it is given."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701
    merged = environment.from_string(merge_overrides(files).text)
    return merged.render(parent_template=environment.from_string(KOLLA))


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_site_beats_the_toolkit_block_by_block(tmp_path: Path) -> None:
    ours = _file(
        tmp_path,
        "ours.j2",
        "{% extends parent_template %}\n{% set memcached_packages_override = ['ours'] %}\n"
        "{% block header %}OURS-HEADER{% endblock %}\n{% block footer %}OURS-FOOTER{% endblock %}\n",
    )
    site = _file(
        tmp_path,
        "site.j2",
        "{% extends parent_template %}\n{% set memcached_packages_override = ['site'] %}\n"
        "{% block footer %}SITE-FOOTER{% endblock %}\n",
    )
    text = _rendered([ours, site])
    assert "RUN install site\n" in text
    assert "OURS-HEADER" in text
    assert "SITE-FOOTER" in text
    assert "OURS-FOOTER" not in text


def test_super_in_a_site_is_the_toolkits_text_and_there_it_is_kollas(tmp_path: Path) -> None:
    ours = _file(tmp_path, "ours.j2", "{% block footer %}{{ super() }}+OURS{% endblock %}")
    site = _file(tmp_path, "site.j2", "{% block footer %}{{ super() }}+SITE{% endblock %}")
    assert "KOLLA+OURS+SITE" in _rendered([ours, site])


def test_comments_and_raw_text_hold_no_blocks(tmp_path: Path) -> None:
    ours = _file(
        tmp_path,
        "ours.j2",
        "{# {% block header %} #}{% raw %}{% endblock %}{% endraw %}{% block footer %}-{% endblock %}",
    )
    assert _rendered([ours]).endswith("memcached\n-")


def test_nested_blocks_stay_inside_their_own(tmp_path: Path) -> None:
    ours = _file(
        tmp_path,
        "ours.j2",
        "{% block footer %}a{% block inner %}b{% endblock %}c{% endblock %}{% block header %}h{% endblock %}",
    )
    text = _rendered([ours])
    assert "abc" in text
    assert "h\n" in text


def test_each_line_knows_where_it_was_written(tmp_path: Path) -> None:
    ours = _file(tmp_path, "ours.j2", "{% extends parent_template %}\n{% set a_b_override = 1 %}\n")
    site = _file(
        tmp_path, "site.j2", "{% extends parent_template %}\n\n{% block footer %}\nRUN {{ 1 / 0 }}\n{% endblock %}\n"
    )
    merged = merge_overrides([ours, site])
    number = next(index for index, line in enumerate(merged.text.splitlines(), start=1) if "1 / 0" in line)
    place = merged.place(number)
    assert place is not None
    assert (place.file, place.line) == (site, 4)
    assert merged.place(0) is None
    assert merged.place(len(merged.text.splitlines()) + 1) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{% extends parent_template %}\n{% block footer %}\nRUN true\n", 2),
        ("{% extends parent_template %}\n\n{% set x = %}\n", 3),
        ("{% block a %}{% endblock %}\n{% block a %}{% endblock %}\n", 2),
    ],
)
def test_a_broken_override_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    site = _file(tmp_path, "template-overrides.j2", text)
    with pytest.raises(InputError) as refused:
        merge_overrides([site])
    assert refused.value.place is not None
    assert refused.value.place.file == site
    assert refused.value.place.line is not None
    assert "template-overrides.j2 is no valid template" in refused.value.what
    # Jinja says where a block that isn't closed ends, not where it begins.
    assert refused.value.place.line in {line, text.count("\n"), text.count("\n") + 1}


def test_an_override_that_is_missing_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        merge_overrides([tmp_path / "none.j2"])


def test_a_block_that_kolla_does_not_have_is_a_typing_error() -> None:
    from pathlib import Path  # noqa: PLC0415

    file = Path("template-overrides.j2")
    with pytest.raises(InputError) as refused:
        check_names(
            "\n{% block keystone_fotter %}{% endblock %}", file, images=["keystone"], blocks=["keystone_footer"]
        )
    assert "no block 'keystone_fotter'" in refused.value.what
    assert "keystone_footer" in refused.value.cure
    assert refused.value.place is not None
    assert refused.value.place.line == 2


def test_a_variable_of_no_image_is_a_typing_error() -> None:
    from pathlib import Path  # noqa: PLC0415

    file = Path("template-overrides.j2")
    images = ["nova-base", "base"]
    check_names("{% set nova_base_packages_append = ['x'] %}{% set own = 1 %}", file, images=images, blocks=[])
    with pytest.raises(InputError, match="'nove_base_packages' begins with the name of no image"):
        check_names("{% set nove_base_packages_append = ['x'] %}", file, images=images, blocks=[])
