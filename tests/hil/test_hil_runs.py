"""Whole HIL runs on virtual boards: the rig of this repository, and rigs on which something goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tinyhost.tasks.registry import tasks

from scripts.soak_faults import Planted, run_round
from tests.json_docs import check_document

REPO = Path(__file__).parents[2]
TINYHOST = [sys.executable, "-c", "from tinyhost.cli.main import main; main()"]

pytestmark = pytest.mark.firmware

HEAD = """
import os, signal, time
import pytest
from tinyhost.errors import LinkLostError

def test_first(device): device.ping()
"""


def hil_run(folder: Path, rig: Path, *args: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Return the finished command and its JSON."""
    outputs = [
        "--json",
        "-",
        "--junit",
        str(folder / "j.xml"),
        "--report",
        str(folder / "r.html"),
        "--out",
        str(folder / "out"),
        "--history",
        str(folder / "history.sqlite3"),
    ]
    command = [*TINYHOST, "hil", "run", "--rig", str(rig), *outputs, *args]
    env = {**os.environ, "TINYHOST_STATE": str(folder / "kept")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=folder, check=False, env=env)
    assert done.stdout, done.stderr
    return done, json.loads(done.stdout)


def rig_of(folder: Path, tests: str, *boards: str) -> Path:
    (folder / "tests").mkdir()
    (folder / "tests/test_it.py").write_text(HEAD + tests)
    (folder / "rig.toml").write_text(
        'name = "r"\ntests = "tests"\n' + "".join(f"[[board]]\n{board}\n" for board in boards)
    )
    return folder / "rig.toml"


def outcomes(result: dict[str, Any], board: int = 0) -> dict[str, str]:
    return {test["test"].rpartition("::")[2]: test["outcome"] for test in result["boards"][board]["tests"]}


def text_of(result: dict[str, Any], name: str) -> str:
    return str(next(test["text"] for test in result["boards"][0]["tests"] if test["test"].endswith(name)))


NATIVE = 'name = "native"\ntype = "native"'


@pytest.mark.xdist_group("m4 commands")
def test_every_board_of_the_virtual_rig_passes_every_test_of_its_app(tmp_path: Path) -> None:
    done, result = hil_run(tmp_path, REPO / "hil/rigs/virtual.toml")
    tests = [(board["device"], test) for board in result["boards"] for test in board["tests"]]
    bad = [(device, test) for device, test in tests if test["outcome"] not in ("passed", "not_applicable")]
    assert not bad, bad
    assert done.returncode == 0, done.stderr
    apps = [task.app for task in tasks()]
    boards = [(board["device"]["board"], board["device"]["app"]) for board in result["boards"]]
    assert sorted(boards) == sorted(product(("native", "m4"), apps))
    own = {(test["test"].split("/")[2], device["app"], test["outcome"]) for device, test in tests if of_an_app(test)}
    without_stimulus = {(app, app, "not_applicable") for app in apps}  # of tests for a screen, a loudspeaker, a shaker
    assert own - without_stimulus == {
        (of, on, "passed" if of == on else "not_applicable") for of, on in product(apps, apps)
    }
    assert min(sum(test["outcome"] == "passed" for test in board["tests"]) for board in result["boards"]) >= 50
    n_passed, n_other = result["counts"]["passed"], result["counts"]["not_applicable"]
    suites = ET.parse(tmp_path / "j.xml").getroot()
    assert {key: suites.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": str(n_passed + n_other), "failures": "0", "errors": "0", "skipped": str(n_other),
    }  # fmt: skip
    assert "Every board passed" in (tmp_path / "r.html").read_text()
    check_document(result)
    (benched,) = (board for board in result["boards"] if board["bench"])
    assert (benched["name"], benched["bench"]["agreement"]["mismatches"]) == ("native-kws", 0)
    assert "bench: accuracy, %" in (tmp_path / "r.html").read_text()
    (figures,) = (test["properties"] for test in benched["tests"] if "test_bench" in test["test"])
    assert figures["bench: arena, B"] == str(benched["bench"]["model"]["arena_bytes"])
    assert figures["bench: accuracy, %"] == "100.0"
    metered = [
        name
        for board in result["boards"]
        for test in board["tests"]
        for name in test["properties"]
        if test["test"].startswith("hil/tests/test_energy.py") and test["outcome"] == "passed"
    ]
    assert [name for name in metered if name.startswith("energy of an inference, nJ")], metered


def of_an_app(test: dict[str, Any]) -> bool:
    """Return whether a test is in the folder of one app."""
    return str(test["test"]).count("/") == 3  # hil/tests/kws/test_hearing.py


