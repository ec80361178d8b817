"""The monitor's full screen: drawing and key input."""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.live import Live

from tinyhost.monitor.state import MonitorState
from tinyhost.monitor.watch import Watcher
from tinyhost.system.keys import Keys, has_keyboard, open_keys
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
        with open_keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
            left = _draw(live, watcher, state, keys, count=count, seconds=seconds)
    finally:
        watcher.stop.set()
        thread.join()
    if failures:
        raise failures[0]
    return left


def _draw(
    live: Live, watcher: Watcher, state: MonitorState, keys: Keys, *, count: int | None, seconds: float | None
) -> bool:
    """Draw until the end; return whether q ended it."""
    preview, paused, has_keys = True, False, has_keyboard()
    snapshot = state.snapshot()
    begin = time.monotonic()
    while not watcher.stop.is_set():
        if not paused:
            snapshot = state.snapshot()
        size = live.console.size
        live.update(monitor_view(snapshot, size.width, size.height, preview=preview, paused=paused), refresh=True)
        if has_keys:
            key = keys.next(_FRAME_S)
        else:
            time.sleep(_FRAME_S)
            key = ""
        left = key in ("q", None)  # None: the terminal is gone
        if left or (count and state.n_readings >= count) or (seconds and time.monotonic() - begin >= seconds):
            return left
        if key == " ":
            paused = not paused
        elif key == "c":
            preview = not preview
    return False
