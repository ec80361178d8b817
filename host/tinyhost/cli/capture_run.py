"""One run of `tinyhost capture`: its options, display and result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.wav import wav_bytes
from tinyhost.boards.scenes import gaps_in
from tinyhost.cli.output import Display, Words, live_display, note, status_console, warn
from tinyhost.datasets.capture import (
    Answer,
    CaptureDocument,
    CaptureEvent,
    CaptureProgress,
    CaptureSession,
    capture_pictures,
    capture_recording,
    capture_words,
)
from tinyhost.datasets.store import BACKGROUND_LABEL
from tinyhost.errors import MissingToolError, TinyhostError, UsageError
from tinyhost.system.keys import has_keyboard, open_keys
from tinyhost.system.loudspeaker import play_wav
from tinyhost.system.signals import on_interrupt
from tinyhost.system.wording import counted
from tinyhost.views.capture import CaptureView, PicturesView, RecordingView, WordsView

if TYPE_CHECKING:
    from tinyhost.cli.connect import Connection
    from tinyhost.datasets import DatasetStore, Origin
    from tinyhost.tasks.capture import CaptureForm

__all__ = ["CaptureOptions", "CaptureRun", "tell_recovery"]

_ANSWERS = {"\n": "keep", "\r": "keep", "k": "keep", "r": "retake", "q": "stop"}
_TICK_S = 0.1
_SHOWN = 5
"""of remarks that are alike"""
_VIEWS: dict[str, type[CaptureView]] = {"pictures": PicturesView, "words": WordsView, "minutes": RecordingView}


@dataclass(frozen=True, kw_only=True)
class CaptureOptions:
    """The options of the command line."""

    label: str | None
    count: int | None
    every_s: float
    background: bool
    seconds: float
    countdown_s: float
    review: bool | None
    """None: if the input is a terminal"""
    speaker: str


class CaptureRun:
    """Runs a task's capture and shows it."""

    def __init__(self, form: CaptureForm, options: CaptureOptions) -> None:
        """Raise UsageError if the task does not support the options."""
        self._form = form
        self._options = options
        self._progress = CaptureProgress()
        self._takes = "minutes" if options.background else form.takes
        self._label = BACKGROUND_LABEL if options.background else options.label or ""
        if options.background and (form.takes != "words" or form.recording is None):
            raise UsageError("--background is for sounds", hint="add --sensor mic")
        if self._takes == "minutes" and options.count is not None:
            raise UsageError("--count is for pictures and words", hint="use --seconds for the length of the recording")
        self._count = options.count or form.count

    def capture(self, connection: Connection, store: DatasetStore, origin: Origin) -> bool:
        """Capture and show what happens; return whether all is there."""
        if gaps := gaps_in(connection.scene):
            self._progress.issues.append(f"{connection.scene}: {gaps}")
        with _stop_on_interrupt() as stop, live_display() as display:
            session = CaptureSession(
                device=connection.device,
                board=connection.board,
                store=store,
                origin=origin,
                label=self._label,
                on_event=_shown(_VIEWS[self._takes](self._label, self._asked), display),
                stop=stop,
                progress=self._progress,
            )
            self._take(session, display)
            return not stop.is_set() if self._takes == "minutes" else self._progress.stored >= self._count

    @property
    def _asked(self) -> float:
        return self._options.seconds if self._takes == "minutes" else self._count

    def _take(self, session: CaptureSession, display: Display) -> None:
        options = self._options
        if self._takes == "pictures":
            capture_pictures(session, count=self._count, every_s=options.every_s)
        elif self._takes == "words":
            capture_words(
                session,
                count=self._count,
                countdown_s=options.countdown_s,
                speaker=options.speaker or session.origin.device,
                review=self._reviewer(session, display),
            )
        elif self._form.recording is not None:
            capture_recording(session, seconds=options.seconds, form=self._form.recording)

    def _reviewer(self, session: CaptureSession, display: Display) -> Callable[[NDArray[np.int16]], Answer]:
        """Return the function that reviews a good word: by a person, or none."""
        is_asked = self._options.review
        if is_asked is None:
            is_asked = has_keyboard() and status_console().is_terminal

        def ask(pcm: NDArray[np.int16]) -> Answer:
            with display.aside():
                answer = _answer(pcm, f"{self._progress.stored + 1}/{self._count}", session.stop)
            if answer == "stop":
                session.stop.set()
            return "keep" if answer == "keep" else "retake"

        return ask if is_asked else lambda pcm: "keep"

    def tell_result(self, root: Path, counts: dict[str, int]) -> None:
        """Print the result, also of an interrupted run."""
        done, in_all = self._progress, counts.get(self._label, 0)
        is_picture = self._takes == "pictures"
        dropped = f"{done.dropped:,} dropped by the board" if is_picture else f"{counted(done.dropped, 'sample')} lost"
        losses = [(n, f"{counted(n, 'clip')} {reason}") for reason, n in done.rejected.items()]
        losses.append((done.sensor_failures, f"{counted(done.sensor_failures, 'failure')} of the sensor"))
        losses.append((done.dropped, dropped))
        lost = [(f", {words}", "yellow") for n, words in losses if n]
        if self._takes == "minutes":
            n, what = done.n_samples, f" samples of {self._label} in {counted(done.stored, 'file')}"
        else:
            n, what = done.stored, f" {self._label} in {done.seconds:.1f} s"
        note(f"{root}: stored ", (str(n), "bold"), f"{what}, {in_all} in all", *lost)
        _list_some([((issue, "yellow"),) for issue in done.issues])
        if self._takes != "minutes" and done.stored < self._count:
            note(f"to continue: the same command with --count {self._count - done.stored}")

    def document(
        self, root: Path, store: DatasetStore, origin: Origin, failure: BaseException | None
    ) -> CaptureDocument:
        """Return the JSON document. failure: what ended the run, if anything did."""
        done = self._progress
        why = failure.message if isinstance(failure, TinyhostError) else "interrupted"
        return CaptureDocument(
            data=root,
            label=self._label,
            asked=self._asked,
            sensor=origin.sensor,
            stored=done.stored,
            dropped=done.dropped,
            rejected=done.rejected,
            issues=done.issues,
            sensor_failures=done.sensor_failures,
            seconds=done.seconds,
            ended_by="done" if failure is None else why,
            counts=store.counts(),
            recovery=store.recovery,
            origin=origin,
        )


