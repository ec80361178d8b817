"""Builds that cannot work say why. PlatformIO itself is not started here."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest
from tinyhost.boards import build
from tinyhost.boards.build import build_firmware
from tinyhost.boards.project import find_project
from tinyhost.errors import BuildError, ConfigError, MissingToolError, UsageError
from tinyhost.protocol.limits import APP_LIMITS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "firmware" / "apps").mkdir(parents=True)
    (tmp_path / "platformio.ini").write_text("[env:vww_native]\nboard = native\n[env:vww_m4]\n[env:test_native]\n")
    return tmp_path


def test_the_project_is_found_upwards(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "firmware" / "apps")
    assert find_project() == project.resolve()


def test_outside_of_a_project_the_packages_own_checkout_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (find_project() / "host" / "tinyhost").is_dir()


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected platformio\.ini"):
        find_project(tmp_path)


def test_an_app_that_does_not_exist_names_those_that_do(project: Path) -> None:
    with pytest.raises(UsageError, match="no app 'kws'") as error:
        build_firmware("kws", "m4", project=project)
    assert error.value.hint == "the apps: vww"


def test_a_board_that_an_app_is_not_built_for_names_what_there_is(project: Path) -> None:
    with pytest.raises(UsageError, match="no firmware vww_m4_tflm") as error:
        build_firmware("vww", "m4_tflm", project=project)
    assert error.value.hint == "vww exists for: vww_native, vww_m4"


@pytest.mark.parametrize(
    ("kind", "package"),
    [
        ("native", "g++"),
        ("m4", "gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm"),
    ],
)
def test_a_missing_compiler_comes_with_its_package(
    project: Path, monkeypatch: pytest.MonkeyPatch, kind: str, package: str
) -> None:
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(MissingToolError) as error:
        build_firmware("vww", kind, project=project)
    assert error.value.hint == f"sudo apt-get install {package}"


def test_the_first_compiler_error_is_the_message(project: Path) -> None:
    lines = [
        "Compiling .pio/build/vww_native/src/apps/vww/vww.o",
        "firmware/apps/vww/vww.cpp:7:3: error: 'x' was not declared in this scope",
        "firmware/apps/vww/vww.cpp:9:1: error: expected ';'",
        "*** [.pio/build/vww_native/src/apps/vww/vww.o] Error 1",
    ]
    error = build._build_error("vww_native", lines)
    assert isinstance(error, BuildError)
    assert error.message == f"building vww_native failed: {lines[1]}"
    assert error.hint == "pio run -e vww_native shows the whole build"


def test_without_a_compiler_error_the_last_lines_are_the_message() -> None:
    error = build._build_error("vww_nano33ble", [f"line {n}" for n in range(30)] + ["HTTPClientError:"])
    assert "HTTPClientError" in error.message
    assert "line 29" in error.message
    assert "line 3\n" not in error.message


@pytest.mark.parametrize("app", sorted(APP_LIMITS))
def test_the_nanos_programs_are_built_with_the_groups_of_operators_that_the_host_expects(app: str) -> None:
    file = ConfigParser(interpolation=None)
    file.read(find_project() / "platformio.ini")
    for env in (f"env:{app}_nano33ble", f"env:{app}_nano33ble_arduino"):
        if file.has_section(env):
            flags = file[env].get("build_flags") or file[file[env]["extends"]]["build_flags"]
            assert f"-DTINYHOST_OPERATOR_GROUPS={APP_LIMITS[app].operator_groups}" in flags.split()
