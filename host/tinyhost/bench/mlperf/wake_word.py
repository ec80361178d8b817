"""The streaming wake word, sww01: sound, truth and rules, as the official runner's streaming_ww_utils.py has them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import open_sound
from tinyhost.bench.mlperf.dut import Dut
from tinyhost.bench.mlperf.ground_truth import is_plain_name
from tinyhost.errors import DatasetError
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.reading import read_file

__all__ = [
    "MOST_WRONG",
    "N_WINDOWS",
    "STREAM_GROUND_TRUTH_NAME",
    "STREAM_NAME",
    "StreamGroundTruth",
    "StreamResult",
    "read_stream_ground_truth",
    "run_stream",
    "score",
]

STREAM_NAME = "sww01"
STREAM_GROUND_TRUTH_NAME = "sww_long_test.json"
MOST_WRONG = 8
"""false positives, and false negatives"""
N_WINDOWS = 50
"""wake words of the official sound, without which the submission checker takes no result"""
_OFFICIAL_TRUTH = "0dcaf559213930320cd2ad7143a484b9e82d79b9ea59b7434d3014179f873c1e"
_STRIDE = 512
"""samples"""
_STRIDE_S = _STRIDE / SAMPLE_RATE_HZ
_THRESHOLD = 115
_AFTER_S = 1.0
"""allowed delay of a detection after the wake word's end: the official code adds it twice"""
_DEBOUNCE_S = 1.0
_MAX_TRUTH_BYTES, _MAX_WINDOWS, _MAX_S = 1 << 20, 10_000, 36_000.0
_HINT = "expected a list of {wav_file, length_sec, detection_windows}, as in sww_long_test.json"


@dataclass(frozen=True, kw_only=True)
class StreamGroundTruth:
    """A sound and the times of the wake word in it."""

    path: Path
    """of the truth file"""
    wav_file: str
    sample_rate: int
    length_s: float
    windows: tuple[tuple[float, float], ...]
    """start and end of each wake word, in s"""
    truth_sha256: str

    @property
    def n_strides(self) -> int:
        """The number of strides, by the truth file."""
        return int(self.length_s / _STRIDE_S)

    def strides(self) -> Iterator[NDArray[np.int16]]:
        """Yield blocks of 512 samples of the first channel. Raises DatasetError."""
        path = self.path.parent / self.wav_file
        sound = open_sound(path)
        if (sound.rate_hz, sound.bits, sound.is_float) != (self.sample_rate, 16, False):
            raise DatasetError(
                f"{path}: {sound.describe()}, expected {self.sample_rate:,} Hz, 16 bit",
                hint="check that it is the benchmark's file",
            )
        pcm = sound.pcm()
        mono = pcm[:, 0] if pcm.ndim == 2 else pcm
        for begin in range(0, len(mono) - _STRIDE + 1, _STRIDE):
            yield mono[begin : begin + _STRIDE]


@dataclass(frozen=True, kw_only=True)
class StreamResult:
    """A device's detections in a sound that was sent to it."""

    wav_file: str
    length_s: float
    n_windows: int
    """in which the wake word is said"""
    true_positives: int
    false_negatives: int
    false_positives: int
    reached: bool
    """at most 8 false positives and 8 false negatives"""
    official_truth: bool
    """whether the truth file is MLCommons' own"""
    truth_sha256: str
    processing_s: float
    """of a stride: features and inference, on the device's clock"""
    period_s: float
    """of the strides"""
    duty_cycle: float
    throughput: float
    """strides per second without pauses"""
    activations: tuple[int, ...]
    """of the wake word after each stride, -128 to 127"""
    detections_ms: tuple[int, ...]
    """when it was heard: ends of strides, counted from that of the first one"""
    windows: tuple[tuple[float, float], ...]
    """when it is said, in s"""


