"""One benchmark, from the model file to the result."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import tinyhost
from tinyhost.audio.speakers import Part
from tinyhost.bench.agreement import measure_agreement
from tinyhost.bench.energy.measure import Energy, measure_energy
from tinyhost.bench.energy.meters import OpenedMeter
from tinyhost.bench.latency import drawn_request, measure_latency
from tinyhost.bench.result import Agreement, BenchResult, DeviceSummary
from tinyhost.compiler import ModelImage
from tinyhost.errors import UsageError
from tinyhost.models.file import ModelFile
from tinyhost.models.fits import operators_of
from tinyhost.models.push import push_image
from tinyhost.models.reference import ReferenceName, open_reference
from tinyhost.models.summary import ModelSummary, summarize
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.protocol.messages import InferSource, SlotInfo, Source
from tinyhost.tasks.contract import Evaluation, Subject, Task
from tinyhost.tasks.findings import Finding
from tinyhost.tasks.registry import task_of_device
from tinyhost.tasks.robustness import chosen_sweeps, measure_robustness
from tinyhost.tasks.sweeps import Sweep

if TYPE_CHECKING:
    from tinyhost.device import Device
    from tinyhost.device.pool import DevicePool

__all__ = ["ActiveModel", "BenchRequest", "Progress", "active_slot", "model_on_device", "run_bench"]

Progress = Callable[[str, int, int], None]
"""Called with the stage, the number of steps done, and of all steps."""


@dataclass(frozen=True, kw_only=True)
class BenchRequest:
    """The configuration of a benchmark."""

    runs: int = 10
    samples: int = 100
    against: ReferenceName = "host"
    data: Path | None = None
    part: Part | None = None
    """of `data`: only this one; None: all"""
    stream: Path | None = None
    """a long recording to evaluate"""
    annotations: Path | None = None
    """its ground truth; None: the file beside it"""
    robustness: tuple[str, ...] = ()
    """names of conditions for robustness tests on `data`, or `all`"""
    labels: tuple[str, ...] = ()
    """used instead of the model's own"""
    units: MotionUnits = UNSTATED_UNITS
    """of motion in CSV files"""
    capture: bool = False
    link: bool = False


@dataclass(frozen=True, kw_only=True)
class ActiveModel:
    """The active model of one or several boards. tflite: its file, if known."""

    image: bytes
    tflite: bytes | None
    pool: DevicePool | None = None
    """several devices with that image, which share labelled samples"""
    meter: OpenedMeter | None = None
    """meter at the supply of the first of them"""


def active_slot(device: Device) -> SlotInfo | None:
    """Return the slot of the active model, or None."""
    return next((slot for slot in device.models() if slot.active), None)


