"""The JSON document of a benchmark: tinyhost.bench/1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tinyhost.bench.energy.measure import Energy
from tinyhost.bench.estimate import Estimate, estimate_latency
from tinyhost.bench.operator_costs import OperatorTotal, total_by_operator
from tinyhost.bench.result import TICK_REMARKS, Agreement, BenchResult, DeviceSummary, GateResult, Latency
from tinyhost.device import LinkMeasurement
from tinyhost.device.pool import PoolShare
from tinyhost.metrics.spread import Spread
from tinyhost.models.summary import ModelDocument, model_document
from tinyhost.system.documents import Document, to_json
from tinyhost.tasks.fairness import Fairness, FairnessDocument
from tinyhost.tasks.registry import tasks
from tinyhost.tasks.robustness import Robustness, RobustnessDocument

__all__ = ["BenchDocument", "bench_document", "finding_documents"]


@dataclass(frozen=True, kw_only=True)
class LatencyDocument(Latency):
    """The latency of one inference."""

    ticks_per_mac: float | None
    """median of `invoke` per multiply-accumulate of the network, including unused ones; null if it has none"""
    per_kind: tuple[OperatorTotal, ...]
    """operators summed by name, the most expensive first"""
    estimate: Estimate | None
    """estimated time on a real board, from instructions: [performance.md](performance.md); null on boards other than
    `m4`"""
    remark: str
    """how to interpret figures in this unit"""


@dataclass(frozen=True, kw_only=True)
class OtherEngineDocument:
    """The same model on the same board with another engine."""

    engine: str
    """`tflm`, `portable`"""
    build_id: str
    """of the firmware with that engine"""
    invoke: Spread
    """ticks of the model alone"""
    invoke_times: float
    """its median divided by `latency.invoke.median`: above 1, the board's own engine is faster"""
    preprocess: Spread | None
    """as `latency.preprocess`"""
    arena_bytes: int
    """arena that the model needs; for `tflm` including its data structures, as it reports"""
    image_bytes: int
    """size of the model image"""
    image_sha256: str
    program_bytes: int
    """code and constants of the firmware with that engine"""
    own_program_bytes: int
    """build of the firmware that the board had before and afterwards"""
    agreement: Agreement | None
    """as `agreement`, with the same reference"""


@dataclass(frozen=True, kw_only=True)
class BenchDocument:
    """`tinyhost bench --json FILE`.

    Exits 1 if the device and the reference disagree on any input, with either engine. Each task's findings have a key
    of their own, which is null if they were not asked for.
    """

    schema: Literal["tinyhost.bench/1"] = "tinyhost.bench/1"
    time: str
    """when the benchmark ended"""
    host: str
    """versions of tinyhost, Python and the operating system"""
    board: str
    """`native`, `m4`, `nano33emu`, `nano33ble`"""
    app: str
    """`vww`, `kws`, `anomaly`"""
    engine: str
    """`tinyhost`, `tflm`"""
    device: DeviceSummary
    """the device"""
    model: ModelDocument
    """the model"""
    latency: LatencyDocument
    agreement: Agreement | None
    """null with `--samples 0`"""
    link: LinkMeasurement | None
    """null without `--link`"""
    energy: Energy | None
    """null without `--energy`"""
    other: OtherEngineDocument | None
    """the same model on the same board with another engine; null without `--engine`"""
    gate: GateResult | None
    """the conditions of `--fail-if`; exits 1 if one is violated"""
    boards: tuple[PoolShare, ...]
    """the boards that shared the samples of `--data`; empty for a single board"""


def finding_documents() -> dict[str, type[Document]]:
    """Return the documents of the tasks' findings, by key."""
    of_tasks = {key: document for task in tasks() for key, document in task.documents.items()}
    return {**of_tasks, Fairness.key: FairnessDocument, Robustness.key: RobustnessDocument}


def bench_document(result: BenchResult) -> dict[str, Any]:
    """Return the document of a benchmark; parts that were not requested are null."""
    document = BenchDocument(
        time=result.time,
        host=result.host,
        board=result.device.board,
        app=result.device.app,
        engine=result.device.engine,
        device=result.device,
        model=model_document(result.model),
        latency=_latency_document(result),
        agreement=result.agreement,
        link=result.link,
        energy=result.energy,
        other=_other_document(result),
        gate=result.gate,
        boards=result.boards,
    )
    findings = {finding.key: to_json(finding.document()) for finding in result.findings}
    return {**to_json(document), **dict.fromkeys(finding_documents()), **findings}


def _latency_document(result: BenchResult) -> LatencyDocument:
    latency, macs = result.latency, result.model.macs
    return LatencyDocument(
        **{name: getattr(latency, name) for name in Latency.__dataclass_fields__},
        ticks_per_mac=latency.invoke.median / macs if macs else None,
        per_kind=total_by_operator(latency.per_operator),
        estimate=estimate_latency(latency),
        remark=TICK_REMARKS.get(latency.unit, ""),
    )


def _other_document(result: BenchResult) -> OtherEngineDocument | None:
    other = result.other
    if other is None:
        return None
    return OtherEngineDocument(
        engine=other.engine,
        build_id=other.device.build_id,
        invoke=other.latency.invoke,
        invoke_times=other.latency.invoke.median / max(1, result.latency.invoke.median),
        preprocess=other.latency.preprocess,
        arena_bytes=other.model.arena_bytes,
        image_bytes=other.model.flash_bytes,
        image_sha256=other.model.image_sha256,
        program_bytes=other.program_bytes,
        own_program_bytes=other.own_program_bytes,
        agreement=other.agreement,
    )
