"""How a keyword spotter does on long sound: words missed, words detected that were not said, and how late it is."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.errors import DatasetError, UsageError
from tinyhost.metrics.detections import Detection, Verdict, WordScore, judge_detections
from tinyhost.metrics.intervals import Interval, poisson_rate, wilson
from tinyhost.sensors.annotations import Annotation, read_annotations
from tinyhost.system.wording import counted
from tinyhost.tasks.contract import Evaluation, Subject
from tinyhost.tasks.findings import (
    Figure,
    Finding,
    Grid,
    Note,
    Section,
    Timeline,
    TimelineDetection,
    percent,
    rate_within,
    within,
)
from tinyhost.tasks.keywords.params import keyword_params

__all__ = ["SoundEvaluation", "Streaming", "StreamingDocument", "load_recording"]

_PIECE_S = 1
_MAX_MISSED = 10
"""Missed words that are listed."""


@dataclass(frozen=True, kw_only=True)
class WordDocument:
    """How one word fared."""

    n: int
    """times it is said"""
    hits: int
    false_accepts: int
    miss_rate: float | None


@dataclass(frozen=True, kw_only=True)
class DetectionDocument:
    """One word that was detected."""

    time_s: float
    """end of the window"""
    label: str
    kind: str
    """`hit`, `repeat`, `false`"""
    said: str | None
    """the word that is spoken there; null if none"""
    delay_s: float | None
    """delay from the word's end; null unless it is a hit"""


@dataclass(frozen=True, kw_only=True)
class StreamingDocument:
    """A long recording of sound, as the device heard it; null without `--stream`."""

    stream: str
    """the recording"""
    seconds: float
    """of sound"""
    n_inferences: int
    n_words: int
    """wanted words that are spoken"""
    hits: int
    """wanted words that are detected, until 1 s after their end"""
    miss_rate: float | None
    """share that is not detected; null if no word is spoken"""
    miss_interval: Interval | None
    """95 % (Wilson)"""
    false_accepts: int
    """detections of words that are not spoken, and repeated detections"""
    false_accepts_per_hour: float
    false_accepts_per_hour_interval: Interval | None
    """exact 95 % interval of the rate"""
    median_delay_s: float | None
    """from a word's end to its detection; null without a hit"""
    per_word: Mapping[str, WordDocument]
    """by word"""
    detections: tuple[DetectionDocument, ...]
    """by time"""
    missed: tuple[Annotation, ...]
    """words not detected"""


