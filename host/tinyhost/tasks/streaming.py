"""Detections of events in a long recording: misses, false accepts, delays."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tinyhost.errors import DatasetError
from tinyhost.metrics.cascade import CascadeStream
from tinyhost.metrics.detections import Detection, Verdict, WordScore, judge_detections
from tinyhost.metrics.intervals import Interval, poisson_rate, wilson
from tinyhost.sensors.annotations import Annotation
from tinyhost.system.wording import counted
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

__all__ = ["Streaming", "StreamingDocument", "check_truth", "streaming_of"]

_MAX_MISSED = 10
"""Number of missed words that are listed."""


@dataclass(frozen=True, kw_only=True)
class WordDocument:
    """Results of one word."""

    n: int
    """number of times it is spoken"""
    hits: int
    false_accepts: int
    miss_rate: float | None


@dataclass(frozen=True, kw_only=True)
class DetectionDocument:
    """One detection of a word."""

    time_s: float
    """end of the window"""
    label: str
    kind: str
    """`hit`, `repeat`, `false`"""
    said: str | None
    """the word spoken at that time; null if none"""
    delay_s: float | None
    """delay from the word's end; null unless it is a hit"""


@dataclass(frozen=True, kw_only=True)
class StreamingDocument:
    """Results of a long recording of words or gestures on the device; null without `--stream`."""

    stream: str
    """the recording"""
    seconds: float
    """its length"""
    n_inferences: int
    n_words: int
    """wanted words that are spoken, or gestures that are made"""
    hits: int
    """number of them that are detected, until 1 s after their end"""
    miss_rate: float | None
    """share of them that is not detected; null if there are none"""
    miss_interval: Interval | None
    """95 % (Wilson)"""
    false_accepts: int
    """false and repeated detections of words or gestures"""
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
    cascade: CascadeStream | None
    """what a cascade's first network let pass, and what it saved; null for a model of one network"""


@dataclass(frozen=True, kw_only=True)
class Streaming(Finding):
    """Results of a long recording, fed to a device in place of its sensor."""

    key: ClassVar[str] = "streaming"

    event: str = "word"
    """what is detected: `word`, `gesture`"""
    sensor: str = "microphone"
    """the sensor in whose place the recording was fed"""

    stream: Path
    seconds: float
    n_inferences: int
    words: tuple[str, ...]
    """words that the model knows"""
    said: tuple[Annotation, ...]
    """all words that are spoken, also those that the model does not know"""
    verdicts: tuple[Verdict, ...]
    missed: tuple[Annotation, ...]
    cascade: CascadeStream | None = None
    """None of a model of one network"""
    notes: tuple[Note, ...] = ()
    """that the task adds"""

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
        """False and repeated detections per hour."""
        return self.total.false_accepts * 3600 / self.seconds

    @property
    def miss_interval(self) -> Interval | None:
        """The confidence interval of the share of missed words."""
        return wilson(self.total.n - self.total.hits, self.total.n)

    @property
    def per_hour_interval(self) -> Interval | None:
        """The confidence interval of false accepts per hour."""
        return poisson_rate(self.total.false_accepts, self.seconds / 3600)

    @property
    def median_delay_s(self) -> float | None:
        """The median delay of the hits; None without one."""
        delays = [item.delay_s for item in self.verdicts if item.delay_s is not None]
        return statistics.median(delays) if delays else None

    def document(self) -> StreamingDocument:
        """Return the JSON document."""
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
            cascade=self.cascade,
        )

    def section(self) -> Section:
        """Return the section of the report."""
        total, delay_s, is_word = self.total, self.median_delay_s, self.event == "word"
        delay = f"no {self.event} was detected" if delay_s is None else f"after a {self.event}'s end"
        marks = (TimelineDetection(time_s=item.detection.time_s, right=item.kind == "hit") for item in self.verdicts)
        return Section(
            title=f"{self.event.capitalize()}s detected in a long recording",
            note=f"{self.seconds / 60:.1f} min of {self.stream}, fed to the board in place of its {self.sensor}; "
            f"{counted(self.n_inferences, 'inference')}. A {self.event} counts as detected until 1 s after its end.",
            figures=(
                Figure(
                    name="False accepts per hour",
                    value=f"{self.false_accepts_per_hour:.1f}",
                    more=f"{total.false_accepts} in all; {rate_within(self.per_hour_interval, 'an hour')}",
                ),
                Figure(
                    name="Missed",
                    value=percent(total.miss_rate),
                    more=f"{len(self.missed)} of {counted(total.n, self.event)}; {within(self.miss_interval)}".rstrip(
                        "; "
                    ),
                ),
                Figure(name="Delay, median", value="–" if delay_s is None else f"{delay_s:+.2f}", unit="s", more=delay),
            ),
            parts=(
                Timeline(seconds=self.seconds, labels=self.words, happened=self.said, marks=tuple(marks)),
                Grid(
                    headings=(
                        self.event,
                        "said" if is_word else "made",
                        "detected",
                        "missed",
                        "false accepts",
                    ),
                    rows=tuple(
                        (word, str(score.n), str(score.hits), percent(score.miss_rate), str(score.false_accepts))
                        for word, score in {**self.per_word(), "all": total}.items()
                    ),
                ),
                *self.notes,
                *(Note(text=f"{word.label} at {word.start_s:.1f} s was missed") for word in self.missed[:_MAX_MISSED]),
            ),
        )


def streaming_of(
    stream: Path,
    seconds: float,
    detections: Sequence[Detection],
    truth: Sequence[Annotation],
    words: tuple[str, ...],
    *,
    n_inferences: int,
    event: str = "word",
    sensor: str = "microphone",
) -> Streaming:
    """Return the detections matched with a recording's events. words: the events that the model knows."""
    verdicts, missed = judge_detections(detections, truth)
    return Streaming(
        stream=stream,
        seconds=seconds,
        n_inferences=n_inferences,
        words=words,
        said=tuple(truth),
        verdicts=verdicts,
        missed=tuple(word for word in missed if word.label in words),
        event=event,
        sensor=sensor,
    )


def check_truth(
    stream: Path, path: Path, truth: Sequence[Annotation], *, seconds: float, labels: Sequence[str], other: str
) -> None:
    """Raise DatasetError for events that the model does not know, or beyond the recording's end.

    path: the ground truth's file. other: the label for all other events, which is allowed.
    """
    strange = sorted({event.label for event in truth} - {*labels, other})
    if strange:
        raise DatasetError(
            f"{path}: the model knows no label {', '.join(strange)}; it has {', '.join(labels)}",
            hint=f"use the model's labels, and {other} for what it should not detect",
        )
    late = next((event for event in truth if event.start_s >= seconds), None)
    if late is not None:
        raise DatasetError(
            f"{path}: {late.label} at {late.start_s:.2f} s, but {stream} ends after {seconds:.2f} s",
            hint="give the ground truth of this recording: --truth FILE",
        )
