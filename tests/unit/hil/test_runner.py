"""The runner, on test folders that use no board: crashes, hangs and skips are the same on every board."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tinyhost.errors import UsageError
from tinyhost.hil.junit import junit_xml
from tinyhost.hil.results import RigResult, headline
from tinyhost.hil.rigs import load_rig
from tinyhost.hil.runner import BoardProcess, RunOptions, run_rig


def run(
    tmp_path: Path,
    tests: str,
    *,
    timeout_s: float = 60,
    boards: int = 1,
    select: str | None = None,
    reruns: int = 0,
    share: bool = False,
    quarantine: str = "",
    observe: Callable[[Sequence[BoardProcess]], None] = lambda _: None,
) -> RigResult:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text("import os, time, pytest\n" + tests)
    text = 'name = "r"\ntests = "tests"\n'
    for n in range(boards):
        text += f'[[board]]\nname = "b{n}"\ntype = "native"\ntimeout_s = {timeout_s}\n'
    (tmp_path / "rig.toml").write_text(text)
    if quarantine:
        (tmp_path / "rig.quarantine.toml").write_text(quarantine)
    options = RunOptions(select=select, reruns=reruns, share=share)
    return run_rig(load_rig(tmp_path / "rig.toml"), folder=tmp_path / "out", options=options, observe=observe)


def outcomes(result: RigResult, board: int = 0) -> dict[str, str]:
    return {test.test.rpartition("::")[2]: test.outcome for test in result.boards[board].tests}


def test_every_board_runs_every_test(tmp_path: Path) -> None:
    result = run(
        tmp_path, "def test_a(): pass\n@pytest.mark.parametrize('x', [1, 2])\ndef test_b(x): assert x < 3", boards=2
    )
    assert (
        outcomes(result, 0) == outcomes(result, 1) == {"test_a": "passed", "test_b[1]": "passed", "test_b[2]": "passed"}
    )
    assert result.passed
    assert result.verdict() == "6 tests passed on 2 boards"


def test_a_selection_that_is_no_expression_is_nobodys_fault_but_its_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--select 'and and': expected"):
        run(tmp_path, "def test_a(): pass", select="and and")


def test_select_is_pytests_k(tmp_path: Path) -> None:
    result = run(tmp_path, "def test_a(): pass\ndef test_b(): pass", select="test_b")
    assert outcomes(result) == {"test_b": "passed"}


def test_nothing_selected_is_no_pass(tmp_path: Path) -> None:
    result = run(tmp_path, "def test_a(): pass", select="absent")  # in no folder's name either
    assert not result.passed
    assert result.verdict() == "no test was found for b0"


def test_a_failure_and_a_skip_fail_the_run(tmp_path: Path) -> None:
    result = run(tmp_path, "def test_a(): assert 1 == 2\ndef test_b(): pytest.skip('not today')\ndef test_c(): pass")
    assert outcomes(result) == {"test_a": "failed", "test_b": "skipped", "test_c": "passed"}
    assert [test.headline for test in result.boards[0].tests] == ["assert 1 == 2", "Skipped: not today", ""]
    assert result.verdict() == "1 failed on b0; 1 skipped on b0"


def test_a_file_that_cannot_be_loaded_fails_the_run(tmp_path: Path) -> None:
    result = run(tmp_path, "import no_such_module")
    assert not result.passed
    assert "no_such_module" in result.boards[0].tests[0].text


def test_a_crash_is_found_in_the_test_that_crashed(tmp_path: Path) -> None:
    result = run(tmp_path, "def test_a(): pass\ndef test_b(): os._exit(7)\ndef test_c(): pass")
    assert outcomes(result) == {"test_a": "passed", "test_b": "rig", "test_c": "not_run"}
    assert result.boards[0].tests[1].headline == "pytest ended with exit code 7"


def test_a_hang_is_stopped_and_the_other_board_goes_on(tmp_path: Path) -> None:
    tests = "def test_a(pytestconfig):\n    if pytestconfig.option.board == 'b0': time.sleep(600)\ndef test_b(): pass"
    result = run(tmp_path, tests, timeout_s=30, boards=2)
    assert outcomes(result, 0) == {"test_a": "rig", "test_b": "not_run"}
    assert "no progress for 30 s (timeout_s, " in result.boards[0].tests[0].text
    assert outcomes(result, 1) == {"test_a": "passed", "test_b": "passed"}


def test_an_interrupt_keeps_what_was_found(tmp_path: Path) -> None:
    def interrupt(boards: Sequence[BoardProcess]) -> None:
        if (boards[0].run.current or "").endswith("test_b"):
            os.kill(os.getpid(), signal.SIGINT)

    result = run(tmp_path, "def test_a(): pass\ndef test_b(): time.sleep(600)", observe=interrupt)
    assert result.interrupted
    assert not result.passed
    assert outcomes(result) == {"test_a": "passed", "test_b": "not_run"}


def test_an_internal_error_of_pytest_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("def pytest_runtest_protocol(): raise RuntimeError('broken conftest')")
    result = run(tmp_path, "def test_a(): pass")
    assert not result.passed
    assert "broken conftest" in result.boards[0].tests[0].text


TROUBLE = """
from pathlib import Path
from tinyhost.errors import LinkLostError
HERE = Path(__file__).parent
def once(name):
    with (HERE / name).open("a") as file: file.write("x")
    return (HERE / name).read_text() == "x"
