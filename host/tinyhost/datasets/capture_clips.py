"""Spoken words from a device's microphone into a data set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture_long import sensor_stream
from tinyhost.datasets.clip_quality import ClipVerdict, cut_word, judge_clip
from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.recording import Recorder, Recording
from tinyhost.datasets.store import DatasetStore, Origin, validate_label
from tinyhost.errors import DatasetError, TinyhostError

if TYPE_CHECKING:
    from tinyhost.device import Device, SamplesItem

__all__ = ["ClipEvent", "ClipPlan", "ClipProgress", "capture_clips"]

_CLIP_S = 1.0
_SPEAK_S = 1.5
"""of which the loudest second is kept"""

Answer = Literal["keep", "retake"]


@dataclass(frozen=True, kw_only=True)
class ClipPlan:
    """What to record."""

    label: str
    count: int
    countdown_s: float = 1.0
    """from the prompt to the recording"""
    speaker: str = ""
    max_rejected: int = 20
    """clips in a row that may be no good before the run ends with an error"""
    review: Callable[[NDArray[np.int16]], Answer] = lambda pcm: "keep"
    """asks a person, who may have listened to the clip"""
    scene_item: Callable[[], str] = str
    """returns what a virtual board's microphone heard last"""
    scene_failure: Callable[[], TinyhostError | None] = lambda: None
    """returns why a virtual board's scene cannot be played any more"""


@dataclass(frozen=True, kw_only=True)
class ClipEvent:
    """Something that happened while recording."""

    kind: Literal["prompt", "level", "stored", "rejected", "retake"]
    piece: SamplesItem | None = None
    """what was heard, for `prompt` and `level`"""
    seconds_left: float = 0.0
    """until the recording begins, for `prompt`"""
    verdict: ClipVerdict | None = None
    sample: Sample | None = None
    pcm: NDArray[np.int16] | None = None


@dataclass(kw_only=True)
class ClipProgress:
    """Counts of a run; they stay right when the run is interrupted."""

    stored: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    """clips that were no good, by reason"""
    retaken: int = 0
    lost: int = 0
    """samples that were lost in all recordings"""
    seconds: float = 0.0


def capture_clips(
    device: Device,
    store: DatasetStore,
    origin: Origin,
    *,
    plan: ClipPlan,
    progress: ClipProgress,
    on_event: Callable[[ClipEvent], None],
    stop: threading.Event,
) -> None:
    """Record `plan.count` words of one second each, or fewer if `stop` is set.

    Before each word there is a prompt and a countdown; then 1.5 s are heard, and the loudest second of it is kept if
    it is good. Raises DatasetError when too many in a row are not; what was stored stays valid.
    """
    validate_label(plan.label)
    begin, bad_in_a_row = time.monotonic(), 0
    with sensor_stream(device, plan.scene_failure) as subscription, _timed(progress, begin):
        recorder = Recorder(subscription, stop=stop)
        while progress.stored < plan.count and not stop.is_set():
            heard = _hear_word(recorder, plan, on_event)
            if heard is None:
                return
            progress.lost += heard.n_missing
            verdict, pcm = _judged(heard)
            if not verdict.is_good:
                progress.rejected[verdict.reason] = progress.rejected.get(verdict.reason, 0) + 1
                on_event(ClipEvent(kind="rejected", verdict=verdict, pcm=pcm))
                bad_in_a_row += 1
                _check_worth_going_on(bad_in_a_row, verdict, plan)
                continue
            bad_in_a_row = 0
            if plan.review(pcm) == "retake":
                progress.retaken += 1
                on_event(ClipEvent(kind="retake", verdict=verdict, pcm=pcm))
                continue
            sample = _stored(store, pcm, origin, plan, lost=heard.n_missing, timestamp_us=heard.timestamp_us)
            progress.stored += 1
            on_event(ClipEvent(kind="stored", verdict=verdict, sample=sample, pcm=pcm))


@contextmanager
def _timed(progress: ClipProgress, begin: float) -> Iterator[None]:
    """Note how long a run took, however it ends."""
    try:
        yield
    finally:
        progress.seconds = time.monotonic() - begin


def _hear_word(recorder: Recorder, plan: ClipPlan, on_event: Callable[[ClipEvent], None]) -> Recording | None:
    """Return what the microphone heard after a prompt; None when the recorder is to stop."""
    waited_s = 0.0

    def tick(item: SamplesItem) -> None:
        nonlocal waited_s
        waited_s += len(item.samples) / item.rate_hz
        on_event(ClipEvent(kind="prompt", piece=item, seconds_left=max(0.0, plan.countdown_s - waited_s)))

    recorder.forget()
    recorder.skip(plan.countdown_s, tick)
    return recorder.record(_SPEAK_S, lambda item: on_event(ClipEvent(kind="level", piece=item)))


def _judged(heard: Recording) -> tuple[ClipVerdict, NDArray[np.int16]]:
    n_samples = round(_CLIP_S * heard.rate_hz)
    pcm = cut_word(heard.samples[:, 0], n_samples)
    return judge_clip(pcm, n_samples=n_samples, rate_hz=heard.rate_hz, n_missing=heard.n_missing), pcm


def _check_worth_going_on(bad_in_a_row: int, verdict: ClipVerdict, plan: ClipPlan) -> None:
    if bad_in_a_row >= plan.max_rejected:
        raise DatasetError(
            f"{bad_in_a_row} clips in a row were no good, the last one: {verdict.reason} ({verdict.detail})",
            hint="tinyhost monitor shows the microphone's level; what was stored is valid",
        )


def _stored(
    store: DatasetStore, pcm: NDArray[np.int16], origin: Origin, plan: ClipPlan, *, lost: int, timestamp_us: int
) -> Sample:
    return store.add_clip(
        pcm,
        plan.label,
        origin,
        speaker=plan.speaker,
        dropped=lost,
        timestamp_us=timestamp_us,
        scene_item=plan.scene_item(),
    )
