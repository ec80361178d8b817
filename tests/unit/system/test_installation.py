"""What an error says about installing works from where tinyhost was installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tinyhost.boards.checks import machine_checks
from tinyhost.system import installation
from tinyhost.system.installation import add_extra, add_package, checkout, remove_package

REPO = Path(__file__).parents[3]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment in which a wheel is installed."""
    monkeypatch.setattr(installation, "checkout", lambda: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/env/bin/python")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return tmp_path


def test_a_clone_knows_that_it_is_one_and_has_its_own_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPO)
    assert checkout() == REPO
    assert add_extra("train") == "make setup-train (in .)"
    assert add_extra("mic").endswith("-m pip install --editable '.[mic]'")


def test_from_elsewhere_the_clone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert add_extra("train") == f"make setup-train (in {REPO})"


def test_a_wheel_in_an_environment_is_added_to_by_its_own_python(wheel: Path) -> None:
    assert add_extra("train") == "/env/bin/python -m pip install 'tinyhost-hil[train]'"
    assert remove_package("tinyhost") == "/env/bin/python -m pip uninstall tinyhost"


def test_in_an_active_environment_python_is_enough(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(wheel))
    assert add_package("pooch") == "python -m pip install pooch"


def test_pipx_and_uv_are_told_by_the_marks_that_they_leave(wheel: Path) -> None:
    (wheel / "uv-receipt.toml").touch()
    assert add_extra("mic") == "uv pip install --python /env/bin/python 'tinyhost-hil[mic]'"
    (wheel / "pipx_metadata.json").touch()
    assert add_extra("mic") == "pipx runpip tinyhost-hil install 'tinyhost-hil[mic]'"


def test_an_environment_without_pip_is_uvs(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert add_extra("mic").startswith("uv pip install --python")


def test_the_doctor_knows_the_stranger_of_our_name(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyhost.boards.checks.machine.stranger_version", lambda: "0.4.18")
    monkeypatch.setattr("tinyhost.boards.checks.machine.checkout", lambda: None)
    (check,) = (check for check in machine_checks() if check.name == "name")
    assert check.state == "warning"
    assert check.detail.startswith("another program, tinyhost 0.4.18 of PyPI, is installed here")
    assert check.fix == (
        "/env/bin/python -m pip uninstall tinyhost, then "
        "/env/bin/python -m pip install --force-reinstall --no-deps tinyhost-hil"
    )