def test_a_wrong_answer_and_a_firmware_that_dies_are_failures_of_the_test(tmp_path: Path) -> None:
    tests = """
def test_wrong(device): assert device.info.board == "toaster"
def test_dies(device, board):
    os.kill(board._supervisor.firmware_pid, signal.SIGSEGV)
    while True:
        board.open_link().close()
def test_last(device): device.ping()
"""
    done, result = hil_run(tmp_path, rig_of(tmp_path, tests, NATIVE))
    assert done.returncode == 1
    assert outcomes(result) == {
        "test_first": "passed",
        "test_wrong": "failed",
        "test_dies": "failed",
        "test_last": "passed",
    }
    assert "the rig is fine: native: the firmware died of signal SIGSEGV" in text_of(result, "test_dies")
    kinds = {
        case.get("name"): [child.tag for child in case if child.tag != "properties"]
        for case in ET.parse(tmp_path / "j.xml").iter("testcase")
    }
    assert kinds == {"test_first": [], "test_wrong": ["failure"], "test_dies": ["failure"], "test_last": []}


def test_a_link_that_stays_dead_is_the_rigs_fault_and_nobody_waits_for_it_again(tmp_path: Path) -> None:
    tests = """
def test_dies(device, board):
    (board.board.folder.program).unlink()
    board.reset()
    device.ping()
def test_after(device): device.ping()
"""
    done, result = hil_run(tmp_path, rig_of(tmp_path, tests, NATIVE))
    assert done.returncode == 1
    assert outcomes(result) == {"test_first": "passed", "test_dies": "rig", "test_after": "rig"}
    errors = [error.get("type") for error in ET.parse(tmp_path / "j.xml").iter("error")]
    assert errors == ["rig", "rig"]
    after = next(test for test in result["boards"][0]["tests"] if test["test"].endswith("test_after"))
    assert (after["phase"], after["seconds"] < 1) == ("setup", True)


def test_a_missing_board_is_an_error_and_the_other_board_still_runs(tmp_path: Path) -> None:
    missing = 'name = "desk"\ntype = "nano33ble"\nserial = "NOT_PLUGGED_IN"'
    done, result = hil_run(tmp_path, rig_of(tmp_path, "", missing, NATIVE))
    assert done.returncode == 1
    assert (outcomes(result, 0), outcomes(result, 1)) == ({"test_first": "rig"}, {"test_first": "passed"})
    assert "NOT_PLUGGED_IN" in text_of(result, "test_first")
    assert "rig r: 1 stopped by a rig fault on desk" in done.stderr


def test_a_test_that_breaks_the_link_itself_has_failed(tmp_path: Path) -> None:
    tests = "def test_gone(device): raise LinkLostError('gone, says the test')\ndef test_last(device): device.ping()\n"
    tests += "@pytest.mark.needs_bench\ndef test_bench(bench): bench()\n"
    (tmp_path / "nothing").mkdir()
    bench = f'{NATIVE}\nbench = {{ runs = 1, samples = 1, data = "nothing" }}'
    _, result = hil_run(tmp_path, rig_of(tmp_path, tests, bench), "--reruns", "0")
    assert outcomes(result) == {
        "test_first": "passed",
        "test_gone": "failed",
        "test_last": "passed",
        "test_bench": "rig",
    }
    assert "nothing" in text_of(result, "test_bench")
    assert "the rig is fine" in text_of(result, "test_gone")


def test_each_round_of_a_soak_leaves_its_records_and_ctrl_c_ends_it_with_a_health_page(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text(
        "import os, pathlib, signal\n"
        "def test_it():\n"
        "    rounds = pathlib.Path('rounds')\n"
        "    rounds.write_text('x' + (rounds.read_text() if rounds.exists() else ''))\n"
        "    if len(rounds.read_text()) == 3: os.kill(os.getppid(), signal.SIGINT)\n"
    )
    (tmp_path / "rig.toml").write_text(f'name = "r"\ntests = "tests"\n[[board]]\n{NATIVE}\n')
    done, result = hil_run(tmp_path, tmp_path / "rig.toml", "--for", "8h", "--allure", "allure", "--openhtf", "htf")
    assert done.returncode == 130, done.stderr
    check_document(result)
    assert len(result["rounds"]) == 3
    allure = [json.loads(file.read_text()) for file in (tmp_path / "allure").iterdir()]
    passed = [each for each in allure if each["status"] == "passed"]  # the one that is interrupted may pass or not
    assert len({each["uuid"] for each in passed}) >= 2
    assert len({each["historyId"] for each in passed}) == 1
    assert len(list((tmp_path / "htf").iterdir())) == 3
    assert "Soak of rig r" in (tmp_path / "r.html").read_text()


def test_the_rest_of_a_sound_that_nobody_heard_is_not_taken_for_the_next_one() -> None:
    planted = [
        Planted(app="kws", fault=fault, seed=seed)
        for seed, fault in enumerate(("muted_speaker", "none", "none"), start=500)
    ]
    outcomes = [(each.fault, outcome) for each, outcome, _ in run_round(planted)]
    assert outcomes == [("muted_speaker", "rig"), ("none", "passed"), ("lost_hub", "rig")]
