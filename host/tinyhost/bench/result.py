"""What a benchmark found. docs/reference/json.md describes the same as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tinyhost.bench.streaming import Streaming
from tinyhost.device import LinkMeasurement
from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint
from tinyhost.models.summary import ModelSummary

if TYPE_CHECKING:
    from tinyhost.bench.motion_result import MotionAccuracy, MotionStream
    from tinyhost.boards.build import EngineBuild

__all__ = [
    "TICK_REMARKS",
    "Accuracy",
    "Agreement",
    "BenchResult",
    "ClassScore",
    "DeviceSummary",
    "EngineRun",
    "HostAnswers",
    "KeywordRates",
    "Latency",
    "Listening",
    "Mismatch",
    "OperatorTicks",
    "SampleResult",
    "Spread",
]

TICK_REMARKS = {
    "instructions": "instructions on QEMU, exact and repeatable; instructions are not cycles",
    "ns": "ns of this computer: not a device's figure",
    "cycles": "CPU cycles of the board",
}
"""What a figure in each unit is worth."""


@dataclass(frozen=True, kw_only=True)
class DeviceSummary:
    """Who answered."""

    board: str
    name: str
    """as the host addresses it, e.g. nano33ble:0123ABCD"""
    app: str
    engine: str
    firmware_version: str
    build_id: str
    unique_id: str
    arena_bytes: int
    slot_bytes: int


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Least, median and most of some counts of ticks."""

    min: int
    median: int
    max: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Spread:
        """Return the spread of at least one value; the median of an even number is rounded down."""
        return cls(min=min(values), median=int(statistics.median(values)), max=max(values))


@dataclass(frozen=True, kw_only=True)
class OperatorTicks:
    """The median ticks of one operator over the profiled runs."""

    index: int
    name: str
    output_shape: tuple[int, ...]
    macs: int
    ticks: int
    share: float
    """of the sum over all operators, 0..1"""


@dataclass(frozen=True, kw_only=True)
class Listening:
    """What it costs to listen all the time, with as many inferences as the app takes; in the latency's ticks."""

    strides_per_s: float
    inferences_per_s: float
    per_stride: Spread
    """of preprocessing, the window's way into the input tensor included"""
    invoke: Spread
    per_s: int
    """ticks for one second of sound: of the medians"""
    budget_per_s: int
    """ticks that a second has: 64,000,000 instructions or cycles, or the nanoseconds of a second"""
    busy_share: float
    """of the budget; the board keeps up below 1, and idles for the rest"""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long one inference takes."""

    unit: str
    """instructions, cycles or ns"""
    tick_hz: int
    """0 where a tick is not a time"""
    runs: int
    invoke: Spread
    preprocess: Spread | None
    """None when the model takes no pictures"""
    capture: Spread | None
    """None when it was not asked for"""
    per_operator: tuple[OperatorTicks, ...]
    listening: Listening | None = None
    """None when the app has no microphone"""


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """The first input on which device and reference differ."""

    seed: int
    what: str
    """input or output"""
    n_different: int
    max_abs_difference: int


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Device against a reference, over random inputs: bytes are compared."""

    against: str
    """host, tflm, litert"""
    compared: int
    mismatches: int
    first_mismatch: Mismatch | None


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """What the device said to one labelled picture or clip."""

    path: Path
    label: str
    predicted: str
    scores: tuple[float, ...]
    """real output values, one for each class"""
    ticks: int

    @property
    def right(self) -> bool:
        """Whether the prediction is the label."""
        return self.label == self.predicted


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """How one class fared; None where the ratio has no denominator."""

    n: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, kw_only=True)
class HostAnswers:
    """The same clips through the firmware's frontend and engine on this computer."""

    compared: int
    mismatches: int
    """clips to which any output byte differs"""


@dataclass(frozen=True, kw_only=True)
class KeywordRates:
    """A keyword spotter's errors about clips, at its own threshold and at all others."""

    n_silent: int
    """first classes, which are no words"""
    point: KeywordPoint
    """at the model's threshold"""
    curve: KeywordCurve


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """A labelled folder, classified on the device."""

    data: Path
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """rows: true class, columns: predicted class, in the order of `labels`"""
    samples: tuple[SampleResult, ...]
    kind: Literal["pictures", "clips"] = "pictures"
    host: HostAnswers | None = None
    """the same clips on this computer; None for pictures"""
    keywords: KeywordRates | None = None
    """words missed and words made up; None for pictures"""

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.samples)

    @property
    def top1(self) -> float:
        """Share of samples whose highest score is the label's."""
        return sum(sample.right for sample in self.samples) / self.n

    def per_class(self) -> dict[str, ClassScore]:
        """Return precision and recall of each label."""
        scores = {}
        for index, label in enumerate(self.labels):
            right, n_true = self.confusion[index][index], sum(self.confusion[index])
            n_said = sum(row[index] for row in self.confusion)
            scores[label] = ClassScore(
                n=n_true,
                precision=right / n_said if n_said else None,
                recall=right / n_true if n_true else None,
            )
        return scores


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """The same model on the same board, with firmware that has another engine."""

    engine: EngineBuild
    device: DeviceSummary
    program_bytes: int
    """code and constants of the firmware"""
    own_program_bytes: int
    """of the firmware that the comparison is with"""
    model: ModelSummary
    latency: Latency
    agreement: Agreement | None
    """with the same reference"""


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """Everything that one `tinyhost bench` found."""

    time: str
    """UTC, ISO 8601"""
    host: str
    """system and tinyhost version"""
    device: DeviceSummary
    model: ModelSummary
    latency: Latency
    agreement: Agreement | None
    accuracy: Accuracy | None
    streaming: Streaming | None
    link: LinkMeasurement | None
    motion: MotionAccuracy | None = None
    motion_stream: MotionStream | None = None
    other: EngineRun | None = None
    """None when no other engine was asked for"""
