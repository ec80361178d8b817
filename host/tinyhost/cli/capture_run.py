"""What the kinds of `tinyhost capture` have in common."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from tinyhost.cli.output import escape, status_console
from tinyhost.errors import TinyhostError

if TYPE_CHECKING:
    from tinyhost.cli.connect import Connection
    from tinyhost.datasets import DatasetStore, Origin
    from tinyhost.datasets.capture import CaptureResult

__all__ = ["CaptureRun", "ended_by", "stop_on_interrupt", "tell_recovery", "tell_stored"]


class CaptureRun(Protocol):
    """One run of the command, for one sensor."""

    def capture(self, connection: Connection, store: DatasetStore, origin: Origin) -> bool:
        """Capture and show what happens; return whether all is there."""

    def tell_result(self, root: Path, counts: dict[str, int]) -> None:
        """Say what came of it, also of a run that was cut short."""

    def result(self) -> CaptureResult:
        """Return what came of it, for programs."""


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C sets, so that a sample is finished first; the second one interrupts."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def tell_recovery(store: DatasetStore, root: Path) -> None:
    """Say how many samples are there, and what an earlier run left to mend."""
    out, found = status_console(), store.recovery
    counts = store.counts()
    if counts:
        listed = ", ".join(f"{n} {label}" for label, n in counts.items())
        out.print(f"{escape(root)}: going on with {sum(counts.values())} samples: {listed}", soft_wrap=True)
    if found.torn_line:
        out.print(
            f"[yellow]{escape(root)}: the last line of the manifest was torn and has been cut off[/]", soft_wrap=True
        )
    for names, words in (
        (found.adopted, "without a manifest line; it has one now"),
        (found.unreadable, "cannot be read; left as it is, not counted"),
        (found.missing, "is in the manifest and gone"),
    ):
        for name in names[:5]:
            out.print(f"[yellow]{escape(root / name)}[/]: {words}", soft_wrap=True)
        if len(names) > 5:
            out.print(f"[yellow]and {len(names) - 5} more like it[/]")


def tell_stored(
    root: Path, label: str, *, stored: int, asked: int, in_all: int, seconds: float, losses: dict[str, int]
) -> None:
    """Say how many samples were stored, what was lost, and how to go on."""
    out = status_console()
    lost = "".join(f", [yellow]{n} {escape(what)}[/]" for what, n in losses.items() if n)
    out.print(
        f"{escape(root)}: stored [bold]{stored}[/] {escape(label)} in {seconds:.1f} s, {in_all} in all{lost}",
        soft_wrap=True,
    )
    if stored < asked:
        out.print(f"to go on: the same command with --count {asked - stored}", soft_wrap=True)


def ended_by(failure: BaseException | None) -> str:
    """Return why the run ended: done, interrupted, or the error's message."""
    if failure is None:
        return "done"
    return failure.message if isinstance(failure, TinyhostError) else "interrupted"
