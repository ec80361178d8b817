"""tinyhost.toml: its keys, where it is found, and what takes precedence over it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tinyhost.errors import ConfigError
from tinyhost.system.configuration import configuration
from tinyhost.system.user_folders import is_of_another_user

from tests.commands import run_json, run_tinyhost

FILE = """\
board = "toaster"
data = "sets/hall"
rig = "/rigs/desk.toml"

[gate]
fail_if = "latency>+2%"
"""


@pytest.fixture()
def project(tmp_path: Path) -> Path:
    (tmp_path / "tinyhost.toml").write_text(FILE)
    (tmp_path / "deep" / "down").mkdir(parents=True)
    return tmp_path


def test_each_value_is_shown_with_its_place(project: Path) -> None:
    document = run_json("config", "--rig", "mine.toml", folder=project / "deep" / "down", TINYHOST_STATE="kept")
    file = str(project / "tinyhost.toml")
    assert document["file"] == file
    assert [tuple(value.values()) for value in document["values"]] == [
        ("board", "toaster", "file", f"{file}:1"),
        ("state", "kept", "environment", "TINYHOST_STATE"),
        ("data", str(project / "sets/hall"), "file", f"{file}:2"),
        ("rig", "mine.toml", "option", ""),
        ("gate.fail_if", "latency>+2%", "file", f"{file}:6"),
    ]


def test_without_a_file_the_defaults_are_shown(tmp_path: Path) -> None:
    document = run_json("config", folder=tmp_path)
    assert document["file"] is None
    assert {value["source"] for value in document["values"]} == {"default"}


def test_an_error_shows_the_line_that_a_value_came_from(project: Path) -> None:
    done = run_tinyhost("models", folder=project)
    assert (done.code, "there is no board 'toaster'" in done.err) == (2, True)
    assert f"{project / 'tinyhost.toml'}:1: board = toaster" in done.err


def test_an_option_and_the_environment_go_before_the_file(project: Path) -> None:
    assert "there is no board 'kettle'" in run_tinyhost("models", folder=project, TINYHOST_BOARD="kettle").err
    assert "there is no board 'pan'" in run_tinyhost("models", "-b", "pan", folder=project, TINYHOST_BOARD="kettle").err


def test_the_rig_of_the_file_is_run(project: Path) -> None:
    assert "/rigs/desk.toml: No such file" in run_tinyhost("hil", "run", folder=project).err


def test_the_data_of_the_file_are_trained_on_unless_others_are_asked_for(project: Path) -> None:
    assert "sets/hall: no such folder" in run_tinyhost("train", "vww", folder=project).err
    assert "other: no such folder" in run_tinyhost("train", "vww", "--data", "other", folder=project).err


def test_a_set_that_is_named_goes_before_the_data_of_the_file(project: Path) -> None:
    assert "both name" not in run_tinyhost("capture", "--set", "mine", "--label", "a", folder=project).err
    said = run_tinyhost("capture", "--set", "mine", "--data", "x", "--label", "a", folder=project).err
    assert "--set and --data both name the data set" in said


def test_a_threshold_waits_for_a_baseline(project: Path) -> None:
    assert "needs --baseline" not in run_tinyhost("bench", folder=project).err
    assert "none.json: No such file" in run_tinyhost("bench", "--baseline", "none.json", folder=project).err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('bord = "m4"', 'tinyhost.toml:1: configuration, "bord": unknown key; expected one of board, state, data'),
        ("board = 3", 'tinyhost.toml:1: configuration, "board": expected a non-empty string, got 3'),
        ('board = ""', 'tinyhost.toml:1: configuration, "board": expected a non-empty string, got ""'),
        ('board = "\\u001b[2J"', 'tinyhost.toml:1: configuration, "board": expected a non-empty string'),
        (
            'data = "' + "x" * 1001 + '"',
            'tinyhost.toml:1: configuration, "data": expected at most 1000 letters, got 1,001',
        ),
        ("gate = 1", 'tinyhost.toml:1: configuration, "gate": expected a table, got 1'),
        ("[gate]\nlatency = 1", 'tinyhost.toml:2: [gate], "latency": unknown key; expected one of fail_if'),
        ("board =", "tinyhost.toml:1: not valid TOML"),
    ],
)
def test_what_may_not_stand_there_is_reported_with_file_and_key(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tinyhost.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        configuration()
    assert f"{tmp_path}/{message}" in caught.value.message
    assert caught.value.hint or "letters" in message


def test_the_search_ends_at_the_home_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(project / "deep"))
    monkeypatch.chdir(project / "deep" / "down")
    assert configuration().path is None


def test_another_file_can_be_named(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.toml"
    other.write_text('board = "m4"')
    monkeypatch.chdir(project)
    monkeypatch.setenv("TINYHOST_CONFIG", "other.toml")
    assert (configuration().path, configuration().values) == (other, {"board": "m4"})


def test_a_file_of_another_user_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tinyhost.system.user_folders.is_of_another_user", lambda path: path == project / "tinyhost.toml"
    )
    monkeypatch.chdir(project)
    with pytest.raises(ConfigError, match="belongs to another user"):
        configuration()


@pytest.mark.parametrize(("owner", "own", "other"), [(0, 5, False), (5, 5, False), (6, 5, True), (6, 0, False)])
def test_files_of_this_user_and_of_root_are_trusted(
    owner: int, own: int, other: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = os.stat_result((0o100644, 0, 0, 1, owner, owner, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self: status)
    monkeypatch.setattr(os, "getuid", lambda: own)
    assert is_of_another_user(tmp_path) is other
