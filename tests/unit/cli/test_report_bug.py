"""--quiet, --verbose and its log, and the log in report-bug's file."""

from __future__ import annotations

import getpass
import json
import socket
import zipfile
from pathlib import Path

import pytest
from tinyhost.system.privacy import identifying_names, redacted

from tests.commands import run_tinyhost

ANN = {"/home/ann": "~", "ann": "USER", "anns-laptop": "HOST"}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/ann/data and /home/anna", "~/data and /home/anna"),
        ("Ann@anns-laptop.local", "USER@HOST.local"),
        ("a planner, annotated", "a planner, annotated"),
        ('{"path": "/home/ann"}', '{"path": "~"}'),
    ],
)
def test_names_are_replaced_as_whole_words(text: str, clean: str) -> None:
    assert redacted(text, ANN) == clean


def test_a_path_of_windows_is_replaced_in_json_too() -> None:
    names = {"C:\\Users\\ann": "~"}
    assert redacted(json.dumps({"at": "C:\\Users\\ann\\x"}), names) == '{"at": "~\\\\x"}'
    assert redacted("in C:\\Users\\ann\\x", names) == "in ~\\x"


def test_home_user_and_host_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "carla"))
    monkeypatch.setattr(socket, "gethostname", lambda: "box.example.org")
    monkeypatch.setattr(getpass, "getuser", lambda: "carl")
    names = identifying_names()
    assert names[str(tmp_path / "carla")] == "~"
    assert (names["carla"], names["carl"]) == ("USER", "USER")
    assert (names["box.example.org"], names["box"]) == ("HOST", "HOST")


def test_quiet_leaves_errors_and_results() -> None:
    loud, quiet = (run_tinyhost("model", "fetch", "vww", *words) for words in ([], ["--quiet"]))
    assert "next: tinyhost push" in loud.err
    assert (quiet.out, quiet.err) == (loud.out, "")
    failed = run_tinyhost("--quiet", "model", "fetch", "nothing")
    assert failed.err.startswith("error: ") and "\n   try: " in failed.err


def test_verbose_keeps_a_log_with_what_ended_the_command(tmp_path: Path) -> None:
    done = run_tinyhost("models", "--board", "toaster", "-v", TINYHOST_STATE=tmp_path)
    (log,) = (tmp_path / "log").glob("*.log")
    assert done.err.endswith(f"log: {log}\n")
    text = log.read_text()
    assert "error: there is no board 'toaster'" in text
    assert "Traceback" in text and "UsageError" in text


def test_ten_logs_are_kept(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    for number in range(20):
        (tmp_path / f"log/20200101-0000{number:02}-1.log").write_text("")
    run_tinyhost("model", "list", "-v", TINYHOST_STATE=tmp_path)
    names = sorted(file.name for file in (tmp_path / "log").iterdir())
    assert (len(names), names[0]) == (10, "20200101-000011-1.log")


def test_a_later_command_is_as_loud_as_ever(tmp_path: Path) -> None:
    run_tinyhost("--quiet", "model", "fetch", "vww", TINYHOST_STATE=tmp_path)
    run_tinyhost("-v", "model", "list", TINYHOST_STATE=tmp_path)
    again = run_tinyhost("model", "fetch", "vww", TINYHOST_STATE=tmp_path)
    assert "next: tinyhost push" in again.err and "log:" not in again.err


def test_a_report_holds_logs_versions_and_checks_without_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home" / "quentin"
    state = home / "state"
    (state / "log").mkdir(parents=True)
    (state / "log" / "20260101-000000-7.log").write_text(
        f"quentin opened {home}/x on deepthought\n\udcff", "utf-8", "replace"
    )
    (state / "flash.log").write_text("0.0 flashed by QUENTIN\n")
    (home / "tinyhost.toml").write_text('data = "sets"\n')
    monkeypatch.setattr(socket, "gethostname", lambda: "deepthought")
    done = run_tinyhost("report-bug", "-o", "bug.zip", folder=home, HOME=home, TINYHOST_STATE=state)
    assert (done.code, "nothing was sent" in done.err) == (0, True)
    with zipfile.ZipFile(home / "bug.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert list(texts) == [
        "README.txt", "versions.json", "doctor.json", "boards.json", "tinyhost.toml",
        "log/20260101-000000-7.log", "log/flash.log",
    ]  # fmt: skip
    assert all(name in done.out for name in texts)
    assert texts["log/20260101-000000-7.log"].startswith("USER opened ~/x on HOST\n")
    assert texts["log/flash.log"] == "0.0 flashed by USER\n"
    assert json.loads(texts["versions.json"])["packages"]["numpy"]
    assert json.loads(texts["doctor.json"])["schema"] == "tinyhost.doctor/1"
    assert not any(name in text.lower() for text in texts.values() for name in ("quentin", "deepthought"))


def test_a_log_that_cannot_be_read_is_reported_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "flash.log").write_bytes(b"x" * (3 << 20))
    run_tinyhost("report-bug", "-o", tmp_path / "bug.zip", folder=tmp_path, TINYHOST_STATE=tmp_path)
    with zipfile.ZipFile(tmp_path / "bug.zip") as archive:
        assert "expected at most" in archive.read("log/flash.log").decode()
