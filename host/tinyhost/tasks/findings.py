"""A task's results, in a form that reports and terminal views draw without knowing the task."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.skipped import Skipped
from tinyhost.metrics.charts import Chart
from tinyhost.metrics.fairness import Policy
from tinyhost.metrics.intervals import Interval
from tinyhost.metrics.spread import Spread
from tinyhost.system.documents import Document
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.sensors.annotations import Annotation

__all__ = [
    "Confusion",
    "Figure",
    "Finding",
    "Grid",
    "HostAnswers",
    "Judged",
    "JudgedSamples",
    "Listening",
    "Note",
    "Part",
    "SampleVerdict",
    "Section",
    "Timeline",
    "TimelineDetection",
    "WhatIf",
    "WhatIfGroup",
    "agreement_note",
    "decibels",
    "digest_of",
    "issue_notes",
    "percent",
    "rate_within",
    "skipped_notes",
    "within",
]

_MAX_ISSUES = 10


@dataclass(frozen=True, kw_only=True)
class HostAnswers:
    """Agreement of the device with the firmware's code on this computer, on the same samples."""

    compared: int
    """number of clips or windows"""
    mismatches: int
    """number of them whose results differ"""


@dataclass(frozen=True, kw_only=True)
class Listening:
    """The cost of continuous sampling, with as many inferences as the app makes; in the latency's ticks."""

    unit: str
    """the unit of ticks: `ns`, `instructions`, `cycles`"""
    strides_per_s: float
    inferences_per_s: float
    """one per stride, or fewer with the setting `period_ms`"""
    per_stride: Spread
    """ticks to preprocess one stride and to write the window into the input tensor"""
    invoke: Spread
    """ticks of an inference on the window"""
    per_s: int
    """ticks for one second of samples, by the medians"""
    budget_per_s: int
    """ticks per second that are available: 64,000,000 instructions or cycles, or the nanoseconds of a second.
    Instructions are not
    cycles: a share of 64 MIPS is less than the share of a 64 MHz processor"""
    busy_share: float
    """`per_s / budget_per_s`; the board keeps up below 1, and idles for the rest"""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One large number with a title."""

    name: str
    value: str
    unit: str = ""
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence."""

    text: str
    level: Literal["plain", "good", "bad", "warning"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table: the first column is text, the others are numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """A confusion matrix; rows are the true classes."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The device's prediction for one labelled sample."""

    path: Path
    """of a generated clip, the data set's folder"""
    label: str
    predicted: str
    scores: tuple[float, ...]
    """real output values, one for each class"""
    is_picture: bool
    wake_score: int = 0
    """of a cascade, in units of its first network's output"""
    digest: str = ""
    """digest of the sample that was sent to the device, see `digest_of`; empty if none was"""

    @property
    def right(self) -> bool:
        """Whether the prediction is the label."""
        return self.label == self.predicted


@dataclass(frozen=True, kw_only=True)
class SampleVerdict:
    """Whether the device was right about one sample, identified by its content."""

    digest: str
    """digest of the sample's content: 16 hex digits"""
    label: str
    right: bool


@dataclass(frozen=True, kw_only=True)
class JudgedSamples:
    """Samples to be shown one by one, the misclassified ones first."""

    labels: tuple[str, ...]
    samples: tuple[Judged, ...]


@dataclass(frozen=True, kw_only=True)
class TimelineDetection:
    """A detection at one moment of a recording."""

    time_s: float
    right: bool


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A recording over time: the ground truth and the detections."""

    seconds: float
    labels: tuple[str, ...]
    """that have a colour of their own"""
    happened: tuple[Annotation, ...]
    marks: tuple[TimelineDetection, ...]


@dataclass(frozen=True, kw_only=True)
class WhatIfGroup:
    """One group's scores of the positive class."""

    name: str
    judged: bool
    """whether there are enough of them to compare"""
    positive: tuple[float, ...]
    """scores of the positive samples"""
    negative: tuple[float, ...]
    """scores of the negative samples"""


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Groups with a threshold each that the reader can move, to see the resulting rates."""

    column: str
    positive: str
    groups: tuple[WhatIfGroup, ...]
    policies: tuple[Policy, ...]


Part = Note | Grid | Confusion | JudgedSamples | Chart | Timeline | WhatIf


@dataclass(frozen=True, kw_only=True)
class Section:
    """A finding's section in a report."""

    title: str
    note: str
    """how it was measured, in a sentence or two"""
    figures: tuple[Figure, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding(ABC):
    """The result of one evaluation."""

    key: ClassVar[str]
    """its key in a benchmark's document"""

    skipped: tuple[Skipped, ...] = ()
    """the files that could not be used, with the reason"""

    @property
    def n_used(self) -> int:
        """The number of samples or recordings that were evaluated."""
        return 1

    def document(self) -> Document:
        """Return the JSON document; by default its own fields."""
        return cast("Document", self)

    @abstractmethod
    def section(self) -> Section:
        """Return the section of the report."""

    def sample_verdicts(self) -> tuple[SampleVerdict, ...]:
        """Return for each labelled sample whether the device was right; empty without labelled samples."""
        return ()

    def disagreement(self) -> str:
        """Return how the device's results differ from this computer's where they must not; "" if they agree."""
        return ""


def digest_of(samples: NDArray[Any]) -> str:
    """Return a digest of samples: the first 16 hex digits of the SHA-256 of shape and content."""
    content = f"{samples.dtype.str} {samples.shape} ".encode() + np.ascontiguousarray(samples).tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share in percent; a dash if it is undefined."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def decibels(value: float | None) -> str:
    """Return a ratio of powers in dB; a dash if it is undefined."""
    return "–" if value is None else f"{value:.1f} dB"


def within(interval: Interval | None) -> str:
    """Return a share's 95 % confidence interval in words."""
    return "" if interval is None else f"95 %: {100 * interval.low:.1f} to {100 * interval.high:.1f} %"


def rate_within(interval: Interval | None, per: str) -> str:
    """Return a rate's interval in words, as `within` does a share's."""
    return "" if interval is None else f"95 %: {interval.low:.3g} to {interval.high:.3g} {per}"


def skipped_notes(skipped: Sequence[Skipped], n_used: int) -> tuple[Note, ...]:
    """Return how many samples were skipped, and the reasons of at most ten; nothing if all were used."""
    if not skipped:
        return ()
    n_samples = len(skipped) + n_used
    left_out = Note(
        text=f"{len(skipped):,} of {counted(n_samples, 'sample')} skipped, which are not counted", level="warning"
    )
    return (left_out, *issue_notes([str(item) for item in skipped]))


def agreement_note(host: HostAnswers, what: str) -> Note:
    """Return on how many of the samples this computer's result differs."""
    return Note(
        text=f"the result on this computer differs for {host.mismatches:,} of {host.compared:,} {what}",
        level="bad" if host.mismatches else "good",
    )


def issue_notes(issues: Sequence[str]) -> tuple[Note, ...]:
    """Return the problems of the samples: at most ten remarks and the number of further ones."""
    shown = [*issues[:_MAX_ISSUES], *([f"and {len(issues) - _MAX_ISSUES:,} more"] if len(issues) > _MAX_ISSUES else [])]
    return tuple(Note(text=issue, level="warning") for issue in shown)
