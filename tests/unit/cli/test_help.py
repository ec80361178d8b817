"""`tinyhost --help` shows every command and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import tinyhost
from tinyhost.cli.commands import COMMANDS
from tinyhost.cli.declare import Group
from tinyhost.cli.main import app

from tests.commands import run_tinyhost

HEAVY = {"cv2", "matplotlib", "numpy", "platformio", "rich", "serial", "tensorflow", "tflite"}


def test_help_imports_nothing_heavy() -> None:
    code = """
import contextlib, io, sys
from tinyhost.cli.main import main
sys.argv = ["tinyhost", "--help"]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print("\\n".join(name.split(".")[0] for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "click" in loaded
    assert not loaded & HEAVY


def test_help_names_every_command() -> None:
    text = run_tinyhost("--help").out
    assert all(f" {name} " in text for name in COMMANDS)


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    assert {name: (command.help or "").partition("\n")[0] for name, command in app.below().items()} == COMMANDS


def test_the_version_is_reported() -> None:
    assert run_tinyhost("--version").out == f"tinyhost {tinyhost.__version__}\n"


def test_every_list_of_commands_says_the_whole_first_line() -> None:
    text = "".join(helps(app, "tinyhost"))
    assert "tinyhost train anomaly [OPTIONS]" in text
    assert [line for line in text.split("\n") if line.startswith("  ") and line.endswith("...")] == []


def helps(command: Any, path: str) -> Iterator[str]:
    """Yield the help of a command and of all below it, on 80 columns."""
    context = click.Context(command, info_name=path, terminal_width=80, **command.context_settings)
    yield command.get_help(context) + "\n"
    for name, below in command.below().items() if isinstance(command, Group) else ():
        yield from helps(below, f"{path} {name}")


def test_h_is_help() -> None:
    assert run_tinyhost("data", "info", "-h").out == run_tinyhost("data", "info", "--help").out


def test_a_command_that_does_not_exist_is_reported_with_the_nearest_that_does() -> None:
    assert "Did you mean 'monitor'?" in run_tinyhost("monitr").err


def test_the_board_of_the_environment_is_taken_unless_one_is_named() -> None:
    assert "there is no board 'toaster'" in run_tinyhost("models", TINYHOST_BOARD="toaster").err
    assert "there is no board 'kettle'" in run_tinyhost("models", "--board", "kettle", TINYHOST_BOARD="toaster").err


def test_listing_boards_imports_nothing_that_it_does_not_need() -> None:
    listing = "try: main(['boards', '--no-ask'])\nfinally: print(*sys.modules)"
    code = f"import sys; from tinyhost.cli.main import main\n{listing}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "tinyhost.boards" in loaded
    assert not loaded & {"logging", "numpy", "rich", "tinyhost.device", "tinyhost.protocol.messages"}
