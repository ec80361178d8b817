"""The monitor as a full screen: draws, and listens to keys."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live

from tinyhost.monitor.state import MonitorState
from tinyhost.monitor.watch import Watcher
from tinyhost.views.monitor import monitor_view

__all__ = ["run_screen"]

_FRAME_S = 0.08


def run_screen(
    watcher: Watcher, state: MonitorState, console: Console, *, count: int | None, seconds: float | None
) -> bool:
    """Show the screen until q, `count` predictions or `seconds`; raises what ended the watcher.

    Returns whether q ended it.
    """
    failures: list[BaseException] = []

    def watch() -> None:
        try:
            watcher.run()
        except BaseException as error:
            failures.append(error)
        watcher.stop.set()

    thread = threading.Thread(target=watch, name="monitor", daemon=True)
    thread.start()
    try:
        with _keys() as read_key, Live(console=console, screen=True, auto_refresh=False) as live:
            left = _draw(live, watcher, state, read_key, count=count, seconds=seconds)
    finally:
        watcher.stop.set()
        thread.join()
    if failures:
        raise failures[0]
    return left


def _draw(
    live: Live, watcher: Watcher, state: MonitorState, read_key: _ReadKey, *, count: int | None, seconds: float | None
) -> bool:
    """Draw until it is to end; return whether q ended it."""
    preview, paused = True, False
    snapshot = state.snapshot()
    begin = time.monotonic()
    while not watcher.stop.is_set():
        if not paused:
            snapshot = state.snapshot()
        size = live.console.size
        live.update(monitor_view(snapshot, size.width, size.height, preview=preview, paused=paused), refresh=True)
        key = read_key(_FRAME_S)
        if key == "q" or (count and state.n_readings >= count) or (seconds and time.monotonic() - begin >= seconds):
            return key == "q"
        if key == " ":
            paused = not paused
        elif key == "c":
            preview = not preview
    return False


class _ReadKey:
    """Returns the key that was pressed within a time, or an empty string."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def __call__(self, timeout_s: float) -> str:
        if self._descriptor is None:
            time.sleep(timeout_s)
            return ""
        ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
        return os.read(self._descriptor, 1).decode("ascii", "replace") if ready else ""


@contextlib.contextmanager
def _keys() -> Iterator[_ReadKey]:
    """Yield a reader of single keys; the terminal is as before afterwards. Without a terminal there are no keys."""
    import termios
    import tty

    if not sys.stdin.isatty():
        yield _ReadKey(None)
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield _ReadKey(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