@contextmanager
def model_on_device(
    device: Device, model: ModelFile | None, *, keep: bool, on_progress: Progress
) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the active image and its .tflite, if known: the present one, or `model`, which is pushed first.

    Afterwards the former model is activated again, unless `keep`.
    """
    if model is None:
        if active_slot(device) is None:
            raise UsageError("the board has no active model", hint="tinyhost push FILE, or bench --model FILE")
        active = ModelImage.parse(device.read(Source.MODEL), where=device.name)
        yield active.data, active.constants if active.engine == "tflm" else None
        return
    before = active_slot(device)
    image = model.image_for(device.engine, operators_of(device))
    push_image(device, image, progress=lambda done, total: on_progress("push", done, total))
    try:
        yield image, model.tflite
    finally:
        after = active_slot(device)
        if before and after and before.sha256 != after.sha256 and not keep:
            device.rollback()


def run_bench(
    device: Device,
    active: ActiveModel,
    *,
    name: str,
    request: BenchRequest,
    on_progress: Progress,
) -> BenchResult:
    """Return the requested results for the active model of the device."""
    task, image, pool = task_of_device(device.info), active.image, active.pool
    subject = Subject(
        device=device,
        image=image,
        model=summarize(image),
        given_labels=request.labels,
        units=request.units,
        given_pool=pool,
    )
    evaluations = _evaluations(task, subject, request)
    sweeps = chosen_sweeps(task, request.robustness) if task and request.robustness else ()
    reference = open_reference(request.against, image=image, tflite=active.tflite) if request.samples else None
    subject = replace(subject, model=_with_arena(device, subject.model))
    latency = measure_latency(
        subject,
        task,
        runs=request.runs,
        capture=request.capture,
        on_run=lambda done: on_progress("latency", done, request.runs),
    )
    energy = _energy(subject, task, request, active.meter, on_progress) if active.meter else None
    agreement: Agreement | None = None
    if reference is not None:
        agreement = measure_agreement(
            device,
            subject.model,
            reference,
            n_samples=request.samples,
            on_sample=lambda done: on_progress("agreement", done, request.samples),
        )
    return BenchResult(
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        host=_host_summary(),
        device=_device_summary(device, name),
        model=subject.model,
        latency=latency,
        energy=energy,
        agreement=agreement,
        findings=_findings(evaluations, sweeps, subject, request, on_progress),
        link=device.measure_link() if request.link else None,
        boards=pool.shares if pool else (),
    )


def _energy(
    subject: Subject, task: Task | None, request: BenchRequest, opened: OpenedMeter, on_progress: Progress
) -> Energy:
    """Return the energy of the inferences that the latency was measured with, or of captured frames."""
    asked = {"source": InferSource.SENSOR} if request.capture else drawn_request(subject, task)
    done = 0

    def infer() -> None:
        nonlocal done
        subject.device.infer(**asked)
        on_progress("energy", done := done + 1, request.runs)

    return measure_energy(opened, infer, runs=request.runs)


def _evaluations(task: Task | None, subject: Subject, request: BenchRequest) -> list[Evaluation]:
    """Return the evaluations, read and checked before anything is measured."""
    if not (request.data or request.stream):
        return []
    if task is None:
        info = subject.device.info
        raise UsageError(
            f"{subject.device.name}: this version of tinyhost does not know the app {info.app}",
            hint="omit --data and --stream",
        )
    found: list[Evaluation] = []
    if request.data:
        found.append(task.open_samples(subject, request.data, request.part))
    if request.stream:
        found.append(task.open_recording(subject, request.stream, request.annotations))
    return found


def _evaluate(evaluation: Evaluation, subject: Subject, on_progress: Progress) -> Finding:
    return evaluation.run(subject, lambda done: on_progress(evaluation.stage, done, evaluation.n_steps))


def _findings(
    evaluations: Sequence[Evaluation],
    sweeps: Sequence[Sweep],
    subject: Subject,
    request: BenchRequest,
    on_progress: Progress,
) -> tuple[Finding, ...]:
    """Return the findings on samples and recordings, and on the samples under worse conditions."""
    findings = [_evaluate(evaluation, subject, on_progress) for evaluation in evaluations]
    if not (sweeps and request.data):
        return tuple(findings)
    worse = measure_robustness(
        evaluations[0],
        findings[0],
        sweeps,
        subject,
        data=request.data,
        on_step=lambda done, total: on_progress("robustness", done, total),
    )
    return (*findings, worse)


def _with_arena(device: Device, model: ModelSummary) -> ModelSummary:
    """Return the model with its arena size, which for TensorFlow Lite Micro only the board knows."""
    if model.arena_bytes:
        return model
    return replace(model, arena_bytes=device.infer(InferSource.PATTERN).arena_bytes)


def _host_summary() -> str:
    system = f"{platform.system()} {platform.machine()}"
    return f"tinyhost {tinyhost.__version__}, Python {platform.python_version()}, {system}"


def _device_summary(device: Device, name: str) -> DeviceSummary:
    info = device.info
    return DeviceSummary(
        board=info.board,
        name=name,
        app=info.app,
        engine=info.engine,
        firmware_version=info.firmware_version,
        build_id=info.build_id,
        unique_id=info.unique_id,
        arena_bytes=info.arena_bytes,
        slot_bytes=info.slot_bytes,
    )
