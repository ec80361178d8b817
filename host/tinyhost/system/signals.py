"""Handling of Ctrl-C and of termination by the system."""

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
    """Raise an exception in the main thread when the system terminates this process; the second time it ends at once.

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
    """Stop raising the exception of `on_termination`."""
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
    """Ignore Ctrl-C, which the parent process handles."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def raise_soon(stop: type[BaseException]) -> None:
    """Raise an exception in the main thread soon, even if it is waiting."""

    def raise_stop() -> None:
        raise stop

    _alarm(raise_stop)


def _alarm(call: Callable[[], None]) -> None:
    """Call a function in the main thread soon, in place of the one scheduled before."""

    def on_alarm(number: int, frame: FrameType | None) -> None:
        call()

    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, on_alarm)
        threading.Timer(_SOON_S, lambda: signal.raise_signal(signal.SIGBREAK)).start()
    else:
        signal.signal(signal.SIGALRM, on_alarm)
        signal.setitimer(signal.ITIMER_REAL, _SOON_S)


def _is_handled(stop: type[BaseException]) -> bool:
    """Return whether the running code or one of its callers is handling such an exception."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, stop):
        error = error.__context__
    return error is not None
