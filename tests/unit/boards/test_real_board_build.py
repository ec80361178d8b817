"""The real board's builds according to platformio.ini and its scripts."""

from __future__ import annotations

import ast
import configparser
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

REPO = Path(__file__).parents[3]
STANDARD = REPO / "firmware/platform/standard.py"
EXACT = re.compile(r"@\d+\.\d+\.\d+$")


@pytest.fixture(scope="module")
def board_section() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read(REPO / "platformio.ini")
    return parser["nano33ble_arduino"]


@pytest.fixture(scope="module")
def cpp17_patterns() -> tuple[str, ...]:
    """The patterns that the script gives PlatformIO, which matches them with fnmatch against paths in the project."""
    for node in ast.parse(STANDARD.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "OURS":
            return tuple(ast.literal_eval(node.value))
    raise AssertionError(f"no OURS in {STANDARD}")


def test_arduinos_platform_is_pinned_to_one_version(board_section: configparser.SectionProxy) -> None:
    assert EXACT.search(board_section["platform"])


def test_cpp17_is_taken_from_all_and_given_back_by_the_script(board_section: configparser.SectionProxy) -> None:
    assert "-std=gnu++17" in board_section["build_unflags"].split()
    assert "pre:firmware/platform/standard.py" in board_section["extra_scripts"]


def test_all_cpp_of_ours_is_compiled_as_cpp17(cpp17_patterns: tuple[str, ...]) -> None:
    firmware = REPO / "firmware"
    folders = ("apps", "lib", "boards/nano33ble_shared", "boards/nano33ble_arduino")
    ours = [path for folder in folders for path in (firmware / folder).rglob("*.cpp")]
    assert len(ours) > 50
    for path in ours:
        assert any(fnmatch(path.relative_to(REPO).as_posix(), pattern) for pattern in cpp17_patterns), path


@pytest.mark.parametrize(
    "path",
    [
        ".pio/libdeps/vww_nano33ble_arduino/Arduino_LSM6DS3/src/LSM6DS3.cpp",
        ".pio/packages/framework-arduino-mbed/cores/arduino/main.cpp",
        ".pio/packages/framework-arduino-mbed/libraries/Wire/Wire.cpp",
        "firmware/boards/identity.cpp",
    ],
)
def test_nothing_else_is(path: str, cpp17_patterns: tuple[str, ...]) -> None:
    assert not any(fnmatch(path, pattern) for pattern in cpp17_patterns)