@dataclass(frozen=True, kw_only=True)
class Streaming(Finding):
    """A long recording, as a device heard it."""

    key: ClassVar[str] = "streaming"

    stream: Path
    seconds: float
    n_inferences: int
    words: tuple[str, ...]
    """that the model knows"""
    said: tuple[Annotation, ...]
    """all that is said, other words too"""
    verdicts: tuple[Verdict, ...]
    missed: tuple[Annotation, ...]

    def per_word(self) -> dict[str, WordScore]:
        """Return each word's score."""
        said = Counter(word.label for word in self.said)
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
    def miss_interval(self) -> Interval | None:
        """The share of words missed that so many words speak for."""
        return wilson(self.total.n - self.total.hits, self.total.n)

    @property
    def per_hour_interval(self) -> Interval | None:
        """The rate of false accepts that so much sound speaks for."""
        return poisson_rate(self.total.false_accepts, self.seconds / 3600)

    @property
    def median_delay_s(self) -> float | None:
        """Of the hits; None without one."""
        delays = [item.delay_s for item in self.verdicts if item.delay_s is not None]
        return statistics.median(delays) if delays else None

    def document(self) -> StreamingDocument:
        """Return it for programs."""
        total = self.total
        return StreamingDocument(
            stream=str(self.stream),
            seconds=self.seconds,
            n_inferences=self.n_inferences,
            n_words=total.n,
            hits=total.hits,
            miss_rate=total.miss_rate,
            miss_interval=self.miss_interval,
            false_accepts=total.false_accepts,
            false_accepts_per_hour=self.false_accepts_per_hour,
            false_accepts_per_hour_interval=self.per_hour_interval,
            median_delay_s=self.median_delay_s,
            per_word={
                word: WordDocument(
                    n=score.n, hits=score.hits, false_accepts=score.false_accepts, miss_rate=score.miss_rate
                )
                for word, score in self.per_word().items()
            },
            detections=tuple(
                DetectionDocument(
                    time_s=item.detection.time_s,
                    label=item.detection.label,
                    kind=item.kind,
                    said=item.word.label if item.word else None,
                    delay_s=item.delay_s,
                )
                for item in self.verdicts
            ),
            missed=self.missed,
        )

    def section(self) -> Section:
        """Return it for people."""
        total, delay_s = self.total, self.median_delay_s
        delay = "no word was detected" if delay_s is None else "after a word's end"
        marks = (TimelineDetection(time_s=item.detection.time_s, right=item.kind == "hit") for item in self.verdicts)
        return Section(
            title="Words detected in a long recording",
            note=f"{self.seconds / 60:.1f} min of {self.stream}, fed to the board in place of its microphone; "
            f"{counted(self.n_inferences, 'inference')}. A word counts as detected until 1 s after its end.",
            figures=(
                Figure(
                    name="False accepts per hour",
                    value=f"{self.false_accepts_per_hour:.1f}",
                    more=f"{total.false_accepts} in all; {rate_within(self.per_hour_interval, 'an hour')}",
                ),
                Figure(
                    name="Missed",
                    value=percent(total.miss_rate),
                    more=f"{len(self.missed)} of {counted(total.n, 'word')}; {within(self.miss_interval)}".rstrip("; "),
                ),
                Figure(name="Delay, median", value="–" if delay_s is None else f"{delay_s:+.2f}", unit="s", more=delay),
            ),
            parts=(
                Timeline(seconds=self.seconds, labels=self.words, happened=self.said, marks=tuple(marks)),
                Grid(
                    headings=("word", "said", "detected", "missed", "false accepts"),
                    rows=tuple(
                        (word, str(score.n), str(score.hits), percent(score.miss_rate), str(score.false_accepts))
                        for word, score in {**self.per_word(), "all": total}.items()
                    ),
                ),
                *(Note(text=f"{word.label} at {word.start_s:.1f} s was missed") for word in self.missed[:_MAX_MISSED]),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class SoundEvaluation(Evaluation):
    """A long recording for a device to hear: pcm (n,) at 16 kHz, and what is said in it."""

    stage: ClassVar[str] = "stream"

    path: Path
    pcm: NDArray[np.int16]
    said: tuple[Annotation, ...]

    @property
    def n_steps(self) -> int:
        """Whole seconds."""
        return len(self.pcm) // SAMPLE_RATE_HZ

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> Streaming:
        """Return what the device hears, fed with the sound as if its microphone did, as fast as it takes it."""

        def pieces() -> Iterator[NDArray[np.int16]]:
            step = _PIECE_S * SAMPLE_RATE_HZ
            for begin in range(0, len(self.pcm), step):
                yield self.pcm[begin : begin + step]
                on_step(min(begin + step, len(self.pcm)) // SAMPLE_RATE_HZ)

        n_inferences, detections = 0, []
        for result in subject.device.feed(pieces(), rate_hz=SAMPLE_RATE_HZ):
            n_inferences += 1
            if result.prediction.detected:
                time_s = result.prediction.position / SAMPLE_RATE_HZ
                detections.append(Detection(time_s=time_s, label=subject.labels[result.prediction.top]))
        words = subject.labels[keyword_params(subject.image).n_silent_labels :]
        verdicts, missed = judge_detections(detections, self.said)
        return Streaming(
            stream=self.path,
            seconds=len(self.pcm) / SAMPLE_RATE_HZ,
            n_inferences=n_inferences,
            words=words,
            said=self.said,
            verdicts=verdicts,
            missed=tuple(word for word in missed if word.label in words),
        )


def load_recording(stream: Path, annotations: Path | None, labels: Sequence[str], n_silent: int) -> SoundEvaluation:
    """Return a recording and what is said in it; by default the .csv file beside it tells.

    n_silent: first labels, which are no words. Raises DatasetError for a file that cannot be used, UsageError if the
    model has no labels.
    """
    if not labels[n_silent:]:
        raise UsageError(
            "the model has no labels, so its detections cannot be compared with the ground truth",
            hint="name them in the order of the outputs: --labels silence,unknown,yes,no",
        )
    beside = annotations if annotations is not None else stream.with_suffix(".csv")
    pcm = read_sound(stream)
    said = read_annotations(beside)
    _check_known(beside, said, labels)
    seconds = len(pcm) / SAMPLE_RATE_HZ
    late = next((word for word in said if word.start_s >= seconds), None)
    if late is not None:
        raise DatasetError(
            f"{beside}: {late.label} at {late.start_s:.2f} s, but {stream} ends after {seconds:.2f} s",
            hint="give the ground truth of this recording: --truth FILE",
        )
    return SoundEvaluation(path=stream, pcm=pcm, said=tuple(said))


def _check_known(path: Path, said: Sequence[Annotation], labels: Sequence[str]) -> None:
    """Raise DatasetError for words that the model does not have: each of its detections would be made up."""
    strange = sorted({word.label for word in said} - {*labels, UNKNOWN})
    if strange:
        raise DatasetError(
            f"{path}: the model knows no label {', '.join(strange)}; it has {', '.join(labels)}",
            hint=f"use the model's labels, and {UNKNOWN} for words that it should not detect",
        )
