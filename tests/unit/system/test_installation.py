"""Installation commands in errors fit how tinyhost was installed."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from tinyhost.boards.checks import machine_checks
from tinyhost.errors import MissingToolError
from tinyhost.system import installation
from tinyhost.system.installation import add_extra, add_package, checkout, install_again, remove_package
from tinyhost.system.tools import require_all

REPO = Path(__file__).parents[3]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment in which a wheel is installed."""
    monkeypatch.setattr(installation, "checkout", lambda: None)
    monkeypatch.setattr(installation, "_direct_url", dict)
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


def test_pipx_is_told_by_the_mark_that_it_leaves(wheel: Path) -> None:
    (wheel / "pipx_metadata.json").touch()
    assert add_extra("mic") == "pipx inject tinyhost-hil 'tinyhost-hil[mic]'"
    assert add_package("pooch") == "pipx inject tinyhost-hil pooch"


@pytest.mark.parametrize(
    ("receipt", "command"),
    {
        "nothing added before": ('[{ name = "tinyhost-hil" }]', "uv tool install 'tinyhost-hil[mic]'"),
        "what was added stays": (
            '[{ name = "tinyhost-hil", extras = ["camera", "hil"] }, { name = "pooch" }]',
            "uv tool install 'tinyhost-hil[camera,hil,mic]' --with pooch",
        ),
        "of another form": ("3", "uv tool install 'tinyhost-hil[mic]'"),
    }.values(),
)
def test_uv_is_told_again_what_it_would_forget(wheel: Path, receipt: str, command: str) -> None:
    (wheel / "uv-receipt.toml").write_text(f"[tool]\nrequirements = {receipt}\n")
    assert add_extra("mic") == command


def test_a_wheel_that_was_a_file_is_installed_again_from_it(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = {"url": "file:///tmp/a%20folder/tinyhost_hil-1.whl"}
    monkeypatch.setattr(installation, "_direct_url", lambda: origin)
    assert install_again() == (
        "/env/bin/python -m pip install --force-reinstall --no-deps '/tmp/a folder/tinyhost_hil-1.whl'"
    )
    (wheel / "uv-receipt.toml").touch()
    assert add_extra("mic") == "uv tool install '/tmp/a folder/tinyhost_hil-1.whl[mic]'"


def test_an_environment_without_pip_is_uvs(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert add_extra("mic") == "uv pip install --python /env/bin/python 'tinyhost-hil[mic]'"


def test_all_that_is_missing_is_one_error(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name in {"SCons", "unicorn"} else name)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(MissingToolError) as error:
        require_all(modules=["SCons", "platformio", "unicorn"], programs=["g++", "cmake"], why="so it is")
    assert error.value.message == "SCons, the Python package unicorn, g++ and cmake are not installed; so it is"
    assert error.value.hint == (
        "/env/bin/python -m pip install 'tinyhost-hil[build,emulator]'; sudo apt-get install g++ cmake"
    )
    with pytest.raises(MissingToolError) as caught:
        require_all(modules=["SCons", "unicorn"], why="so it is", extra="train")
    assert "'tinyhost-hil[train]'" in caught.value.hint


def test_the_doctor_knows_the_stranger_of_our_name(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyhost.boards.checks.machine.namesake_version", lambda: "0.4.18")
    (check,) = (check for check in machine_checks() if check.name == "name")
    assert check.state == "warning"
    assert check.detail.startswith("another program, tinyhost 0.4.18 of PyPI, is installed here")
    assert check.fix == (
        "/env/bin/python -m pip uninstall tinyhost, then "
        "/env/bin/python -m pip install --force-reinstall --no-deps tinyhost-hil"
    )


@pytest.mark.parametrize(("ready", "state"), [(["kws", "vww"], "warning"), ([], "missing")])
def test_where_programs_are_ready_to_flash_no_compiler_is_missed(
    monkeypatch: pytest.MonkeyPatch, ready: list[str], state: str
) -> None:
    monkeypatch.setattr("tinyhost.boards.checks.machine.ready_made", lambda kind: ready)
    monkeypatch.setattr("shutil.which", lambda name: None)
    states = {check.name: check.state for check in machine_checks()}
    assert {states[name] for name in ("g++", "arm-none-eabi-g++", "qemu-system-arm")} == {state}
    assert states["espeak-ng"] == "missing"


OF_EXTRAS = {
    "h5py": ["tensorflow"],
    "keras": ["tensorflow"],
    "markupsafe": ["jinja2"],
    "sklearn": ["scikit-learn"],
}
"""what cannot be asked where tests run, or belongs to what is declared"""


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


SAYS_HOW_TO_INSTALL = re.compile(r"\b(pip3? install|pipx |uv (tool|pip)|make setup|pip uninstall)")


def test_whatever_is_imported_is_installed_with_us_or_with_an_extra() -> None:
    """Not by chance, with what another package needs."""
    declared, _, _ = (REPO / "pyproject.toml").read_text(encoding="utf-8").partition("[project.scripts]")
    names = {name.lower() for name in re.findall(r'"([A-Za-z][\w-]*)', declared)}
    modules = {
        name.partition(".")[0]
        for path in (REPO / "host/tinyhost").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in imported_by(node)
    } - {"tinyhost", *sys.stdlib_module_names}
    assert {"numpy", "serial", "requests"} <= modules
    bring = {**importlib.metadata.packages_distributions(), **OF_EXTRAS}
    chances = {module: {*bring.get(module, ()), module.replace("_", "-")} for module in modules}
    assert not {module for module, found in chances.items() if not names & {name.lower() for name in found}}


def test_how_something_is_installed_is_said_in_one_place() -> None:
    package = REPO / "host/tinyhost"
    places = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if SAYS_HOW_TO_INSTALL.search(path.read_text(encoding="utf-8"))
    }
    assert places == {"system/installation.py"}


INSTALLS_THE_STRANGER = re.compile(r"\b(pip|pipx|uv|uvx)\b.*\b(install|inject|run)\b.*[ '\"]tinyhost(\[|[ '\"]|$)")


def test_no_page_installs_the_stranger() -> None:
    pages = [REPO / "README.md", REPO / "CONTRIBUTING.md", *(REPO / "docs").rglob("*.md")]
    lines = [(page.name, line) for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    assert INSTALLS_THE_STRANGER.search("pip install 'tinyhost[train]'")
    assert not [line for line in lines if INSTALLS_THE_STRANGER.search(line[1])]
