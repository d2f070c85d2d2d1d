"""What kolla-build renders becomes the same text on any day, for our builder."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.supply.kolla.dockerfile import added_archives, normalise

KEYSTONE = """FROM groundplane/keystone-base:rendered

LABEL maintainer="Groundplane" name="keystone" build-date="20260102"


RUN echo 'Uris: http://disabled.invalid/' >/etc/apt/sources.list.d/mariadb.sources && echo 'Types: deb' \\
 >>/etc/apt/sources.list.d/mariadb.sources
# a comment
RUN apt-get update \\
    # why
    && python3 -m pip --no-cache-dir install --upgrade -c /requirements/upper-constraints.txt pip wheel \\

    && /usr/bin/pip --version
ADD keystone-base-archive /keystone-base-source
ADD plugins-archive /
COPY extend_start.sh /usr/local/bin/
"""


def test_parents_come_by_argument_and_the_day_goes() -> None:
    made = normalise(KEYSTONE, "keystone")
    assert made.parent == "keystone-base"
    assert made.text.startswith("ARG BASE\nFROM ${BASE}\n")
    assert 'LABEL maintainer="Groundplane" name="keystone"\n' in made.text
    assert made.text == normalise(KEYSTONE.replace("20260102", "20261231"), "keystone").text


def test_the_distributions_own_image_is_no_parent() -> None:
    assert normalise("FROM debian:trixie\nRUN true\n", "base").parent is None


def test_pip_becomes_the_builds_tool_and_other_words_stay() -> None:
    text = normalise(KEYSTONE, "keystone").text
    assert "&& /usr/local/sbin/pip-install --upgrade -c /requirements/upper-constraints.txt pip wheel \\\n" in text
    assert "/usr/bin/pip --version" in text
    assert "pip-install install" not in text


def test_steps_that_write_disabled_repositories_go() -> None:
    text = normalise(KEYSTONE, "keystone").text
    assert "disabled.invalid" not in text
    assert "RUN apt-get update \\\n" in text


def test_the_check_of_the_distribution_goes_with_all_its_lines() -> None:
    made = normalise(
        'FROM debian:trixie\nRUN . /etc/os-release;\\\n if [ "$PRETTY_NAME" ]; then \\\n false; fi\nRUN x\n', "base"
    )
    assert made.text == "ARG BASE\nFROM ${BASE}\nRUN x\n"


def test_a_comment_inside_a_step_does_not_end_it() -> None:
    text = normalise(KEYSTONE, "keystone").text
    assert "why" not in text
    assert "wheel \\\n    && /usr/bin/pip" in text


def test_archives_are_found_once_each() -> None:
    assert added_archives(KEYSTONE + "ADD plugins-archive /again\n") == ("keystone-base", "plugins")


@pytest.mark.parametrize("text", ["RUN true\n", "FROM a\nFROM b\n"])
def test_other_than_one_from_is_refused(text: str) -> None:
    with pytest.raises(FailedError, match="FROM lines"):
        normalise(text, "x")
