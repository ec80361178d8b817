"""Spoken words from a device's microphone into a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture.recorder import Recorder, Recording
from tinyhost.datasets.capture.session import CaptureEvent, CaptureSession
from tinyhost.datasets.checking.clips import clip_faults
from tinyhost.datasets.word_quality import WordVerdict, cut_word, judge_word
from tinyhost.device import SamplesItem
from tinyhost.errors import DatasetError
from tinyhost.system.wording import counted

__all__ = ["Answer", "capture_words"]

_WORD_S = 1.0
_SPEAK_S = 1.5
"""recorded time, of which the loudest second is kept"""
_MAX_REJECTED = 20
"""Consecutive rejected words after which the run ends with an error."""

Answer = Literal["keep", "retake"]


def capture_words(
    session: CaptureSession,
    *,
    count: int,
    countdown_s: float,
    speaker: str,
    review: Callable[[NDArray[np.int16]], Answer],
) -> None:
    """Record `count` words of one second each, or fewer if the session is stopped.

    Before each word there is a prompt and a countdown; then 1.5 s are heard, and the loudest second of it is kept if
    it is good. review: asks a person, who may have listened to the word. Raises DatasetError when too many in a row are
    rejected; stored words are valid.
    """
    progress, bad_in_a_row = session.progress, 0
    with session.sensor_samples() as samples, session.timed():
        recorder = Recorder(samples, channels=(1,), stop=session.stop, patience=session.device.patience)
        while progress.stored < count and not session.stop.is_set():
            heard = _hear_word(recorder, countdown_s, session.on_event)
            if heard is None:
                return
            progress.dropped += heard.n_missing
            verdict, pcm = _judged(heard)
            if not verdict.is_good:
                progress.rejected[verdict.reason] = progress.rejected.get(verdict.reason, 0) + 1
                session.on_event(CaptureEvent(kind="rejected", verdict=verdict))
                bad_in_a_row += 1
                _check_worth_going_on(bad_in_a_row, verdict)
                continue
            bad_in_a_row = 0
            if review(pcm) == "retake":
                session.on_event(CaptureEvent(kind="retake", verdict=verdict))
                continue
            sample = session.store.add_clip(
                pcm,
                session.label,
                session.origin,
                speaker=speaker,
                dropped=heard.n_missing,
                timestamp_us=heard.timestamp_us,
                scene_item=session.board.scene_name,
                issues=[fault.text for fault in clip_faults(pcm, session.label)],
            )
            progress.take_issues(sample)
            progress.stored += 1
            session.on_event(CaptureEvent(kind="stored", verdict=verdict, sample=sample))


def _hear_word(recorder: Recorder, countdown_s: float, on_event: Callable[[CaptureEvent], None]) -> Recording | None:
    """Return the recording after a prompt; None when the recorder is stopped."""
    waited_s = 0.0

    def tick(item: SamplesItem) -> None:
        nonlocal waited_s
        waited_s += len(item.samples) / item.rate_hz
        on_event(CaptureEvent(kind="prompt", piece=item, seconds_left=max(0.0, countdown_s - waited_s)))

    recorder.forget()
    recorder.skip(countdown_s, tick)
    return recorder.record(_SPEAK_S, lambda item: on_event(CaptureEvent(kind="level", piece=item)))


def _judged(heard: Recording) -> tuple[WordVerdict, NDArray[np.int16]]:
    n_samples = round(_WORD_S * heard.rate_hz)
    pcm = cut_word(heard.samples[:, 0], n_samples)
    return judge_word(pcm, n_samples=n_samples, rate_hz=heard.rate_hz, n_missing=heard.n_missing), pcm


def _check_worth_going_on(bad_in_a_row: int, verdict: WordVerdict) -> None:
    if bad_in_a_row >= _MAX_REJECTED:
        raise DatasetError(
            f"{counted(bad_in_a_row, 'clip')} in a row were rejected, the last one: {verdict.reason} "
            f"({verdict.detail})",
            hint="tinyhost monitor shows the microphone's level; the stored clips are valid",
        )
