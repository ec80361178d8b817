"""Samples that a model was unsure of, stored during monitoring to be labelled next."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture.unsure import UnsureAnswer, margin_of, store_unsure
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.store import DatasetStore
from tinyhost.device import FrameItem, SamplesItem
from tinyhost.tasks.live import LiveHeader, Reading

__all__ = ["Moments", "SensorItem", "UnsureKeeper", "margin_of_reading"]

SensorItem = FrameItem | SamplesItem
_MAX_WAITING = 64
"""predictions and pictures that wait for their counterparts"""
_MAX_BEHIND = 2
"""windows by which a prediction may lag behind the samples"""


def margin_of_reading(reading: Reading, header: LiveHeader) -> float:
    """Return a prediction's margin: the distance between its two best scores, or between score and threshold."""
    if header.form.result not in ("alarm", "objects"):
        return margin_of(reading.scores)
    if header.threshold is None:
        return float("inf")
    score = header.real_score(reading.score) if header.form.result == "alarm" else max(reading.scores[1:], default=0.0)
    return abs(score - header.threshold)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Consecutive samples, (n, n_channels) counts."""

    samples: NDArray[np.int16]
    rate_hz: float
    scale: float
    timestamp_us: int
    """of the first sample"""


class Moments:
    """The newest samples of a continuous sensor, back to the last gap."""

    def __init__(self) -> None:
        self._pieces: deque[SamplesItem] = deque()

    def add(self, item: SamplesItem, n_kept: int) -> None:
        """Add the next piece; at least the newest n_kept samples are kept."""
        last = self._pieces[-1] if self._pieces else None
        if last is not None and last.position + len(last.samples) != item.position:
            self._pieces.clear()
        self._pieces.append(item)
        while item.position - self._pieces[0].position - len(self._pieces[0].samples) >= n_kept:
            self._pieces.popleft()

    @property
    def end(self) -> int:
        """The position after the newest sample; 0 if there is none."""
        return self._pieces[-1].position + len(self._pieces[-1].samples) if self._pieces else 0

    def window(self, end: int, n_samples: int) -> Window | None:
        """Return the n_samples before a position; None if they are not available."""
        begin = end - n_samples
        pieces = [item for item in self._pieces if item.position < end and item.position + len(item.samples) > begin]
        if not pieces or not n_samples or pieces[0].position > begin or end > self.end:
            return None
        first = begin - pieces[0].position
        samples: NDArray[np.int16] = np.concatenate([item.samples for item in pieces])[first : first + n_samples]
        rate_hz = pieces[0].rate_hz
        return Window(
            samples=samples,
            rate_hz=rate_hz,
            scale=pieces[0].scale,
            timestamp_us=pieces[0].timestamp_us + round(1e6 * first / rate_hz),
        )


@dataclass(frozen=True, kw_only=True)
class _Unsure:
    """An unsure prediction and its window."""

    margin: float
    reading: Reading
    header: LiveHeader
    window: Window


class UnsureKeeper:
    """Stores the picture or window of each unsure prediction.

    Of overlapping windows, only the least sure one is stored.
    """

    def __init__(self, store: DatasetStore, *, margin: float, max_count: int) -> None:
        """margin: predictions with a smaller margin are unsure. max_count: maximum number of stored samples."""
        self.n_kept = 0
        self._store, self._margin, self._max_count = store, margin, max_count
        self._wanted: OrderedDict[int, tuple[Reading, LiveHeader]] = OrderedDict()
        """by time of the picture, or end of the window"""
        self._frames: OrderedDict[int, FrameItem] = OrderedDict()
        self._moments = Moments()
        self._least_sure: _Unsure | None = None
        self._window_samples = 0

    def take_reading(self, reading: Reading, header: LiveHeader) -> None:
        """Process a prediction."""
        self._window_samples = header.window_samples
        if reading.status != "ok" or margin_of_reading(reading, header) >= self._margin:
            return
        is_picture = header.form.sees == "picture"
        self._wanted[reading.timestamp_us if is_picture else reading.position] = reading, header
        (self._match_pictures if is_picture else self._match_windows)()

    def take_sample(self, item: SensorItem) -> None:
        """Process a picture, which has its prediction's time, or the next samples."""
        if isinstance(item, FrameItem):
            self._frames[item.timestamp_us] = item
            self._match_pictures()
        else:
            self._moments.add(item, (1 + _MAX_BEHIND) * self._window_samples)
            self._match_windows()

    def finish(self) -> None:
        """Store the samples still held back."""
        least, self._least_sure = self._least_sure, None
        if least is not None:
            self._keep(least.reading, least.header, least.window)

    def _match_pictures(self) -> None:
        for time_us in [time_us for time_us in self._wanted if time_us in self._frames]:
            reading, header = self._wanted.pop(time_us)
            frame = self._frames.pop(time_us)
            self._keep(reading, header, frame)
        for waiting in (self._wanted, self._frames):
            while len(waiting) > _MAX_WAITING:
                waiting.popitem(last=False)

    def _match_windows(self) -> None:
        for end in [end for end in self._wanted if end <= self._moments.end]:
            reading, header = self._wanted.pop(end)
            window = self._moments.window(end, header.window_samples)
            if window is not None:
                self._weigh(
                    _Unsure(margin=margin_of_reading(reading, header), reading=reading, header=header, window=window)
                )
        while len(self._wanted) > _MAX_WAITING:
            self._wanted.popitem(last=False)

    def _weigh(self, new: _Unsure) -> None:
        """Hold an unsure window back until the next one does not overlap; of overlapping ones keep the least sure."""
        held = self._least_sure
        if held is not None and 0 <= new.reading.position - held.reading.position < new.header.window_samples:
            self._least_sure = min(held, new, key=lambda item: item.margin)
            return
        self.finish()
        self._least_sure = new

    def _keep(self, reading: Reading, header: LiveHeader, seen: FrameItem | Window) -> None:
        if self.n_kept >= self._max_count:
            return
        is_alarm = header.form.result == "alarm"
        answer = UnsureAnswer(
            model=header.model,
            model_sha256=header.model_sha256,
            proposed=reading.alarm if is_alarm else header.label(reading.top),
            margin=margin_of_reading(reading, header),
            scores={"score": header.real_score(reading.score)}
            if is_alarm
            else {header.label(index): score for index, score in enumerate(reading.scores)},
        )
        store_unsure(
            *(self._store, seen.samples if isinstance(seen, Window) else seen.pixels, _origin(header), answer),
            timestamp_us=seen.timestamp_us,
            rate_hz=seen.rate_hz if isinstance(seen, Window) else 0.0,
            scale=seen.scale if isinstance(seen, Window) else 0.0,
            frame_index=seen.frame_index if isinstance(seen, FrameItem) else -1,
            dropped=reading.device_dropped,
            scene_item=reading.scene_item,
        )
        self.n_kept += 1


def _origin(header: LiveHeader) -> Origin:
    return Origin(
        sensor=header.sensor.name if header.sensor else "",
        board=header.board,
        device="",
        app=header.app,
        firmware_version=header.firmware,
        build_id="",
        scene=header.scene,
    )
