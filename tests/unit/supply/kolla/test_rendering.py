"""What kolla-build says about an override becomes an error with file and line."""

from __future__ import annotations

from pathlib import Path

from groundplane.supply.kolla.overrides import merge_overrides
from groundplane.supply.kolla.rendering import rendering_error

TRACEBACK = """INFO:kolla.common.utils:Using engine: docker
Traceback (most recent call last):
  File "/x/bin/kolla-build", line 10, in <module>
    sys.exit(main())
  File "/x/site-packages/kolla/image/kolla_worker.py", line 377, in create_dockerfiles
    content = template.render(values, env=os.environ)
  File "<template>", line {line}, in top-level template code
  File "/x/share/kolla/docker/base/Dockerfile.j2", line 5, in template
{error}
"""


def _override(folder: Path) -> Path:
    file = folder / "template-overrides.j2"
    file.write_text("{% extends parent_template %}\n\n{% block footer %}\nRUN {{ nothing.there }}\n{% endblock %}\n")
    return file


def test_the_line_of_the_override_is_named(tmp_path: Path) -> None:
    file = _override(tmp_path)
    merged = merge_overrides([file])
    line = next(index for index, text in enumerate(merged.text.splitlines(), start=1) if "nothing.there" in text)
    said = TRACEBACK.format(line=line, error="jinja2.exceptions.UndefinedError: 'nothing' is undefined")
    error = rendering_error(said, merged, [file], Path("kolla-build.log"))
    assert error is not None
    assert error.place is not None
    assert (error.place.file, error.place.line) == (file, 4)
    assert error.what == "The template override template-overrides.j2 does not render"
    assert error.why == "Kolla says: UndefinedError: 'nothing' is undefined"
    assert "kolla-build.log" in error.cure


def test_an_error_in_kollas_own_part_still_names_the_override(tmp_path: Path) -> None:
    file = _override(tmp_path)
    said = TRACEBACK.format(line=99999, error="jinja2.exceptions.TemplateRuntimeError: no such thing")
    error = rendering_error(said, merge_overrides([file]), [file], Path("kolla-build.log"))
    assert error is not None
    assert error.place is not None
    assert error.place.file == file


def test_what_has_nothing_to_do_with_templates_is_left_alone(tmp_path: Path) -> None:
    file = _override(tmp_path)
    said = "Traceback (most recent call last):\nOSError: [Errno 28] No space left on device\n"
    assert rendering_error(said, merge_overrides([file]), [file], Path("kolla-build.log")) is None
