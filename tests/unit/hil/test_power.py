"""Power switches of real boards: rig files, the programs that are started, permission, and whether power was lost."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tinyhost.errors import BoardError, ConfigError, MissingToolError
from tinyhost.hil.allowed import allow_rig, check_allowed, read_allowed
from tinyhost.hil.audit import AuditLog
from tinyhost.hil.power import PowerCommands, check_power_lost
from tinyhost.hil.rigs import Rig, RigBoard, load_rig
from tinyhost.hil.runner import run_rig
from tinyhost.protocol.messages import InfoReply
from tinyhost.protocol.reset import ResetReason

from tests.commands import run_tinyhost


def rig_of(folder: Path, power: str, kind: str = "nano33ble") -> Rig:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "rig.toml").write_text(
        f'name = "r"\ntests = "tests"\n[[board]]\nname = "desk"\ntype = "{kind}"\npower = {power}\n'
    )
    return load_rig(folder / "rig.toml")


@pytest.mark.parametrize(
    ("power", "off", "on"),
    [
        (
            '{ switch = "uhubctl", location = "1-1.4", port = 2 }',
            "uhubctl -l 1-1.4 -p 2 -a off",
            "uhubctl -l 1-1.4 -p 2 -a on",
        ),
        (
            '{ switch = "ykush", serial = "YK12345", port = 3 }',
            "ykushcmd -s YK12345 -d 3",
            "ykushcmd -s YK12345 -u 3",
        ),
        (
            '{ switch = "labgrid", place = "desk-1" }',
            "labgrid-client -p desk-1 power off",
            "labgrid-client -p desk-1 power on",
        ),
        ('{ switch = "command", off = ["relay", "7", "0"], on = ["/opt/relay", "7"] }', "relay 7 0", "/opt/relay 7"),
    ],
)
def test_each_switch_is_a_program_with_its_arguments(tmp_path: Path, power: str, off: str, on: str) -> None:
    board = rig_of(tmp_path, power).boards[0]
    assert board.power is not None
    assert (" ".join(board.power.off), " ".join(board.power.on), board.power.off_s) == (off, on, 2.0)
    assert "power_cut" in board.capabilities


@pytest.mark.parametrize(
    ("power", "message"),
    [
        ('{ switch = "uhubctl", location = "; rm -rf", port = 1 }', 'expected something like "1-1.4", got "; rm -rf"'),
        ('{ switch = "uhubctl", location = "1-1", port = 1.5 }', "expected a port's number, got 1.5"),
        ('{ switch = "uhubctl", location = "1-1" }', "expected a port's number, got 0"),
        ('{ switch = "ykush", serial = "-d", port = 1 }', "expected something like"),
        ('{ switch = "command", off = ["relay"] }', '"on" is missing'),
        ('{ switch = "command", off = ["./relay"], on = ["relay"] }', '"./relay" depends on the current folder'),
        ('{ switch = "lamp" }', "expected one of uhubctl, ykush, labgrid, command"),
        ('{ switch = "labgrid", place = "x", volts = 5 }', "unknown key"),
        ('{ switch = "labgrid", place = "x", off_s = 6000 }', "expected at most 600 s"),
        ('"uhubctl"', "expected a table"),
    ],
)
def test_a_wrong_switch_is_refused_with_its_line(tmp_path: Path, power: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"rig\.toml:6: .*{re.escape(message)}"):
        rig_of(tmp_path, power)


def test_a_virtual_board_has_a_switch_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a native board has its own switch"):
        rig_of(tmp_path, '{ switch = "labgrid", place = "x" }', kind="native")


def script(folder: Path, name: str, body: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_power_is_cut_and_given_back_even_if_the_cut_fails(tmp_path: Path) -> None:
    log, waits = tmp_path / "log", list[float]()
    works = script(tmp_path, "works", f'echo "$@" >> {log}')
    fails = script(tmp_path, "fails", f'echo fails >> {log}; echo "no such hub" >&2; exit 3')
    PowerCommands(switch="command", off=(works, "a b", "0"), on=(works, "1"), off_s=5.0).cut("desk", sleep=waits.append)
    assert (log.read_text(), waits) == ("a b 0\n1\n", [5.0])
    with pytest.raises(BoardError, match=r"desk: .*fails: exit 3: no such hub"):
        PowerCommands(switch="command", off=(fails,), on=(works, "back")).cut("desk")
    assert log.read_text().endswith("fails\nback\n")
    with pytest.raises(MissingToolError, match="no-such-relay is not installed"):
        PowerCommands(switch="command", off=("no-such-relay",), on=("no-such-relay",)).cut("desk")


BEFORE = InfoReply(boot=7, reset_reason=ResetReason.POWER_ON)


def test_a_new_start_for_want_of_power_is_a_loss_of_power() -> None:
    check_power_lost("desk", BEFORE, replace(BEFORE, boot=8))
    check_power_lost("native", BEFORE, replace(BEFORE, boot=8, reset_reason=ResetReason.UNKNOWN))


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (BEFORE, "its power was not lost: it did not restart \\(start number 7\\), so only its data lines were cut"),
        (replace(BEFORE, boot=8, reset_reason=ResetReason.PIN), "it started again by pin, expected power_on"),
        (replace(BEFORE, boot=8, reset_reason=77), "it started again by unknown, expected power_on"),
    ],
)
def test_a_hub_that_cuts_only_data_is_reported(after: InfoReply, message: str) -> None:
    with pytest.raises(BoardError, match=f"desk: .*{message}"):
        check_power_lost("desk", BEFORE, after)


def test_a_rig_from_elsewhere_starts_nothing_that_was_not_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYHOST_ALLOWED", str(tmp_path / "allowed.json"))
    touched = tmp_path / "touched"
    relay = script(tmp_path, "relay", f"touch {touched}")
    power = f'{{ switch = "command", off = ["{relay}", "0"], on = ["{relay}", "1"] }}'
    rig = rig_of(tmp_path, power)
    with pytest.raises(ConfigError, match=r"rig.toml:3: board desk needs to start a program that has not been allowed"):
        run_rig(rig, folder=tmp_path / "out")
    assert not touched.exists() and not (tmp_path / "out").exists()
    (tmp_path / "tinyhost.toml").write_text('board = "native"\n')
    files = {"TINYHOST_ALLOWED": tmp_path / "allowed.json", "TINYHOST_CONFIG": tmp_path / "tinyhost.toml"}
    shown = run_tinyhost("hil", "allow", "--rig", tmp_path / "rig.toml", **files)
    assert (shown.code, f"desk: {relay} 0" in shown.out, "nothing has been allowed yet" in shown.err) == (2, True, True)
    done = run_tinyhost("hil", "allow", "--rig", tmp_path / "rig.toml", "--yes", **files)
    assert done.code == 0, done.err
    check_allowed(rig.boards[0], read_allowed())
    changed = rig_of(tmp_path, power.replace('"0"', '"all"'))
    with pytest.raises(ConfigError, match=r"not been allowed on this computer: .*relay all"):
        check_allowed(changed.boards[0], read_allowed())


def test_single_commands_are_allowed_with_all_of_their_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYHOST_ALLOWED", str(tmp_path / "allowed.json"))
    board = rig_of(tmp_path, '{ switch = "labgrid", place = "x" }').boards[0]
    assert board.power is not None
    for commands, allowed in ((board.power.commands, True), (board.power.commands[:1], False)):
        (tmp_path / "allowed.json").write_text(json.dumps({"rigs": {}, "commands": commands}))
        if allowed:
            check_allowed(board, read_allowed())
        else:
            with pytest.raises(ConfigError, match="labgrid-client -p x power on"):
                check_allowed(board, read_allowed())


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such marks")
def test_what_others_may_write_allows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "allowed.json"
    allow_rig(tmp_path / "rig.toml", "ab" * 32, path)
    assert (path.stat().st_mode & 0o777, list(read_allowed(path).rigs)) == (0o600, ["ab" * 32])
    path.chmod(0o666)
    with pytest.raises(ConfigError, match="other users may write it"):
        read_allowed(path)


def test_the_audit_log_says_who_did_what_to_which_board(tmp_path: Path) -> None:
    board = RigBoard(name="desk", type="nano33ble", app="vww", where="rig.toml:3", rig_sha256="ab")
    for run in ("one", "two"):
        log = AuditLog(board, run=run, folder=tmp_path)
        log.write("flash", app="vww")
        log.write("power_cut", commands=[["relay", "\u2028"]])
    (file,) = tmp_path.glob("audit-*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["run"], line["action"], line["board"], line["rig"]) for line in lines] == [
        (run, action, "desk", "rig.toml:3") for run in ("one", "two") for action in ("flash", "power_cut")
    ]
    assert lines[0]["app"] == "vww" and lines[1]["commands"] == [["relay", "\u2028"]]
    assert {"time", "user", "host", "pid", "rig_sha256"} <= set(lines[0])
