"""What a person presses: single keys of a terminal, or the lines of whatever else stands in for a keyboard."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from tinyhost.system.waiting import has_input

__all__ = ["Keys", "has_keyboard", "open_keys"]

_ESCAPE = b"\x1b"
_SEQUENCE_BYTES = 64
_POLL_S = 0.02


class Keys(Protocol):
    """Where keys come from."""

    def next(self, timeout_s: float) -> str | None:
        r"""Return the next key, "" if none is pressed in time, None if there are no more.

        Enter is "\n". Of a line it is the first letter, or "\n" if there is none. Keys that are no letter, such as
        arrows, are "\x1b".
        """


def has_keyboard() -> bool:
    """Return whether a person can press keys here: the standard input is a terminal."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:  # it was closed
        return False


@contextmanager
def open_keys() -> Iterator[Keys]:
    """Yield the keys of the standard input; a terminal gives each at once, and is as before afterwards."""
    stream = sys.stdin
    if stream is None or stream.closed:
        yield _NoKeys()
    elif not has_keyboard():
        yield _lines_of(stream)
    elif sys.platform == "win32":
        yield _ConsoleKeys()
    else:
        import termios
        import tty

        descriptor = stream.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            tty.setcbreak(descriptor)
            yield _TerminalKeys(descriptor)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class _NoKeys:
    def next(self, timeout_s: float) -> str | None:
        del timeout_s
        return None


class _TerminalKeys:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def next(self, timeout_s: float) -> str | None:
        if not has_input(self._descriptor, timeout_s):
            return ""
        data = _read(self._descriptor, 1)
        if data == _ESCAPE:
            while has_input(self._descriptor, 0) and _read(self._descriptor, _SEQUENCE_BYTES):
                pass
            return "\x1b"
        while data[:1] >= b"\xc0" and not _is_whole(data) and has_input(self._descriptor, _POLL_S):
            data += _read(self._descriptor, 1)
        return data.decode("utf-8", "replace") if data and data != b"\x04" else None


class _PipeLines:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._line = b""

    def next(self, timeout_s: float) -> str | None:
        deadline = time.monotonic() + timeout_s
        while not self._line.endswith(b"\n"):
            if not has_input(self._descriptor, max(0.0, deadline - time.monotonic())):
                return ""
            if not (data := _read(self._descriptor, 1)):
                return None
            self._line += data
        line, self._line = self._line, b""
        return _key_of(line.decode("utf-8", "replace"))


class _StreamLines:
    """Lines of a stream that cannot be waited for: one without a descriptor, or of Windows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def next(self, timeout_s: float) -> str | None:
        del timeout_s
        line = self._stream.readline()
        return _key_of(line) if line else None


class _ConsoleKeys:
    """Keys of Windows' console."""

    def next(self, timeout_s: float) -> str | None:
        if sys.platform != "win32":
            raise NotImplementedError("a console of Windows")
        import msvcrt

        deadline = time.monotonic() + timeout_s
        while not msvcrt.kbhit():
            if time.monotonic() >= deadline:
                return ""
            time.sleep(_POLL_S)
        key = msvcrt.getwch()
        if key in "\0\xe0":
            msvcrt.getwch()
            return "\x1b"
        return {"\r": "\n", "\x1a": None}.get(key, key)


def _lines_of(stream: TextIO) -> Keys:
    try:
        descriptor = stream.fileno()
    except (OSError, io.UnsupportedOperation):
        return _StreamLines(stream)
    return _StreamLines(stream) if sys.platform == "win32" else _PipeLines(descriptor)


def _key_of(line: str) -> str:
    return line.strip()[:1] or "\n"


def _read(descriptor: int, n_bytes: int) -> bytes:
    try:
        return os.read(descriptor, n_bytes)
    except OSError:  # the terminal was closed
        return b""


def _is_whole(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
