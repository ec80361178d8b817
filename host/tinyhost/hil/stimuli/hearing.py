"""Sound and motion played while the board listens: the mark in its samples, and its detections in the rest."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.device.stream_items import PredictionItem, SamplesItem, StreamItem
from tinyhost.errors import StimulusError, TinyhostError
from tinyhost.protocol.messages import StreamId
from tinyhost.sensors.sync_markers.tones import BURST_S, CHIRP_S, ToneMarker, burst, chirp, find_burst, find_chirp

if TYPE_CHECKING:
    from tinyhost.device import Device, Subscription
    from tinyhost.hil.stimuli.actuators import Actuator

__all__ = ["Detection", "PlayedClip", "listen_for"]

_ITEM_S = 10.0
LATEST_S = 2.5
"""timeout for a played mark: a network loudspeaker may take a second"""
_TAIL_S = 1.5
"""time of listening after the end"""
_EARLY_S, _LATE_S = 0.3, 0.7
"""margin around the chirp after the clip, whose time follows from the first one"""
_GAP_S = 0.02
"""tolerance of its time: a loudspeaker's clock is not the sensor's"""
_MARK_LEVEL = 0.5
"""of full scale"""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A detection in the played clip, and the time of its stages in s."""

    item: PredictionItem
    sound: float
    """from the beginning of the clip, in the sensor's samples, up to the last sample that counted"""
    preprocess: float | None
    """processing of the samples since the last prediction; None if the board's ticks are no time"""
    invoke: float | None
    total: float
    """from the beginning of the clip until the host knew, by the host's clock and the sensor's rate"""


@dataclass(frozen=True, kw_only=True)
class PlayedClip:
    """A played clip in the sensor's own samples."""

    mark: ToneMarker
    level: float
    """level of the mark: dB of full scale (microphone), RMS in g (accelerometer)"""
    delay_s: float
    """delay from the start of playing to the sensor's samples, as measured by the host"""
    samples: NDArray[np.int16]
    """(n, n_channels) from the beginning of the clip, and a tail"""
    position: int
    """of the clip's first sample since the sensor's start"""
    rate_hz: float
    lost: int
    """samples lost by the sensor or the link, replaced by the median"""
    predictions: tuple[PredictionItem, ...]
    """detections within the clip"""
    detections: tuple[Detection, ...]


@dataclass(frozen=True, kw_only=True)
class _Ear:
    """The received pieces with their times."""

    samples: list[SamplesItem]
    predictions: list[tuple[float, PredictionItem]]
    arrivals: list[float]

    def joined(self) -> tuple[int, NDArray[np.int16], int]:
        """Return the first position, the samples from there, (n, n_channels), and the number of missing ones."""
        first, last = self.samples[0].position, self.samples[-1]
        joined = np.empty((last.position + len(last.samples) - first, last.samples.shape[1]), np.int16)
        joined[:] = np.median(np.concatenate([item.samples for item in self.samples]), axis=0)  # gravity is no step
        for item in self.samples:
            joined[item.position - first : item.position - first + len(item.samples)] = item.samples
        return first, joined, self.missing(first, first + len(joined))

    def missing(self, begin: int, end: int) -> int:
        """Return how many samples in this range did not arrive."""
        there = (min(end, item.position + len(item.samples)) - max(begin, item.position) for item in self.samples)
        return end - begin - sum(max(0, n) for n in there)


