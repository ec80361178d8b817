"""Ctrl-C and SIGTERM at moments when Python ignores the exceptions of their handlers."""

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
    time.sleep(60)

command_line.app = click.Command("tinyhost", callback=command)
command_line.main()
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_that_comes_in_a_finalizer_ends_the_command_all_the_same(name: str, code: int) -> None:
    command = [sys.executable, "-c", COMMAND.replace("{name}", name)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (code, "")


def test_other_errors_in_finalizers_are_reported_as_ever() -> None:
    command = [sys.executable, "-c", COMMAND.replace("os.kill(os.getpid(), signal.{name})", "1 / 0").replace("60", "0")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0
    assert "ZeroDivisionError" in ended.stderr


DROPPED = """
import os, signal, time

import click
from tinyhost.cli import main as command_line

def command():
    before = signal.getsignal(signal.SIGTERM)

    def drop(number, frame):
        signal.signal(signal.SIGTERM, before)
        try:
            before(number, frame)
        except BaseException:
            pass  # as C code does that clears errors

    signal.signal(signal.SIGTERM, drop)
    os.kill(os.getpid(), signal.SIGTERM)
    try:
        while True:
            time.sleep(60)
    finally:
        time.sleep(0.2)
        print("cleaned up")

command_line.app = click.Command("tinyhost", callback=command)
command_line.main()
"""


def test_a_termination_that_is_dropped_by_c_code_comes_again_and_lets_the_command_clean_up() -> None:
    command = [sys.executable, "-c", DROPPED]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, "cleaned up\n", "")
