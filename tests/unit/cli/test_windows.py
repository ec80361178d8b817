"""Every command as on Windows: it works, or names what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinyhost.cli.declare import Group
from tinyhost.cli.main import app

REPO = Path(__file__).parents[3]
NO_BOARD = "no nano33ble is plugged in"
NO_VIRTUAL = "native needs Linux or macOS"
# What each command is asked, and what it says on its standard error; "" where it does its work.
COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": ("camera", NO_BOARD),
    "boards": ("", ""),
    "flash": ("vww --board native", NO_VIRTUAL),
    "synth pictures": ("FOLDER/drawn --count 2", ""),
    "synth speech": ("FOLDER/spoken --count 1", "espeak-ng is not installed"),
    "synth stream": ("FOLDER/stream.wav --minutes 0.5", "espeak-ng is not installed"),
    "synth hands": ("FOLDER/hands --people 1 --seconds 1", ""),
    "synth machine": ("FOLDER/machine.csv --minutes 0.05", ""),
    "capture": ("--sensor camera --label person --count 1 --data FOLDER/hall", NO_BOARD),
    "data list": ("", ""),
    "data fetch": ("nothing FOLDER/fetched", "nothing"),
    "data import": ("FOLDER/drawn FOLDER/taken", ""),
    "data label": ("FOLDER/drawn FOLDER/labelled --labels person,no_person", ""),
    "data review": ("FOLDER/taken", ""),
    "data info": ("FOLDER/taken", ""),
    "data check": ("FOLDER/taken", "none of them for training"),
    "data card": ("FOLDER/taken FOLDER/papers", ""),
    "data erase": ("--subject P07 --data FOLDER/taken --runs FOLDER/runs --models FOLDER/models", ""),
    "data expire": ("--data FOLDER/taken --runs FOLDER/runs --models FOLDER/models", ""),
    "data split": ("FOLDER/taken", ""),
    "data export": ("FOLDER/taken FOLDER/exported", ""),
    "monitor": ("--count 1", NO_BOARD),
    "train vww": ("--data FOLDER/nothing", "no such folder"),
    "train kws": ("--data FOLDER/nothing --words yes", "no such folder"),
    "train anomaly": ("--data FOLDER/nothing", "no such folder"),
    "train gestures": ("--data FOLDER/nothing", "no such folder"),
    "train series": ("--data FOLDER/nothing", "expected NAME_TRAIN and NAME_TEST"),
    "collect": ("FOLDER/unsure", NO_BOARD),
    "model list": ("", ""),
    "model fetch": ("nothing", "nothing"),
    "model adapt": ("models/vww/model.tflite -o FOLDER/adapted.tflite --softmax off", ""),
    "model compare": ("models/vww/model.tflite models/drawings/model.tflite", ""),
    "model card": ("models/vww/model.tflite FOLDER/papers", ""),
    "inspect": ("models/vww/model.tflite", ""),
    "compile": ("models/vww/model.tflite -o FOLDER/model.thm", ""),
    "push": ("models/vww/model.tflite", NO_BOARD),
    "models": ("", NO_BOARD),
    "models rollback": ("", NO_BOARD),
    "bench": ("--runs 1", NO_BOARD),
    "diff": ("FOLDER/drawn/person/00000.png", NO_BOARD),
    "mlperf run": ("FOLDER/drawn", NO_BOARD),
    "hil run": ("--rig RIG --select identity --out FOLDER/hil", "nothing passed on nano"),
    "hil history": ("", ""),
    "hil allow": ("--rig RIG", ""),
    "rig export": ("--rig RIG --out FOLDER/lab", ""),
    "settings": ("", NO_BOARD),
    "reset": ("", NO_BOARD),
    "board run": ("", NO_VIRTUAL),
    "board serve": ("", NO_BOARD),
    "config": ("", ""),
    "report-bug": ("--output FOLDER/bug.zip", ""),
    "completion": ("bash", ""),
}


def leaves(command: Any, *words: str) -> Iterator[str]:
    """Yield the names of the commands that are not groups."""
    below = command.below() if isinstance(command, Group) else {}
    for name, inner in below.items():
        yield from leaves(inner, *words, name)
    if not below or command.invoke_without_command:
        yield " ".join(words)


def filled(words: str, places: dict[str, str]) -> str:
    for name, place in places.items():
        words = words.replace(name, place)
    return words


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("windows")
    rig = folder / "rig.toml"
    board = '[[board]]\nname = "nano"\ntype = "nano33ble"\nserial = "0123456789ABCDEF"\napp = "vww"\n'
    rig.write_text(f'name = "desk"\ntests = "{(REPO / "hil/tests").as_posix()}"\n{board}')
    places = {"FOLDER": folder.as_posix(), "RIG": rig.as_posix()}
    lines = [[*name.split(), *filled(words, places).split()] for name, (words, _) in COMMANDS.items()]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.windows"],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        cwd=REPO,
        env={**os.environ, "TINYHOST_STATE": str(folder / "state")},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(zip(COMMANDS, json.loads(ran.stdout), strict=True))


def test_every_command_is_tried() -> None:
    assert set(leaves(app)) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_does_its_work_or_says_what_is_missing(done: dict[str, dict[str, Any]], name: str) -> None:
    said = COMMANDS[name][1]
    assert said in done[name]["err"]
    assert done[name]["code"] == (1 if said else 0), done[name]
