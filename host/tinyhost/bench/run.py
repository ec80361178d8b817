"""One benchmark, from the model file to the result."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import tinyhost
from tinyhost.bench.accuracy import load_labelled, measure_accuracy
from tinyhost.bench.agreement import measure_agreement
from tinyhost.bench.latency import measure_latency, takes_pictures
from tinyhost.bench.modelfile import ModelFile
from tinyhost.bench.plan import summarize
from tinyhost.bench.reference import ReferenceName, open_reference
from tinyhost.bench.result import Accuracy, Agreement, BenchResult, DeviceSummary
from tinyhost.errors import ModelTooLargeError, UsageError
from tinyhost.protocol.messages import SlotInfo, Source

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["BenchPlan", "Progress", "active_slot", "model_on_device", "run_bench"]

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much is done and of how much."""


@dataclass(frozen=True, kw_only=True)
class BenchPlan:
    """What to measure."""

    runs: int = 10
    samples: int = 100
    against: ReferenceName = "host"
    data: Path | None = None
    labels: tuple[str, ...] = ()
    """instead of the model's own"""
    capture: bool = False
    link: bool = False


def active_slot(device: Device) -> SlotInfo | None:
    """Return the slot whose model runs, or None."""
    return next((slot for slot in device.models() if slot.active), None)


@contextmanager
def model_on_device(
    device: Device, model: ModelFile | None, *, keep: bool, on_progress: Progress
) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the image that runs and its .tflite, if known: the active model, or `model`, which is pushed first.

    Afterwards the model that was active before is active again, unless `keep`.
    """
    if model is None:
        if active_slot(device) is None:
            raise UsageError("the board has no active model", hint="tinyhost push FILE, or bench --model FILE")
        yield device.read(Source.MODEL), None
        return
    before = active_slot(device)
    _check_fit(device, model.image)
    device.push(model.image, progress=lambda done, total: on_progress("push", done, total))
    try:
        yield model.image, model.tflite
    finally:
        after = active_slot(device)
        if before and after and before.sha256 != after.sha256 and not keep:
            device.rollback()


def _check_fit(device: Device, image: bytes) -> None:
    """Raise ModelTooLargeError if the board has no room for a model image."""
    model, info = summarize(image), device.info
    for need, limit, what in (
        (model.arena_bytes, info.arena_bytes, "arena"),
        (model.flash_bytes, info.slot_bytes, "flash, a model slot"),
    ):
        if need > limit:
            raise ModelTooLargeError(
                f"{device.name}: {model.name} needs {need:,} B of {what}; the board has {limit:,} B",
                hint="tinyhost inspect MODEL shows which operator needs how much",
            )


def run_bench(
    device: Device, image: bytes, tflite: bytes | None, *, name: str, plan: BenchPlan, on_progress: Progress
) -> BenchResult:
    """Return what the plan asks for, about the model image that is active on the device."""
    model = summarize(image)
    pictures = takes_pictures(device)
    accuracy_input = None
    if plan.data is not None:
        if not pictures:
            raise UsageError(f"{model.name} takes no pictures, so --data cannot be classified", hint="leave --data out")
        labels = plan.labels or model.labels
        accuracy_input = (labels, load_labelled(plan.data, labels))
    reference = open_reference(plan.against, image=image, tflite=tflite) if plan.samples else None
    latency = measure_latency(
        device,
        model,
        runs=plan.runs,
        pictures=pictures,
        capture=plan.capture,
        on_run=lambda done: on_progress("latency", done, plan.runs),
    )
    agreement: Agreement | None = None
    if reference is not None:
        agreement = measure_agreement(
            device,
            model,
            reference,
            n_samples=plan.samples,
            on_sample=lambda done: on_progress("agreement", done, plan.samples),
        )
    accuracy: Accuracy | None = None
    if accuracy_input is not None:
        labels, folder = accuracy_input
        accuracy = measure_accuracy(
            device, model, labels, folder, on_picture=lambda done: on_progress("accuracy", done, len(folder))
        )
    return BenchResult(
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        host=_host_summary(),
        device=_device_summary(device, name),
        model=model,
        latency=latency,
        agreement=agreement,
        accuracy=accuracy,
        link=device.measure_link() if plan.link else None,
    )


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