def listen_for(name: str, device: Device, actuator: Actuator, pcm: NDArray[np.int16], *, pause_s: float) -> PlayedClip:
    """Play a mark, a pause and a clip, (n,) at 16 kHz; return the sensor's samples of the clip.

    Raises StimulusError. A sound ends with a second mark, which proves that it was played without interruption.
    """
    is_sound = device.info.sensor_channels == 1
    tone, mark_s, find = (chirp, CHIRP_S, find_chirp) if is_sound else (burst, BURST_S, find_burst)
    marking = np.rint(tone(SAMPLE_RATE_HZ) * _MARK_LEVEL * 32767).astype(np.int16)
    pause, tail = (np.zeros(round(seconds * SAMPLE_RATE_HZ), np.int16) for seconds in (pause_s, _TAIL_S))
    whole = np.concatenate([marking, pause, pcm, *([tail, marking] if is_sound else [])])
    ear = _Ear(samples=[], predictions=[], arrivals=[])
    with device.stream(StreamId.SAMPLES, StreamId.PREDICTIONS) as items:
        while not ear.samples:
            _take(ear, items.get(_ITEM_S), name)
        rate_hz, scale = ear.samples[0].rate_hz, ear.samples[0].scale
        _hear(ear, items, name, 0.1 * rate_hz)
        actuator.play(whole)
        asked = ear.samples[-1].position + len(ear.samples[-1].samples)
        _hear(ear, items, name, (mark_s + LATEST_S) * rate_hz)
        first, samples, _ = ear.joined()
        mark = find(samples[:, 0] if is_sound else samples, rate_hz)
        if mark is None:
            with contextlib.suppress(TinyhostError):  # the next mark must not be confused with the rest of this one
                _hear(ear, items, name, len(whole) / SAMPLE_RATE_HZ * rate_hz)
            raise _unheard(name, samples, scale, rate_hz, is_sound=is_sound)
        begin = first + mark.position + round((mark_s + pause_s) * rate_hz)
        end = begin + math.ceil((len(pcm) / SAMPLE_RATE_HZ + _TAIL_S) * rate_hz)
        _hear(ear, items, name, end + (mark_s + _LATE_S) * rate_hz * is_sound - first - len(samples))
    first, samples, lost = ear.joined()
    ending = end - round(_EARLY_S * rate_hz)
    if is_sound and not ear.missing(ending, first + len(samples)):  # else samples of the chirp were lost
        _check_whole(name, samples[ending - first :, 0], rate_hz)
    level = 20 * math.log10(max(mark.level * scale, 1e-10)) if is_sound else mark.level * scale
    said = [(at, item) for at, item in ear.predictions if begin <= item.prediction.position < end]
    return PlayedClip(
        mark=mark,
        level=level,
        delay_s=(first + mark.position - asked) / rate_hz,
        samples=samples[begin - first : end - first],
        position=begin,
        rate_hz=rate_hz,
        lost=lost,
        predictions=tuple(item for _, item in said),
        detections=_detections(said, begin, rate_hz, ear, device.info.tick_hz),
    )


def _unheard(name: str, samples: NDArray[np.int16], scale: float, rate_hz: float, *, is_sound: bool) -> StimulusError:
    what = "chirp" if is_sound else "tone burst"
    level = math.sqrt(float(np.mean(np.square(samples - samples.mean(axis=0))))) * scale
    return StimulusError(
        f"{name}: a {what} was played, but the sensor's data of {len(samples) / rate_hz:.1f} s contain none; their RMS "
        f"is {level:.2g} {'of full scale' if is_sound else 'g'}",
        hint="is it on, loud enough, and near the board?",
    )


def _check_whole(name: str, samples: NDArray[np.int16], rate_hz: float) -> None:
    """Raise StimulusError unless the final chirp of a sound is at its place in these samples."""
    found = find_chirp(samples, rate_hz)
    gap_s = found.position / rate_hz - _EARLY_S if found else None
    if gap_s is None or abs(gap_s) > _GAP_S:
        what = "none came" if gap_s is None else f"it came {1000 * gap_s:+.0f} ms off"
        raise StimulusError(
            f"{name}: a chirp was also played after the sound, and {what}: the sound was interrupted or cut off",
            hint="is the computer that plays it too busy?",
        )


def _hear(ear: _Ear, items: Subscription, name: str, n_samples: float) -> None:
    """Receive `n` further samples."""
    last = ear.samples[-1]
    until = last.position + len(last.samples) + n_samples
    while ear.samples[-1].position + len(ear.samples[-1].samples) < until:
        _take(ear, items.get(_ITEM_S), name)


def _take(ear: _Ear, item: StreamItem | None, name: str) -> None:
    if item is None:
        raise StimulusError(f"{name}: no data from the sensor in {_ITEM_S:g} s", hint="tinyhost doctor tests it")
    if isinstance(item, SamplesItem):
        ear.samples.append(item)
        ear.arrivals.append(time.monotonic())
    elif isinstance(item, PredictionItem):
        ear.predictions.append((time.monotonic(), item))


def _detections(
    said: Sequence[tuple[float, PredictionItem]], begin: int, rate_hz: float, ear: _Ear, tick_hz: int
) -> tuple[Detection, ...]:
    """Return the detections. The clip's start in the host's time is taken from the samples with the least delay."""
    ends = [item.position + len(item.samples) for item in ear.samples]
    began = min(at - (end - begin) / rate_hz for at, end in zip(ear.arrivals, ends, strict=True))
    return tuple(
        Detection(
            item=item,
            sound=(item.prediction.position - begin) / rate_hz,
            preprocess=item.prediction.preprocess_ticks / tick_hz if tick_hz else None,
            invoke=item.prediction.invoke_ticks / tick_hz if tick_hz else None,
            total=at - began,
        )
        for at, item in said
        if item.prediction.detected
    )
