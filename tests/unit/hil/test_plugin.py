"""The pytest plugin: it does nothing until it is used, and reports what did not run and why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

REPO = Path(__file__).parents[3]
RIG = """name = "r"
tests = "."
[[board]]
name = "dark"
type = "native"
allow = ["test_rig.py::test_a*", "special"]
[[board]]
name = "real"
type = "nano33ble"
serial = "NOT_PLUGGED_IN"
"""


@pytest.fixture(autouse=True)
def _repository_settings(pytester: pytest.Pytester) -> None:
    """Give the inner runs no settings of this repository."""
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider")


def test_a_run_that_does_not_use_it_imports_nothing_of_tinyhost(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_nothing_is_loaded():
            heavy = {"tinyhost", "numpy", "serial", "cv2", "rich"}
            loaded = {name for name in sys.modules if name.split(".")[0] in heavy}
            own = {f"tinyhost.hil.{name}" for name in ("capabilities", "multi_board", "plugin")}
            assert loaded == {"tinyhost", "tinyhost.hil"} | own
        """
    )
    code = "import sys, pytest; sys.exit(pytest.main(['-q']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=pytester.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not applicable" not in done.stdout
    assert "tinyhost: board" not in done.stdout


def test_markers_and_options_explain_themselves(pytester: pytest.Pytester) -> None:
    pytester.runpytest("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.needs_scene: *", "@pytest.mark.apps(*names): *"]
    )
    pytester.runpytest("--help").stdout.fnmatch_lines(["tinyhost: hardware in the loop:", "*--board=BOARD*"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--board", "nativ"],
            '*--board: expected native, m4, nano33emu, nano33emu:rev2, nano33ble, *, or an address as *; got "nativ"',
        ),
        (["--rig", "none.toml"], "*none.toml: No such file or directory"),
        (["--rig", "rig.toml"], "*rig.toml: 2 boards and none named; it has dark, real"),
        (["--rig", "rig.toml", "--board", "drak"], '*rig.toml: no board "drak"; it has dark, real'),
    ],
)
def test_a_wrong_option_ends_the_run_at_once(pytester: pytest.Pytester, args: list[str], message: str) -> None:
    (pytester.path / "rig.toml").write_text(RIG)
    pytester.makepyfile("def test_a(device): ...")
    result = pytester.runpytest(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message, "   try: *"])


def test_what_does_not_apply_is_deselected_and_listed_with_its_reason(pytester: pytest.Pytester) -> None:
    (pytester.path / "rig.toml").write_text(RIG.replace('allow = ["test_rig.py::test_a*", "special"]\n', ""))
    pytester.makepyfile(
        test_rig="""
        import pytest
        @pytest.mark.needs_scene
        def test_a(device): assert False
        @pytest.mark.apps("kws")
        def test_b(board): assert False
        @pytest.mark.needs_scene
        def test_c(): pass  # uses no board
        """
    )
    result = pytester.runpytest("--rig", "rig.toml", "--board", "dark")
    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            "tinyhost: board dark (native), app vww, from rig.toml:3",
            "*not applicable, so not tested: 2*",
            "test_rig.py::test_a: dark: it has no scene*",
            "test_rig.py::test_b: dark: runs vww, this is for kws",
        ]
    )


@pytest.mark.parametrize(
    ("capability", "board", "has_it"),
    [
        ("scene", "native", True),
        ("scene", "nano33ble", False),
        ("exact_scene", "m4", True),
        ("exact_scene", "nano33emu:rev2", False),
        ("power_cut", "nano33emu", True),
        ("power_cut", "nano33ble", False),
    ],
)
def test_every_capability_has_its_marker(pytester: pytest.Pytester, capability: str, board: str, has_it: bool) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.needs_{capability}\ndef test_a(station): pass")
    options = [] if board == "nano33ble" else ["--scene", str(REPO / "hil/scenes/cards")]
    result = pytester.runpytest("--board", board, *options)
    result.assert_outcomes(**{"passed" if has_it else "deselected": 1})


def test_a_scene_on_the_command_line_lets_scene_tests_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.needs_scene\ndef test_a(station): pass")
    pytester.runpytest("--board", "native", "--scene", str(REPO / "hil/scenes/cards")).assert_outcomes(passed=1)


def test_the_allow_list_takes_globs_and_markers(pytester: pytest.Pytester) -> None:
    (pytester.path / "rig.toml").write_text(RIG)
    pytester.makeini("[pytest]\nmarkers = special: x\n")
    pytester.makepyfile(
        test_rig="""
        import pytest
        def test_a1(station): pass
        def test_b(station): pass
        @pytest.mark.special
        def test_c(station): pass
        """
    )
    result = pytester.runpytest("--rig", "rig.toml", "--board", "dark")
    result.assert_outcomes(passed=2, deselected=1)
    result.stdout.fnmatch_lines(["test_rig.py::test_b: dark: not in its allow list (rig.toml:3)"])


def test_a_board_that_is_missing_is_an_error_of_the_rig_never_a_skip(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(device): pass\ndef test_b(board): pass")
    result = pytester.runpytest("--board", "nano33ble:NOT_PLUGGED_IN", "--junitxml", "j.xml")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["BoardNotFoundError: *NOT_PLUGGED_IN*"])
    assert (pytester.path / "j.xml").read_text().count('<property name="fault" value="rig"') >= 2
