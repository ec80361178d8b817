"""Ctrl-C, and the end that the system asks for."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ignore_interrupts", "on_interrupt", "on_termination", "raise_soon", "termination_is_caught"]

_SOON_S = 0.02


def on_termination(stop: type[BaseException]) -> None:
    """Raise an exception in the main thread when the system asks this process to end; asked again, it ends at once.

    It is raised again until it is being handled or `termination_is_caught`: C code may drop what a signal raises within
    it, as Python's compiler does in an import, and the command would go on.
    """

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _alarm(again)
        raise stop

    def again() -> None:
        if not _is_handled(stop):
            _alarm(again)
            raise stop

    signal.signal(signal.SIGTERM, first)


def termination_is_caught() -> None:
    """Raise no more of what `on_termination` was given."""
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, lambda number, frame: None)
    else:
        signal.setitimer(signal.ITIMER_REAL, 0)


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

    def raise_stop() -> None:
        raise stop

    _alarm(raise_stop)


def _alarm(call: Callable[[], None]) -> None:
    """Call something in the main thread in a moment, in place of what was to be called."""

    def on_alarm(number: int, frame: FrameType | None) -> None:
        call()

    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, on_alarm)
        threading.Timer(_SOON_S, lambda: signal.raise_signal(signal.SIGBREAK)).start()
    else:
        signal.signal(signal.SIGALRM, on_alarm)
        signal.setitimer(signal.ITIMER_REAL, _SOON_S)


def _is_handled(stop: type[BaseException]) -> bool:
    """Return whether the code that runs now, or code that waits for it, handles such an exception."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, stop):
        error = error.__context__
    return error is not None
