"""Ctrl-C, and the end that the system asks for."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ignore_interrupts", "on_interrupt", "on_termination", "raise_soon"]

_SOON_S = 0.02


def on_termination(call: Callable[[], None]) -> None:
    """Call something when the system asks this process to end; asked a second time, it ends at once."""

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        call()

    signal.signal(signal.SIGTERM, first)


@contextmanager
def on_interrupt(call: Callable[[], None]) -> Iterator[None]:
    """Call something for each Ctrl-C in the block, in place of raising KeyboardInterrupt."""
    before = signal.signal(signal.SIGINT, lambda number, frame: call())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def raise_soon(stop: type[BaseException]) -> None:
    """Raise an exception in the main thread in a moment, even if it waits then."""

    def again(number: int, frame: FrameType | None) -> None:
        raise stop

    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, again)
        threading.Timer(_SOON_S, lambda: signal.raise_signal(signal.SIGBREAK)).start()
    else:
        signal.signal(signal.SIGALRM, again)
        signal.setitimer(signal.ITIMER_REAL, _SOON_S)
