"""Bad input on the command line: one clear error with the next step, an exit code, and never a traceback."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.apps.bad_files import write_bad_files
from tests.commands import TINYHOST, Done, run_tinyhost
from tests.stations import Station

FIRMWARE = pytest.mark.firmware


@dataclass(frozen=True)
class Case:
    """A command line, the text that its error must contain, and its exit code."""

    line: str
    """of the shell, without `tinyhost`; the folder is that of bad_files.py"""
    says: str
    hint: str
    code: int = 1

    def __str__(self) -> str:
        return self.line


WITHOUT_BOARD = [
    Case("inspect missing.tflite", "missing.tflite: No such file", "check the path"),
    Case("inspect folder.tflite", "folder.tflite: expected a model file, got a folder", "the folder contains none"),
    Case("inspect empty.tflite", "an empty file, expected a .tflite", "convert or download"),
    Case("inspect cut.tflite", "cut.tflite: ", "convert or download the model again"),
    Case("inspect noise.tflite", "noise.tflite: bytes 4..8 should be 54464c33", "convert or download the model again"),
    Case("inspect 'noise with magic.tflite'", "noise with magic.tflite: ", "convert or download the model again"),
    Case("inspect huge.tflite", "huge.tflite: 3,221,225,472 bytes, expected at most", "it is the right file"),
    Case("inspect text.txt", "text.txt: bytes 4..8 should be", "convert or download the model again"),
    Case("inspect cosine.tflite", "cosine.tflite: operator 0 (COS)", "compute this layer on the host"),
    Case("inspect cut.thm", "cut.thm: ", "compile the .tflite again"),
    Case("inspect flipped.thm", "flipped.thm: expected CRC", "compile the .tflite again"),
    Case("inspect version.thm", "version.thm: ", "compile the .tflite again"),
    Case("inspect labelled/m.tflite", "labels.txt: expected text in UTF-8, got 0xe9 at byte 3", "UTF-8"),
    Case("inspect good.tflite --json text.txt/x", "text.txt: ", "there is a file in place of a folder"),
    Case("inspect good.tflite --json 'empty folder'", "empty folder: Is a directory", "name a file"),
    Case("inspect good.tflite --json /dev/full", "/dev/full: No space left on device", "make room"),
    Case("inspect .", ".: expected a model file, got a folder", "name cosine.tflite or "),
    Case("inspect /dev/zero", "/dev/zero: expected a file, got a device", "name a file"),
    Case("compile good.tflite -o text.txt/x.thm", "text.txt", "there is a file in place of a folder"),
    Case("compile good.tflite -o x.thm --labels a", "expected 2 labels, one per output, got 1: 'a'", "--labels", 2),
    Case("compile good.tflite -o x.thm --labels a,", "label 1, '': it is empty", "--labels", 2),
    Case("compile good.tflite -o x.thm --labels a,a", "label 'a' occurs twice", "--labels", 2),
    Case(f"compile good.tflite -o x.thm --labels a,{'b' * 32}", "it has 32 bytes of UTF-8, 31 at most", "--labels", 2),
    Case("compile good.tflite -o x.thm --labels 'a,\x1b[31m'", "it holds U+001B, which cannot be seen", "--labels", 2),
    Case("push good.thm --board nonsense", "there is no board 'nonsense'", "native, m4, nano33emu", 2),
    Case("push good.thm --board nano33ble", "no nano33ble is plugged in", "--board native"),
    Case("push good.thm --board 'nano33ble:[/x]'", "serial number [/x]", "plug it in"),
    Case("models --board native", "no firmware on native", "tinyhost flash vww --board native"),
    Case("monitor --board m4", "no firmware on m4", "tinyhost flash vww --board m4"),
    Case("flash nosuch --board native", "no app 'nosuch'", "the apps: vww, kws, anomaly", 2),
    Case("flash vww --board native --engine portable", "no firmware vww_native_portable", "vww_m4_portable", 2),
    Case("bench --board native --truth words.csv", "--truth describes the recording", "add --stream FILE", 2),
    Case("bench --board native --report .", "Is a directory", "name a file", 1),
    Case("flash vww --board native --firmware missing", "missing: No such file", "check the path"),
    Case("flash vww --board native --firmware text.txt", "text.txt: not tinyhost", "tinyhost flash vww"),
    Case("flash vww --board native --model good.thm --no-model", "contradict", "give one of them", 2),
    Case("models --board native --state text.txt", "text.txt", "there is a file in place of a folder"),
    Case("diff --board native", "expected either a file or --seed", "tinyhost diff", 2),
    Case("settings period_ms=fast --board native", "'period_ms=fast' is not NAME=VALUE", "period_ms=200", 2),
    Case("hil run --rig missing.toml", "missing.toml: No such file", "check the path"),
    Case("hil run --rig text.txt", "text.txt:1: not valid TOML", "toml.io"),
    Case("hil run --rig binary.toml", "binary.toml: expected text in UTF-8", "UTF-8"),
    Case("hil run --rig unknown_key.toml", 'unknown_key.toml:6: board "n", "scnee": unknown key', "did you mean scene"),
    Case("hil run --rig rig.toml --report 'empty folder'", "empty folder: Is a directory", "name a file"),
    Case("hil run --rig rig.toml --junit text.txt/x", "text.txt", "there is a file in place of a folder"),
    Case("hil run --rig rig.toml -k 'and and'", "--select 'and and': expected", "with and, or, not", 2),
    Case("compile good.tflite -o /dev/full", "/dev/full: No space left on device", "make room"),
    Case("model fetch nosuch", "no model 'nosuch' in the catalogue", "names"),
    Case("model fetch vww -o text.txt/x", "text.txt", "there is a file in place of a folder"),
    Case("train vww --data missing", "missing: no such folder", "expected <folder>/<label>/*.png"),
    Case("synth pictures text.txt --count 1", "text.txt", "there is a file in place of a folder"),
    Case("synth pictures p --seed -1", "'--seed'", "--help", 2),
    Case("synth speech p --snr nan", "'--snr'", "--help", 2),
    Case("synth stream p.wav --snr inf", "'--snr'", "--help", 2),
    Case("synth machine p.csv --start-s inf", "'--start-s'", "--help", 2),
    Case("monitor --seconds inf", "'--seconds'", "--help", 2),
    Case("capture --label a --seconds inf", "'--seconds'", "--help", 2),
    Case("capture --label a --set a/b", "--set 'a/b': it holds /, which paths are written with", "choose a plain word"),
    Case("capture", "no --label: the samples need one", "--label person", 2),
    Case("capture --label a --count 0", "--count", "--help", 2),
    *(Case(f"capture --label {shlex.quote(label)} --count 1", f"label {label!r}: it ", "choose a plain word")
      for label in ("a/b", "..", "../x", "", " ", ".", "a\nb", "a\x1b[31m", "[/x]", "x" * 32)),
]  # fmt: skip

ON_NATIVE = [
    Case("push --force large.tflite", "a slot takes", "tinyhost inspect MODEL"),
    Case("bench --model noise.tflite", "noise.tflite: ", "convert or download the model again"),
    Case("bench --data missing --samples 0", "missing: no such folder", "tinyhost capture"),
    Case("bench --data text.txt --samples 0", "text.txt: a file; expected a folder", "tinyhost capture"),
    Case("bench --data 'empty folder' --samples 0", "empty folder: 0 classes; expected one folder", "label folders"),
    Case("bench --data 'data without pictures' --samples 0", "0 classes", "label folders"),
    Case("bench --data 'data zero' --samples 0", "data zero/person/1.png: not a picture", "--allow-skipped"),
    Case("bench --data 'data other label' --samples 0", "the model knows no label dog", ""),
    Case("bench --runs 1 --samples 0 --report text.txt/x", "text.txt", "there is a file in place of a folder"),
    Case("diff missing.png", "missing.png: No such file", "check the path"),
    Case("diff missing.npy", "missing.npy: No such file", "check the path"),
    Case("diff 'data cut/person/1.png'", "1.png: not a picture", "delete or replace it"),
    Case("settings nosuch=1", "no setting 'nosuch'", "period_ms", 2),
    Case("settings period_ms=-1", "period_ms = -1 is out of bounds", "from 0 to 60000", 2),
    Case("reset --bootloader", "native has no bootloader", "omit --bootloader", 2),
    Case("monitor --count 1 --json text.txt/x", "text.txt", "there is a file in place of a folder"),
    Case("capture -l a -n 1 --scene missing", "scene 'missing': no such file or folder", "expected pictures, a video"),
    Case("capture -l a -n 1 --scene 'empty folder'", "no picture or sound file in this folder", "tinyhost capture"),
    Case("capture -l a -n 1 --scene webcam:x", "'x' is not a camera number", "webcam:0"),
    Case("capture -l a -n 1 --data s", "the sensor is missing or does not answer", "a scene with --scene"),
    Case("capture -l a -n 1 --scene 'data good' --data text.txt", "text.txt: not a folder", "name a folder"),
    Case("capture -l a -n 1 --scene 'data good' --data text.txt/x", "text.txt", "make room or fix the folder"),
    Case("capture -l a -n 1 --scene 'data good' --data 'set garbage'", "manifest.jsonl:1:1:1: no JSON", "this line"),
    Case("capture -l a -n 1 --scene 'data good' --data 'set list'", "jsonl:1: expected an object", "this line"),
    Case("capture -l a -n 1 --scene 'data good' --data 'set keys'", 'manifest.jsonl:1: "file" is missing', "this line"),
    Case("capture -l a -n 1 --scene 'data good' --data 'set types'", "file: expected text, got 3", "this line"),
    Case("capture -l a -n 1 --scene 'data good' --data 'set binary'", "got 0xff at byte 0", "this line"),
    Case("capture -l a -n 1 --scene 'data good' --set ../x", "--set '../x': it holds /", "choose a plain word"),
]  # fmt: skip

IN_A_PROCESS = [
    Case("inspect good.tflite --json - > /dev/full", "No space left on device", "make room"),
    Case("bench --data 'data cut' --samples 0 --board native", "data cut/person/1.png: not a picture", "fix or"),
    Case("capture -l a -n 1 --scene broken.mp4 --board native", "broken.mp4: neither a picture nor a", "a folder of"),
    Case("capture -l a -n 1 --scene webcam:99 --board native", "webcam:99: no such camera", "/dev/video"),
    Case("capture -l a -n 2 --scene 'data cut' --data s --board native", "1.png: not a picture", "replace it"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad")
    write_bad_files(made)
    return made


@pytest.mark.parametrize("line", ["compile good.tflite -o out/x.thm", "inspect good.tflite --json out/x.json"])
def test_where_there_is_no_room_no_half_file_is_left(line: str, folder: Path) -> None:
    # Without .pyc files: an older Python (3.11.2) leaves half of one where there is no room, and never reads it again.
    command = f"ulimit -f 1; PYTHONDONTWRITEBYTECODE=1 exec {shlex.quote(str(TINYHOST))} {line}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"error: out/x\.\w+: File too large", done.stderr)
    assert list((folder / "out").iterdir()) == []


def run(line: str, folder: Path, state: Path) -> Done:
    return run_tinyhost(*shlex.split(line), folder=folder, TINYHOST_STATE=state)


def run_in_shell(line: str, folder: Path, state: Path) -> Done:
    done = subprocess.run(
        ["bash", "-c", f"{shlex.quote(str(TINYHOST))} {line}"],
        cwd=folder,
        env={**os.environ, "TINYHOST_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


def check(case: Case, done: Done) -> None:
    assert done.code == case.code, done.err
    assert case.says in done.err
    assert case.hint in done.err
    assert done.err.lower().count("error: ") == 1
    assert "Traceback" not in done.err, done.err
    assert "WARN" not in done.err  # of OpenCV


@pytest.mark.parametrize("case", WITHOUT_BOARD, ids=str)
def test_an_error_without_a_board(case: Case, folder: Path, tmp_path: Path) -> None:
    check(case, run(case.line, folder, tmp_path / "state"))


@FIRMWARE
@pytest.mark.parametrize("case", ON_NATIVE, ids=str)
def test_an_error_on_a_board(case: Case, folder: Path, native: Station) -> None:
    check(case, run(f"{case.line} --board native", folder, native.state))


@FIRMWARE
@pytest.mark.parametrize("case", IN_A_PROCESS, ids=str)
def test_an_error_to_which_standard_output_or_libraries_add(case: Case, folder: Path, native: Station) -> None:
    check(case, run_in_shell(case.line, folder, native.state))


@FIRMWARE
def test_any_picture_will_do_as_a_scene_and_as_data(folder: Path, native: Station, tmp_path: Path) -> None:
    done = run(f"capture -l person -n 4 --scene 'odd pictures' --data {tmp_path} --board native", folder, native.state)
    assert done.code == 0, done.err
    done = run("bench --runs 1 --samples 0 --data 'odd pictures' --board native", folder, native.state)
    assert done.code == 0, done.err


@FIRMWARE
@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("board.json", b"{", "board.json:1:2: no JSON"),
        ("board.json", b"[]", "board.json: expected an object, got []"),
        ("board.json", b'{"a": 1}', 'board.json: "app" is missing'),
        (
            "program",
            b"#!/bin/sh\necho '[/x] broken' >&2; exit 3\n",
            "died with exit code 3\n  [/x] broken",
        ),
    ],
)
def test_a_damaged_board_says_so_and_flashing_mends_it(
    file: str, content: bytes, says: str, folder: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    assert run("flash vww --board native --no-model", folder, state).code == 0
    (state / "native" / file).write_bytes(content)
    done = run("models --board native", folder, state)
    check(Case("", says, "try: "), done)
    assert run("boards", folder, state).code == 0
    assert run("flash vww --board native --no-model", folder, state).code == 0
    assert run("models --board native", folder, state).code == 0


@FIRMWARE
def test_what_a_killed_host_left_in_the_state_is_no_obstacle(folder: Path, native: Station) -> None:
    left = native.state / "native" / "running.json"
    for content in (b"{", b'{"pid": 1}', b'{"pid": 99999, "firmware_pid": 99998, "port": "/dev/pts/999"}'):
        left.write_bytes(content)
        assert run("models --board native", folder, native.state).code == 0


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_terminal_that_knows_only_ascii_is_served_too(locale: str, folder: Path, tmp_path: Path) -> None:
    line = "inspect good.tflite --labels no,[/x]"
    environment = f"LC_ALL={locale} PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 NO_COLOR=1"
    done = subprocess.run(
        ["bash", "-c", f"{environment} {TINYHOST} {line}"], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"[/x]" in done.stdout
    assert b"\x1b" not in done.stdout
