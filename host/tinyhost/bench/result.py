"""What a benchmark found. docs/reference/json.md describes the same as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyhost.device import LinkMeasurement
from tinyhost.metrics.spread import Spread
from tinyhost.models.summary import ModelSummary
from tinyhost.tasks.findings import Finding, Listening

if TYPE_CHECKING:
    from tinyhost.boards.build import EngineBuild

__all__ = [
    "TICK_REMARKS",
    "Agreement",
    "BenchResult",
    "DeviceSummary",
    "EngineRun",
    "Latency",
    "Mismatch",
    "OperatorTicks",
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
    findings: tuple[Finding, ...] = ()
    """of labelled samples and of a recording, by the task of the device's app"""
    link: LinkMeasurement | None
    other: EngineRun | None = None
    """None when no other engine was asked for"""
