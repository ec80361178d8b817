"""Acknowledged stimuli: what is shown or played counts only once its mark is found in the sensor's own data."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.device.stream_items import FrameItem, PredictionItem
from tinyhost.errors import StimulusError
from tinyhost.hil.stimuli.hearing import PlayedClip, listen_for
from tinyhost.protocol.messages import InferSource, Source, StreamId
from tinyhost.sensors.sync_markers.border import N_NUMBERS, BorderMarker, draw_border, read_border

if TYPE_CHECKING:
    from tinyhost.device import Device, Inference
    from tinyhost.hil.stimuli.actuators import Actuator

__all__ = ["ShownPicture", "Stages", "Stimulus"]

SHOWN_S = 5.0
_ITEM_S = 10.0
_US = 1e6


@dataclass(frozen=True, kw_only=True)
class ShownPicture:
    """A shown picture, and the model's prediction on the frame with its mark."""

    mark: BorderMarker
    frame: NDArray[np.uint8]
    """(h, w): the camera's frame, before preprocessing"""
    inference: Inference
    seconds: float
    """from when the display had the picture until the host had the answer"""
    n_tries: int
    """number of frames captured until one had the mark"""


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The time from a stimulus to the host's knowledge of the prediction, by stage, in s."""

    total: float
    """from when the display had the picture until the host knew the prediction"""
    around: float
    """time before the capture of the frame and for the reply's transmission: display, waiting, link"""
    capture: float | None
    """None if the board's ticks are no time"""
    preprocess: float | None
    invoke: float | None


class Stimulus:
    """The stimulus of a board's sensor; see the fixture `stimulus`."""

    def __init__(self, name: str, open_actuator: Callable[[], Actuator]) -> None:
        """name: of the board, for messages."""
        self._name = name
        self._open_actuator = open_actuator
        self._actuator: Actuator | None = None
        self._number = 0

    @property
    def actuator(self) -> Actuator:
        """The actuator; opened on first use. Raises StimulusError, MissingToolError."""
        if self._actuator is None:
            self._actuator = self._open_actuator()
        return self._actuator

    def close(self) -> None:
        """Release display and loudspeaker."""
        if self._actuator is not None:
            self._actuator.close()
        self._actuator = None

    def show(self, device: Device, picture: NDArray[np.uint8]) -> ShownPicture:
        """Show a picture, (h, w), with a mark over its edges, and run the model on a frame of it.

        Raises StimulusError if no frame has the mark: the camera does not see the screen, or repeats an old frame.
        """
        shape = device.snapshot().pixels.shape
        number = self._show(picture)
        begun = time.monotonic()
        n_tries, mark, frame = 0, None, np.zeros(shape, np.uint8)
        while n_tries == 0 or time.monotonic() < begun + SHOWN_S * device.patience:
            n_tries += 1
            inference = device.infer(InferSource.SENSOR)
            data = device.read(Source.SAMPLE)
            seconds = time.monotonic() - begun
            if zlib.crc32(data) != inference.sample_crc32:
                continue  # the board captured again meanwhile: not the model's frame
            frame = np.frombuffer(data, np.uint8).reshape(shape)
            mark = read_border(frame)
            if mark is not None and mark.number == number:
                return ShownPicture(mark=mark, frame=frame, inference=inference, seconds=seconds, n_tries=n_tries)
        raise self._unseen(number, mark, frame)

    def play(self, device: Device, pcm: NDArray[np.int16], *, pause_s: float = 1.0) -> PlayedClip:
        """Play a sound, (n,) at 16 kHz, after a mark and a pause, or move the shaker with it.

        Raises StimulusError if the mark is not in the sensor's samples.
        """
        return listen_for(self._name, device, self.actuator, pcm, pause_s=pause_s)

    def inject(self, device: Device, sample: NDArray[np.uint8] | NDArray[np.int16]) -> Inference:
        """Run the model on a sample of the host's; the board's checksum of it serves as the mark."""
        return device.infer(InferSource.SAMPLE, data=sample)

    def photon_to_prediction(self, device: Device, picture: NDArray[np.uint8]) -> Stages:
        """Show a picture while the board predicts live; return the latency by stage. Raises StimulusError."""
        tick_hz = device.info.tick_hz
        with device.stream(StreamId.CAMERA, StreamId.PREDICTIONS) as items:
            for _ in range(2):  # the stream runs
                items.get(_ITEM_S)
            number = self._show(picture)
            shown = time.monotonic()
            frame, mark = None, None
            while time.monotonic() < shown + SHOWN_S * device.patience:
                item = items.get(_ITEM_S)
                if isinstance(item, FrameItem):
                    last = read_border(item.pixels)
                    if frame is None and last is not None and last.number == number:
                        frame = item
                    mark = last
                elif isinstance(item, PredictionItem) and frame is not None and _is_of(item, frame):
                    return _stages(time.monotonic() - shown, item, tick_hz)
        raise self._unseen(number, mark, np.zeros((1, 1), np.uint8) if frame is None else frame.pixels)

    def _show(self, picture: NDArray[np.uint8]) -> int:
        self._number = (self._number + 1) % N_NUMBERS
        self.actuator.show(draw_border(picture, self._number))
        return self._number

    def _unseen(self, number: int, mark: BorderMarker | None, frame: NDArray[np.uint8]) -> StimulusError:
        found = f"picture {mark.number}" if mark else f"no mark, and grey levels from {frame.min()} to {frame.max()}"
        hint = "is the camera stuck? reset it" if mark else "is the screen lit, and does it fill the camera's view?"
        return StimulusError(f"{self._name}: the screen shows picture {number}, the camera's frame {found}", hint=hint)


def _is_of(item: PredictionItem, frame: FrameItem) -> bool:
    return item.prediction.position == frame.frame_index


def _stages(total: float, item: PredictionItem, tick_hz: int) -> Stages:
    said = item.prediction
    parts = [
        ticks / tick_hz if tick_hz else None for ticks in (said.capture_ticks, said.preprocess_ticks, said.invoke_ticks)
    ]
    around = max(0.0, total - sum(part or 0.0 for part in parts))
    return Stages(total=total, around=around, capture=parts[0], preprocess=parts[1], invoke=parts[2])
