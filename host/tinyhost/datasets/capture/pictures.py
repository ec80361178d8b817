"""Camera frames of a device into a data set."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture.session import CaptureEvent, CaptureSession
from tinyhost.datasets.checking.pictures import LEAST_STUCK
from tinyhost.errors import DeviceError
from tinyhost.protocol.status import Status
from tinyhost.sensors.picture import picture_faults, picture_figures

__all__ = ["capture_pictures"]

_SENSOR_FAILURES = frozenset({Status.NO_SENSOR, Status.SENSOR_TIMEOUT})
_MAX_FAILURES = 5
"""Consecutive sensor failures that are retried; the next one ends the run."""
_RETRY_S = 0.3


def capture_pictures(session: CaptureSession, *, count: int, every_s: float) -> None:
    """Store `count` camera frames, or fewer if the session is stopped.

    every_s: least time from one picture to the next. A picture's faults are stored with it. A failure of the sensor is
    reported and retried, up to five times in a row. If the run ends early (LinkError, DeviceError), the stored pictures
    are valid.
    """
    progress, due, failures = session.progress, time.monotonic(), 0
    first_dropped: int | None = None
    repeats = _Repeats()
    with session.timed():
        while progress.stored < count and not session.stop.wait(max(0.0, due - time.monotonic())):
            try:
                frame = session.device.snapshot()
            except DeviceError as error:
                failures += 1
                _check_asking_again_helps(error, failures, session)
                progress.sensor_failures += 1
                session.on_event(CaptureEvent(kind="sensor_failed", error=error))
                due = time.monotonic() + _RETRY_S
                continue
            failures = 0
            due = max(due, time.monotonic() - every_s) + every_s
            sample = session.store.add(
                frame.pixels,
                session.label,
                session.origin,
                frame_index=frame.index,
                dropped=frame.dropped,
                timestamp_us=frame.timestamp_us,
                scene_item=session.board.scene_item(frame.index),
                issues=[
                    *(fault.text for fault in picture_faults(picture_figures(frame.pixels))),
                    *repeats.take(frame.pixels),
                ],
            )
            progress.take_issues(sample)
            first_dropped = frame.dropped if first_dropped is None else first_dropped
            progress.stored += 1
            progress.dropped = frame.dropped - first_dropped
            session.on_event(CaptureEvent(kind="stored", sample=sample, pixels=frame.pixels))


class _Repeats:
    """Counts consecutive pictures that are bit-identical."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._n = 0

    def take(self, pixels: NDArray[np.uint8]) -> list[str]:
        """Process a picture; return the fault if the camera is stuck."""
        self._n = self._n + 1 if self._last is not None and np.array_equal(self._last, pixels) else 1
        self._last = pixels
        return [f"stuck: {self._n} pictures in a row are identical"] if self._n >= LEAST_STUCK else []


def _check_asking_again_helps(error: DeviceError, failures: int, session: CaptureSession) -> None:
    """Raise the error that ends the run, unless a retry may help.

    A virtual board gets no camera later; but one that has given pictures has restarted, or the computer is busy.
    """
    board = session.board
    if board.scene_failure is not None:
        raise board.scene_failure from error
    is_final = error.status == Status.NO_SENSOR and board.board.is_virtual and not session.progress.stored
    if is_final or error.status not in _SENSOR_FAILURES or failures > _MAX_FAILURES:
        raise error
