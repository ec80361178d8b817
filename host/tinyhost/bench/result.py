"""The result of a benchmark. docs/reference/json.md describes the same as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyhost.bench.energy.measure import Energy
from tinyhost.device import LinkMeasurement
from tinyhost.device.pool import PoolShare
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
    "GateResult",
    "Judgement",
    "Latency",
    "Mismatch",
    "OperatorTicks",
]

TICK_REMARKS = {
    "instructions": "instructions on QEMU, exact and repeatable; instructions are not cycles",
    "ns": "ns on this computer, not on a device",
    "cycles": "CPU cycles of the board",
    "estimated cycles": "CPU cycles estimated by the emulator, good for orders of magnitude",
}
"""The interpretation of figures by unit."""


@dataclass(frozen=True, kw_only=True)
class DeviceSummary:
    """The device of a benchmark."""

    board: str
    """type of the board: `native`, `m4`, `nano33emu`, `nano33ble`"""
    name: str
    """the name for `--board`"""
    app: str
    engine: str
    firmware_version: str
    build_id: str
    """first 16 hex digits of the SHA-256 over the firmware's sources"""
    unique_id: str
    """unique id of this board"""
    arena_bytes: int
    """size of the engine's arena on the board"""
    slot_bytes: int
    """size of the largest model image"""


@dataclass(frozen=True, kw_only=True)
class OperatorTicks:
    """The median ticks of one operator over the profiled runs."""

    index: int
    name: str
    """as in TensorFlow Lite"""
    output_shape: tuple[int, ...]
    macs: int
    ticks: int
    """median over profiled runs, which are separate from those of `invoke`"""
    share: float
    """of the sum over all operators, 0..1"""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """The latency of one inference."""

    unit: str
    """the unit of ticks: `instructions`, `cycles`, `ns`"""
    tick_hz: int
    """ticks per second; 0 if a tick has no duration"""
    runs: int
    """inferences that were timed"""
    invoke: Spread
    """ticks of an inference, without preprocessing"""
    preprocess: Spread | None
    """ticks from picture to input tensor; None if the model takes no pictures"""
    capture: Spread | None
    """ticks to capture a camera frame (on virtual boards, to fetch it from the host, which varies); None without
    `--capture`"""
    per_operator: tuple[OperatorTicks, ...]
    """in the order of execution"""
    asleep: int | None = None
    """of a cascade, ticks of the first network's operators: what an inference costs that does not wake the second one;
    None of a model of one network"""
    listening: Listening | None = None
    """the cost of continuous listening, measured on 3 s of noise; None unless the app has a microphone and the model
    suits it"""


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """The first input on which device and reference differ."""

    seed: int
    """for `tinyhost diff --seed`"""
    what: str
    """`input`, `output`; `output 1` of several, counted from 0"""
    n_different: int
    """elements that differ"""
    max_abs_difference: int
    """in quantized units"""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Device against a reference, over random inputs: bytes are compared."""

    against: str
    """`host`: the engine on this computer; `tflm`: the tflite-micro wheel; `litert`: the reference kernels of the
    ai-edge-litert wheel"""
    compared: int
    """random inputs"""
    mismatches: int
    """inputs whose checksum or output bytes differ"""
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
class Judgement:
    """One condition and its result."""

    condition: str
    """the condition as given"""
    holds: bool
    before: float
    """of the baseline: ticks (medians), bytes, or a share"""
    now: float
    unit: str
    """`instructions`, `cycles`, `ns`, `B`, `share`"""
    change: str
    """in words: `+2.29 %`, `-2.0 pp`"""
    remark: str
    """why a difference does or does not count; empty if the figures show it"""
    p: float | None = None
    """p-value of McNemar's exact one-sided test; null without `(paired)`"""


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """A benchmark against its baseline; null without `--baseline`."""

    source: str
    """file, or revision and file"""
    time: str
    """when the baseline was measured"""
    build_id: str
    """of the baseline's firmware"""
    same_firmware: bool
    model_sha256: str
    """of the baseline's .tflite file"""
    same_model: bool
    judgements: tuple[Judgement, ...]

    @property
    def broken(self) -> tuple[Judgement, ...]:
        """The checks that do not hold."""
        return tuple(item for item in self.judgements if not item.holds)


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """All results of one `tinyhost bench`."""

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
    energy: Energy | None = None
    """None without a meter"""
    other: EngineRun | None = None
    """None when no other engine was asked for"""
    gate: GateResult | None = None
    """None without a baseline"""
    boards: tuple[PoolShare, ...] = ()
    """of several that shared the labelled samples, what each did; empty of one"""
