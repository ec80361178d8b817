"""A finished build is found again, and only that one: another source, option, version or compiler needs a new build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tinyhost.boards.build_cache import Ingredients, Sizes, find_cached_build, ingredients, record_build
from tinyhost.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
SIZES = Sizes(text_bytes=1000, ram_bytes=200)
MADE_FROM = Ingredients(build_id="0123456789abcdef", compiler="g++ 12")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    script = tmp_path / "firmware/platform/build_id.py"
    script.parent.mkdir(parents=True)
    script.write_text((ROOT / "firmware/platform/build_id.py").read_text())
    for path in ("apps/vww/vww.cpp", "lib/engine/engine.h", "engines/tflm/run.cpp", "test/test_engine/main.cpp"):
        (tmp_path / "firmware" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "firmware" / path).write_text("int x;\n")
    (tmp_path / "platformio.ini").write_text(
        "[firmware]\nversion = 1.2\n[common]\nflags = -O2\n[board]\nbuild_flags = ${common.flags} -Wall\n"
        "[env:vww_m4]\nextends = board\nlib_deps = a/b@1\n[env:vww_m4_other]\nextends = board\nbuild_flags = -O3\n"
    )
    return tmp_path


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda project: (project / name).write_text((project / name).read_text().replace(old, new))


def id_of(project: Path, environment: str = "vww_m4") -> str:
    return ingredients(project, environment, None).build_id


@pytest.mark.parametrize(
    "change",
    [
        edit("firmware/apps/vww/vww.cpp", "x", "y"),
        edit("firmware/engines/tflm/run.cpp", "x", "y"),
        edit("platformio.ini", "1.2", "1.3"),
        edit("platformio.ini", "-O2", "-O1"),
        edit("platformio.ini", "-Wall", "-Wextra"),
        edit("platformio.ini", "a/b@1", "a/b@2"),
        lambda project: (project / "firmware/lib/engine/engine.h").rename(project / "firmware/lib/engine/e.h"),
        lambda project: (project / "firmware/lib/engine/new.S").touch(),
    ],
)
def test_what_changes_the_program_changes_its_id(project: Path, change: Callable[[Path], object]) -> None:
    before = id_of(project)
    assert id_of(project) == before
    change(project)
    assert id_of(project) != before


@pytest.mark.parametrize(
    "change",
    [
        edit("firmware/test/test_engine/main.cpp", "x", "y"),
        edit("platformio.ini", "-O3", "-O0"),
        edit("platformio.ini", "[common]", "; a comment\n[common]"),
        lambda project: (project / "firmware/lib/engine/notes.md").touch(),
    ],
)
def test_what_changes_nothing_of_the_program_leaves_its_id(project: Path, change: Callable[[Path], object]) -> None:
    before = id_of(project)
    change(project)
    assert id_of(project) == before


def test_environments_with_other_options_have_other_ids(project: Path) -> None:
    assert id_of(project, "vww_m4") != id_of(project, "vww_m4_other")


def test_a_mistake_in_the_options_names_the_file(project: Path) -> None:
    edit("platformio.ini", "${common.flags}", "${nosuch.flags}")(project)
    with pytest.raises(ConfigError, match=r"platformio\.ini: .*nosuch"):
        id_of(project)


def test_the_compiler_is_one_of_the_ingredients(project: Path) -> None:
    compiler = project / "g++"
    compiler.write_text("#!/bin/sh\necho g++ 12.2\necho Copyright\n")
    compiler.chmod(0o755)
    assert ingredients(project, "vww_m4", str(compiler)).compiler == "g++ 12.2"


def test_a_program_is_found_by_what_it_was_made_from(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"whole")
    assert find_cached_build(program, MADE_FROM) is None
    record_build(program, MADE_FROM, SIZES)
    assert find_cached_build(program, MADE_FROM) == SIZES
    assert find_cached_build(program, Ingredients(build_id=MADE_FROM.build_id, compiler="g++ 13")) is None
    assert find_cached_build(program, Ingredients(build_id="f" * 16, compiler=MADE_FROM.compiler)) is None


@pytest.mark.parametrize("content", [b"who", b"", None])
def test_a_program_that_is_not_the_one_that_was_noted_is_not_taken(tmp_path: Path, content: bytes | None) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"whole")
    record_build(program, MADE_FROM, SIZES)
    program.unlink()
    if content is not None:
        program.write_bytes(content)
    assert find_cached_build(program, MADE_FROM) is None


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"ingredients": {}', "\0"])
def test_a_damaged_note_asks_for_a_build(tmp_path: Path, record: str) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"whole")
    (tmp_path / "built.json").write_text(record)
    assert find_cached_build(program, MADE_FROM) is None
