"""The monitor's state, updated by the device's thread and read by the screen's."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.tasks.live import LinkCounts, LiveDrift, LiveHeader, LogLine, Reading, Snapshot, Stride

__all__ = ["MonitorState"]

_HISTORY = 240
_LOG_LINES = 200
_DETECTIONS = 50
_RATE_WINDOW_S = 3.0


class MonitorState:
    """Collects readings, frames, log lines and link counters; safe between two threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begin = clock()
        self._header: LiveHeader | None = None
        self._waiting = "starting"
        self._readings: deque[Reading] = deque(maxlen=_HISTORY)
        self._arrivals: deque[float] = deque(maxlen=1000)
        self._traffic: deque[tuple[float, int]] = deque(maxlen=1000)
        self._n_readings = 0
        self._n_awake = 0
        self._failures: Counter[str] = Counter()
        self._link = LinkCounts()
        self._frame: NDArray[np.uint8] | None = None
        self._scene_name = ""
        self._strides: deque[Stride] = deque(maxlen=_HISTORY)
        self._detections: deque[Reading] = deque(maxlen=_DETECTIONS)
        self._log: deque[LogLine] = deque(maxlen=_LOG_LINES)
        self.drift: LiveDrift | None = None
        """None: no drift is measured"""

    def connected(self, header: LiveHeader) -> None:
        """Record the connected board; readings of another model are dropped."""
        with self._lock:
            if self._header is not None and replace(self._header, scene="") != replace(header, scene=""):
                self._readings.clear()
                self._strides.clear()
                self._detections.clear()
            self._header, self._waiting = header, ""
            self._traffic.clear()

    def wait_for(self, what: str, why: str = "") -> None:
        """Record what the monitor waits for; the reason is logged once."""
        with self._lock:
            is_news = not self._waiting
            self._waiting = what
        if is_news and why:
            self.add_log("warning", why)

    def add_reading(self, reading: Reading) -> None:
        """Add a prediction."""
        with self._lock:
            self._readings.append(reading)
            if reading.detected and self._header is not None and self._header.form.result == "events":
                self._detections.append(reading)
            self._arrivals.append(self._clock())
            self._n_readings += 1
            self._n_awake += not reading.asleep and reading.status == "ok"
            if reading.status != "ok":
                self._failures[reading.status] += 1

    def add_frame(self, pixels: NDArray[np.uint8], scene_name: str) -> None:
        """Keep the newest camera frame, (height, width)."""
        with self._lock:
            self._frame, self._scene_name = pixels, scene_name

    def add_stride(self, stride: Stride, scene_name: str) -> None:
        """Add the model's features of a stride."""
        with self._lock:
            self._strides.append(stride)
            self._scene_name = scene_name

    def add_log(self, level: str, lines: str) -> None:
        """Add the device's log text, line by line, with control characters made visible."""
        with self._lock:
            for line in lines.splitlines():
                if line.strip():
                    text = "".join(letter if letter.isprintable() else "·" for letter in line)
                    self._log.append(LogLine(level=level, text=text, time_s=self._clock() - self._begin))

    def count_link(self, counts: LinkCounts) -> None:
        """Take over the link's counters."""
        with self._lock:
            self._link = counts
            self._traffic.append((self._clock(), counts.bytes_in))

    @property
    def is_waiting(self) -> bool:
        """Whether the monitor waits."""
        return bool(self._waiting)

    @property
    def n_readings(self) -> int:
        """The number of readings so far: predictions, and failures to predict."""
        return self._n_readings

    @property
    def n_predictions(self) -> int:
        """The number of predictions so far."""
        return self._n_readings - self._failures.total()

    @property
    def failures(self) -> Mapping[str, int]:
        """The number of failures to predict, by the board's status."""
        return self._failures

    def snapshot(self) -> Snapshot:
        """Return the present state for drawing."""
        with self._lock:
            now = self._clock()
            return Snapshot(
                header=self._header,
                waiting=self._waiting,
                reading=self._readings[-1] if self._readings else None,
                readings=tuple(self._readings),
                n_readings=self._n_readings,
                n_awake=self._n_awake,
                fps=self._fps(now),
                bytes_per_s=self._bytes_per_s(now),
                link=self._link,
                frame=self._frame,
                scene_name=self._scene_name,
                strides=tuple(self._strides),
                detections=tuple(self._detections),
                log=tuple(self._log),
                seconds=now - self._begin,
                drift=self.drift,
            )

    def _fps(self, now: float) -> float:
        """Return the predictions per second of the last seconds."""
        recent = [arrival for arrival in self._arrivals if now - arrival <= _RATE_WINDOW_S]
        if len(recent) < 2 or recent[-1] == recent[0]:
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])

    def _bytes_per_s(self, now: float) -> float:
        """Return the bytes per second from the device, of the last seconds."""
        recent = [item for item in self._traffic if now - item[0] <= _RATE_WINDOW_S]
        if len(recent) < 2 or now == recent[0][0]:
            return 0.0
        return max(0.0, (recent[-1][1] - recent[0][1]) / (now - recent[0][0]))