def tell_recovery(store: DatasetStore, root: Path) -> None:
    """Print the number of samples, and repairs of an earlier run's leftovers."""
    found, counts = store.recovery, store.counts()
    if counts:
        listed = ", ".join(f"{n} {label}" for label, n in counts.items())
        note(f"{root}: continuing with {counted(sum(counts.values()), 'sample')}: {listed}")
    if found.torn_line:
        warn(f"{root}: the last line of the manifest was incomplete and has been removed")
    for names, words in (
        (found.adopted, "without a manifest line; it has one now"),
        (found.unreadable, "cannot be read; it was not changed and is not counted"),
        (found.missing, "is in the manifest but does not exist"),
    ):
        _list_some([((str(root / name), "yellow"), f": {words}") for name in names])


def _list_some(lines: Sequence[tuple[Words, ...]]) -> None:
    """Print the first lines, and the number of further ones."""
    for line in lines[:_SHOWN]:
        note(*line)
    if len(lines) > _SHOWN:
        warn(f"and {len(lines) - _SHOWN} more like it")


def _shown(view: CaptureView, display: Display) -> Callable[[CaptureEvent], None]:
    """Return what shows an event: in place in a terminal, else, and of a sensor that failed always, as a line."""
    out = status_console()

    def show(event: CaptureEvent) -> None:
        said = view.take(event)
        if said is not None and (event.error is not None or not out.is_terminal):
            out.print(said, soft_wrap=True)
        if event.error is None and out.is_terminal:
            display.update(view.screen(event, out.width, out.height))

    return show


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C sets, so that a sample is finished first; the second one interrupts."""
    stop = threading.Event()

    def interrupted() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    with on_interrupt(interrupted):
        yield stop


def _answer(pcm: NDArray[np.int16], title: str, stop: threading.Event) -> str:
    """Return keep, retake or stop, chosen by a key after optional listening.

    Ctrl-C, which sets `stop`, and the end of the input mean stop.
    """
    keys = ("Enter", " keep   "), ("p", " play   "), ("r", " again   "), ("q", " stop ")
    question = Text.assemble(f"{title}: ", *(word for key, does in keys for word in ((key, "bold"), does)))
    answer = ""
    with open_keys() as pressed:  # drops what was pressed before the question
        status_console().print(question, end="")
        while not answer:
            key = pressed.next(_TICK_S)
            if stop.is_set() or key is None:
                answer = "stop"
            elif key.lower() == "p":
                play(pcm)
            else:
                answer = _ANSWERS.get(key.lower(), "")
    status_console().print(Text(answer, "dim"))
    return answer


def play(pcm: NDArray[np.int16]) -> None:
    """Play sound at 16 kHz; report why if that is not possible."""
    try:
        play_wav(wav_bytes(pcm, SAMPLE_RATE_HZ))
    except MissingToolError as error:
        note((error.message, "yellow"), f": {error.hint}")