@pytest.fixture
def station(): return None
def test_rig_once(station):
    if once("rig"): raise LinkLostError("the hub went away")
def test_wrong(station): once("wrong"); assert 1 == 2
def test_fine(): once("fine")
@pytest.mark.parametrize("n", [1, 2])
def test_known(n): assert n == 1
def test_crash():
    if once("crash"): os._exit(7)
def test_last(): pass
"""
QUARANTINED = """
[[test]]
id = "test_it.py::test_known"
reason = "reads too early"
owner = "ada"
expires = 2999-01-01
[[test]]
id = "test_it.py::test_gone"
board = "b0"
reason = "was renamed"
owner = "bo"
expires = 2999-01-01
"""


def test_only_what_the_rig_broke_is_run_again_and_its_first_attempt_is_kept(tmp_path: Path) -> None:
    result = run(tmp_path, TROUBLE, reruns=1, quarantine=QUARANTINED)
    assert outcomes(result) == {
        "test_rig_once": "passed", "test_wrong": "failed", "test_fine": "passed", "test_known[1]": "cured",
        "test_known[2]": "quarantined", "test_crash": "passed", "test_last": "passed",
    }  # fmt: skip
    tests = result.boards[0].tests
    assert [[(each.outcome, each.board, headline(each.text)) for each in test.attempts] for test in tests] == [
        [("rig", "b0", "LinkLostError: the hub went away")], [], [], [], [],
        [("rig", "b0", "pytest ended with exit code 7")], [("not_run", "b0", "pytest ended with exit code 7")],
    ]  # fmt: skip
    assert [(tmp_path / "tests" / name).read_text() for name in ("rig", "wrong", "fine", "crash")] == [
        "xx", "x", "x", "xx",
    ]  # fmt: skip
    gone = f"{tmp_path}/rig.quarantine.toml:7: test_it.py::test_gone on b0: no such test"
    assert result.verdict() == f"1 failed on b0; 1 passed although in quarantine on b0; {gone}"
    case = next(ET.fromstring(junit_xml(result)).iter("testcase"))
    assert [(e.tag, e.get("type"), e.get("message")) for e in case if e.tag != "properties"] == [
        ("flakyError", "rig", "b0: LinkLostError: the hub went away")
    ]


def test_boards_that_are_alike_share_the_tests_and_one_that_dies_rejoins(tmp_path: Path) -> None:
    tests = """
@pytest.mark.parametrize('n', range(30))
def test_a(n, pytestconfig):
    mark = __file__ + ".died"
    while not os.path.exists(mark):
        if pytestconfig.option.board == "b0":
            open(mark, "w").close()
            os._exit(9)
        time.sleep(0.02)
    time.sleep(0.1)
"""
    result = run(tmp_path, tests, boards=2, share=True, reruns=1)
    names = [test.test for board in result.boards for test in board.tests if test.outcome == "passed"]
    assert len(names) == len(set(names)) == 30
    again = [test.attempts[0] for board in result.boards for test in board.tests if test.attempts]
    assert [(each.board, each.outcome, headline(each.text)) for each in again] == [
        ("b0", "rig", "pytest ended with exit code 9")
    ]
