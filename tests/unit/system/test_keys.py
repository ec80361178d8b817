"""Keys of a terminal arrive one by one, without Enter; without a terminal, lines take their place."""

from __future__ import annotations

import io
import os
import pty
import sys
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest
from tinyhost.system.keys import has_keyboard, open_keys


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Give the end of a terminal at which a person types."""
    person, program = pty.openpty()
    with os.fdopen(program, "r") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield person
    os.close(person)


def test_a_key_needs_no_enter_and_the_terminal_is_as_before(terminal: int) -> None:
    before = termios.tcgetattr(sys.stdin.fileno())
    with open_keys() as keys:
        assert has_keyboard()
        assert keys.next(0) == ""
        os.write(terminal, "qé\n\x1b[Ap".encode())
        assert [keys.next(1) for _ in range(3)] == ["q", "é", "\n"]
        assert keys.next(1) == "\x1b"  # an arrow, and what came with it
        assert keys.next(0) == ""
        os.write(terminal, b"\x04")
        assert keys.next(1) is None  # Ctrl-D
    assert termios.tcgetattr(sys.stdin.fileno()) == before


def _pipe(content: bytes) -> TextIO:
    out, into = os.pipe()
    os.write(into, content)
    os.close(into)
    return os.fdopen(out, "r")


@pytest.mark.parametrize("make", [_pipe, lambda content: io.StringIO(content.decode())])
def test_lines_stand_in_for_keys_until_their_end(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(make)
    monkeypatch.setattr(sys, "stdin", make(b"q\n\n  retake\n"))
    with open_keys() as keys:
        assert not has_keyboard()
        assert [keys.next(1) for _ in range(4)] == ["q", "\n", "r", None]
    sys.stdin.close()


def test_a_pipe_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    with os.fdopen(out, "r") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with open_keys() as keys:
            os.write(into, b"r")
            assert keys.next(0.01) == ""  # half a line
            os.write(into, b"\n")
            assert keys.next(1) == "r"
    os.close(into)


@pytest.mark.parametrize("is_open", [True, False])
def test_without_an_input_there_are_no_keys(is_open: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed if is_open else None)
    with open_keys() as keys:
        assert not has_keyboard()
        assert keys.next(1) is None
