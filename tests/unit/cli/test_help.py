"""`tinyhost --help` shows every command and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import tinyhost

HEAVY = {"cv2", "matplotlib", "numpy", "platformio", "serial", "tensorflow", "tflite"}
COMMANDS = (
    "bench board boards capture compile data diff doctor flash hil inspect "
    "model models monitor push reset settings synth train"
)


def run(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_help_imports_nothing_heavy() -> None:
    code = """
import contextlib, io, sys
from tinyhost.cli.main import main
sys.argv = ["tinyhost", "--help"]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print("\\n".join(name.split(".")[0] for name in sys.modules))
"""
    loaded = set(run(code).split())
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_help_names_every_command() -> None:
    text = run("from tinyhost.cli.main import main; main()", "--help")
    assert all(f" {name} " in text for name in COMMANDS.split())


def test_every_command_has_help() -> None:
    code = """
import typer
from typer.main import get_command
from tinyhost.cli.main import app
for name, command in get_command(app).commands.items():
    print(name, bool((command.help or "").strip()))
"""
    lines = run(code).split("\n")[:-1]
    assert sorted(lines) == [f"{name} True" for name in COMMANDS.split()]


def test_the_version_is_told() -> None:
    assert run("from tinyhost.cli.main import main; main()", "--version") == f"tinyhost {tinyhost.__version__}\n"


def test_every_list_of_commands_says_the_whole_first_line() -> None:
    code = """
import click
from typer.main import get_command
from tinyhost.cli.main import app

def show(command, path):
    print(command.get_help(click.Context(command, info_name=path, terminal_width=80)))
    for name, below in getattr(command, "commands", {}).items():
        show(below, f"{path} {name}")

show(get_command(app), "tinyhost")
"""
    text = run(code)
    assert "tinyhost train anomaly [OPTIONS]" in text
    assert [line for line in text.split("\n") if line.startswith("  ") and line.endswith("...")] == []
