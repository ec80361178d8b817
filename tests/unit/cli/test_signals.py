"""Ctrl-C and SIGTERM, when they come where Python ignores what their handlers raise."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = """
import os, signal, sys, time, weakref

import click
from tinyhost.cli import main as command_line

class Thing:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        sum(range(100))  # the handler runs between two of the interpreter's steps

def command():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    thing = Thing()
    del thing
    time.sleep(20)

command_line.app = click.Command("tinyhost", callback=command)
command_line.main()
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_that_comes_in_a_finalizer_ends_the_command_all_the_same(name: str, code: int) -> None:
    command = [sys.executable, "-c", COMMAND.replace("{name}", name)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)
    assert (ended.returncode, ended.stderr) == (code, "")


def test_other_errors_in_finalizers_are_told_as_ever() -> None:
    command = [sys.executable, "-c", COMMAND.replace("os.kill(os.getpid(), signal.{name})", "1 / 0").replace("20", "0")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)
    assert ended.returncode == 0
    assert "ZeroDivisionError" in ended.stderr
