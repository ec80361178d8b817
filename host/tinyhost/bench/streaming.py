"""How a keyword spotter does on long sound: words missed, words made up, and how late it is."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.wav import SAMPLE_RATE_HZ, read_wav
from tinyhost.errors import DatasetError, UsageError
from tinyhost.sensors.annotations import SpokenWord, read_truth

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["Detection", "Sound", "Streaming", "Verdict", "WordScore", "judge", "load_stream", "measure_stream"]

TOLERANCE_S = 1.0
"""A word may be detected until so long after its end: a window is a second long, and scores are averaged."""
_PIECE_S = 1


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A long recording: pcm (n,) at 16 kHz, and what is said in it."""

    path: Path
    pcm: NDArray[np.int16]
    said: tuple[SpokenWord, ...]


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A word that was heard, when: the end of the window, in seconds from the start of the sound."""

    time_s: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a detection was."""

    detection: Detection
    kind: str
    """hit, repeat (a hit's word again), or false"""
    word: SpokenWord | None
    """what was said; of a false one: what else was being said, if anything"""
    delay_s: float | None
    """from the word's end, negative if it was not over; None unless a hit"""


@dataclass(frozen=True, kw_only=True)
class WordScore:
    """How one word fared."""

    n: int
    """times it was said"""
    hits: int
    false_accepts: int
    """times it was heard and not said"""

    @property
    def miss_rate(self) -> float | None:
        """Share that was not heard; None if it was never said."""
        return 1 - self.hits / self.n if self.n else None


@dataclass(frozen=True, kw_only=True)
class Streaming:
    """A long recording, as a device heard it."""

    stream: Path
    seconds: float
    n_inferences: int
    words: tuple[str, ...]
    """that the model knows"""
    truth: tuple[SpokenWord, ...]
    """all that is said, other words too"""
    verdicts: tuple[Verdict, ...]
    missed: tuple[SpokenWord, ...]

    def per_word(self) -> dict[str, WordScore]:
        """Return each word's score."""
        said = Counter(word.label for word in self.truth)
        hits = Counter(item.detection.label for item in self.verdicts if item.kind == "hit")
        false = Counter(item.detection.label for item in self.verdicts if item.kind != "hit")
        return {word: WordScore(n=said[word], hits=hits[word], false_accepts=false[word]) for word in self.words}

    @property
    def total(self) -> WordScore:
        """All words together."""
        scores = self.per_word().values()
        return WordScore(
            n=sum(score.n for score in scores),
            hits=sum(score.hits for score in scores),
            false_accepts=sum(score.false_accepts for score in scores),
        )

    @property
    def false_accepts_per_hour(self) -> float:
        """False detections and repeats per hour of sound."""
        return self.total.false_accepts * 3600 / self.seconds

    @property
    def median_delay_s(self) -> float | None:
        """Of the hits; None without one."""
        delays = [item.delay_s for item in self.verdicts if item.delay_s is not None]
        return statistics.median(delays) if delays else None


def judge(
    detections: Sequence[Detection], truth: Sequence[SpokenWord], *, tolerance_s: float = TOLERANCE_S
) -> tuple[tuple[Verdict, ...], tuple[SpokenWord, ...]]:
    """Return what each detection was, by time, and the words of `truth` that none was a hit of, in their order.

    A detection is a hit of the earliest word of its label, not yet hit, that has begun and has not ended longer than
    tolerance_s ago. `truth` may hold labels that are never detected, as `unknown`; they are not missed if they are not
    among what is wanted: the caller leaves them out of what it counts.
    """
    open_words = sorted(truth, key=lambda word: word.start_s)
    hit: set[int] = set()
    verdicts = []
    for detection in sorted(detections, key=lambda item: item.time_s):
        near = [
            index
            for index, word in enumerate(open_words)
            if word.start_s <= detection.time_s <= word.end_s + tolerance_s
        ]
        same = [index for index in near if open_words[index].label == detection.label]
        fresh = [index for index in same if index not in hit]
        if fresh:
            hit.add(fresh[0])
            word = open_words[fresh[0]]
            delay_s = detection.time_s - word.end_s
            verdicts.append(Verdict(detection=detection, kind="hit", word=word, delay_s=delay_s))
        else:
            other = next(iter(same or near), None)
            verdicts.append(
                Verdict(
                    detection=detection,
                    kind="repeat" if same else "false",
                    word=None if other is None else open_words[other],
                    delay_s=None,
                )
            )
    missed = tuple(word for index, word in enumerate(open_words) if index not in hit)
    return tuple(verdicts), missed


def load_stream(stream: Path, truth: Path | None, labels: Sequence[str], n_silent: int) -> Sound:
    """Return a recording and what is said in it; by default the .csv file beside it tells.

    Raises DatasetError for a file that cannot be used, UsageError if the model has no labels.
    """
    if not labels[n_silent:]:
        raise UsageError(
            "the model has no labels for words, so what it hears cannot be compared with what is said",
            hint="name them in the order of the outputs: --labels silence,unknown,yes,no",
        )
    beside = truth if truth is not None else stream.with_suffix(".csv")
    pcm = read_wav(stream)
    said = read_truth(beside)
    seconds = len(pcm) / SAMPLE_RATE_HZ
    late = next((word for word in said if word.start_s >= seconds), None)
    if late is not None:
        raise DatasetError(
            f"{beside}: {late.label} at {late.start_s:.2f} s, but {stream} ends after {seconds:.2f} s",
            hint="give the truth of this very recording: --truth FILE",
        )
    return Sound(path=stream, pcm=pcm, said=tuple(said))


def measure_stream(
    device: Device,
    sound: Sound,
    labels: Sequence[str],
    n_silent: int,
    *,
    on_second: Callable[[int], None] = lambda done: None,
) -> Streaming:
    """Return what the device hears, fed with the sound as if its microphone did, as fast as it takes it.

    n_silent: first labels, which are no words.
    """
    pcm = sound.pcm

    def pieces() -> Iterator[NDArray[np.int16]]:
        step = _PIECE_S * SAMPLE_RATE_HZ
        for begin in range(0, len(pcm), step):
            yield pcm[begin : begin + step]
            on_second(min(begin + step, len(pcm)) // SAMPLE_RATE_HZ)

    n_inferences, detections = 0, []
    for result in device.feed(pieces(), rate_hz=SAMPLE_RATE_HZ):
        n_inferences += 1
        if result.prediction.detected:
            time_s = result.prediction.position / SAMPLE_RATE_HZ
            detections.append(Detection(time_s=time_s, label=labels[result.prediction.top]))
    words = tuple(labels[n_silent:])
    verdicts, missed = judge(detections, sound.said)
    return Streaming(
        stream=sound.path,
        seconds=len(pcm) / SAMPLE_RATE_HZ,
        n_inferences=n_inferences,
        words=words,
        truth=sound.said,
        verdicts=verdicts,
        missed=tuple(word for word in missed if word.label in words),
    )