def read_stream_ground_truth(path: Path) -> StreamGroundTruth:
    """Return the ground truth of a file's single sound. Raises DatasetError for a malformed file."""
    content = read_file(path, max_bytes=_MAX_TRUTH_BYTES)
    items = parse_json(content, str(path), error=DatasetError, hint=_HINT)
    if not isinstance(items, list) or len(items) != 1:
        raise DatasetError(f"{path}: expected a list of one sound", hint=_HINT)
    item = JsonObject.of(items[0], str(path), error=DatasetError, hint=_HINT)
    wav_file, length_s = item.text("wav_file"), item.number("length_sec", _STRIDE_S, _MAX_S)
    if not is_plain_name(wav_file) or not (path.parent / wav_file).is_file():
        raise DatasetError(f"{path}: {wav_file[:60]} is missing beside it", hint="fetch the whole data set")
    return StreamGroundTruth(
        path=path,
        wav_file=wav_file,
        sample_rate=item.integer("sample_rate", SAMPLE_RATE_HZ, SAMPLE_RATE_HZ),
        length_s=length_s,
        windows=_windows(item, length_s),
        truth_sha256=hashlib.sha256(content).hexdigest(),
    )


def run_stream(dut: Dut, truth: StreamGroundTruth, on_stride: Callable[[int], None]) -> StreamResult:
    """Return the device's detections in a sound, sent stride by stride. on_stride: called with the number done."""
    activations = []
    for done, stride in enumerate(truth.strides(), 1):
        activations.append(dut.hear(stride.astype("<i2").tobytes())[0])
        on_stride(done)
    n_strides, busy_us = dut.heard()
    if n_strides != len(activations) or not activations:
        raise DatasetError(
            f"{truth.wav_file}: the device processed {n_strides} strides of {len(activations)}", hint="reset the board"
        )
    heard = [n for n, value in enumerate(activations) if value > _THRESHOLD and n > 0]  # the first one is the clock's
    detections_ms = [round(1000 * _STRIDE_S * n) for n in heard]
    right, missed, wrong = score(detections_ms, truth.windows)
    processing_s = max(busy_us, 1) / n_strides / 1e6
    return StreamResult(
        wav_file=truth.wav_file,
        length_s=truth.length_s,
        n_windows=len(truth.windows),
        true_positives=right,
        false_negatives=missed,
        false_positives=wrong,
        reached=max(missed, wrong) <= MOST_WRONG,
        official_truth=truth.truth_sha256 == _OFFICIAL_TRUTH,
        truth_sha256=truth.truth_sha256,
        processing_s=processing_s,
        period_s=_STRIDE_S,
        duty_cycle=processing_s / _STRIDE_S,
        throughput=1 / processing_s,
        activations=tuple(activations),
        detections_ms=tuple(detections_ms),
        windows=truth.windows,
    )


def score(detections_ms: Sequence[int], windows: Sequence[tuple[float, float]]) -> tuple[int, int, int]:
    """Return true positives, false negatives and false positives.

    A detection is right from a wake word's start to two seconds after its end, and belongs to the first such wake word;
    wrong ones that follow each other within a second are one.
    """
    left, right = list(detections_ms), 0
    for start_s, end_s in windows:
        inside = [at for at in left if start_s <= at / 1000 <= end_s + 2 * _AFTER_S]
        right += bool(inside)
        left = [at for at in left if at not in inside]
    wrong, last_ms = 0, -float("inf")
    for at in left:
        if at > last_ms + 1000 * _DEBOUNCE_S:
            wrong, last_ms = wrong + 1, at
    return right, len(windows) - right, wrong


def _windows(item: JsonObject, length_s: float) -> tuple[tuple[float, float], ...]:
    rows = item.values.get("detection_windows")
    expected = f"at most {_MAX_WINDOWS:,} pairs of times from 0 to {length_s:g}"
    if not isinstance(rows, list) or len(rows) > _MAX_WINDOWS:
        raise item.wrong("detection_windows", expected)
    for row in rows:
        is_pair = isinstance(row, list) and len(row) == 2 and all(type(value) in (int, float) for value in row)
        if not is_pair or not 0 <= row[0] <= row[1] <= length_s:
            raise item.wrong("detection_windows", expected)
    return tuple((float(start), float(end)) for start, end in rows)
