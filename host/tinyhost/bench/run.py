"""One benchmark, from the model file to the result."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import tinyhost
from tinyhost.audio.speakers import Part
from tinyhost.audio.wav import SAMPLE_RATE_HZ
from tinyhost.bench.accuracy import load_labelled, measure_accuracy
from tinyhost.bench.agreement import measure_agreement
from tinyhost.bench.clips import ClipsToHear, keyword_params, load_clips, measure_clips
from tinyhost.bench.latency import measure_latency, takes_pictures
from tinyhost.bench.motion import HostDetector, load_motion, measure_motion, measure_motion_stream
from tinyhost.bench.motion_result import MotionAccuracy, MotionStream
from tinyhost.bench.result import Accuracy, Agreement, BenchResult, DeviceSummary
from tinyhost.bench.streaming import Sound, Streaming, load_stream, measure_stream
from tinyhost.compiler import ModelImage
from tinyhost.datasets import ClassFolder
from tinyhost.datasets.motion import MotionSet
from tinyhost.errors import ModelTooLargeError, UsageError
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import ReferenceName, open_reference
from tinyhost.models.summary import ModelSummary, summarize
from tinyhost.protocol.messages import InferSource, SensorKind, SlotInfo, Source

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
    part: Part | None = None
    """of the clips of `data`: only this one; None: all"""
    stream: Path | None = None
    """a long recording to be heard"""
    truth: Path | None = None
    """what is said in it; None: the .csv file beside it"""
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
        active = ModelImage.parse(device.read(Source.MODEL), where=device.name)
        yield active.data, active.constants if active.engine == "tflm" else None
        return
    before = active_slot(device)
    image = model.image_for(device.engine)
    _check_fit(device, image)
    device.push(image, progress=lambda done, total: on_progress("push", done, total))
    try:
        yield image, model.tflite
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
    is_motion = device.info.sensor == SensorKind.ACCELEROMETER
    motions = load_motion(plan.data, HostDetector(image).task.motion.rate_hz) if is_motion and plan.data else None
    samples = None if is_motion else _load_samples(device, model, plan, pictures=pictures)
    sound = None if is_motion else _load_sound(device, model, image, plan)
    reference = open_reference(plan.against, image=image, tflite=tflite) if plan.samples else None
    model = _with_arena(device, model)
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
    return BenchResult(
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        host=_host_summary(),
        device=_device_summary(device, name),
        model=model,
        latency=latency,
        agreement=agreement,
        accuracy=_accuracy((device, model, image), plan, samples, on_progress) if samples else None,
        streaming=_streaming((device, model, image), plan, sound, on_progress) if sound else None,
        motion=_motion(device, image, plan, motions, on_progress) if motions else None,
        motion_stream=_motion_stream(device, image, plan, on_progress) if is_motion and plan.stream else None,
        link=device.measure_link() if plan.link else None,
    )


def _with_arena(device: Device, model: ModelSummary) -> ModelSummary:
    """Return the model with what it takes of the arena, which only the board knows of TensorFlow Lite Micro."""
    if model.arena_bytes:
        return model
    return replace(model, arena_bytes=device.infer(InferSource.PATTERN).arena_bytes)


def _motion(device: Device, image: bytes, plan: BenchPlan, motions: MotionSet, on_progress: Progress) -> MotionAccuracy:
    assert plan.data is not None
    n_stretches = sum(len(run.pieces) for run in motions.runs)
    return measure_motion(
        device, image, motions, plan.data, on_run=lambda done: on_progress("recordings", done, n_stretches)
    )


def _motion_stream(device: Device, image: bytes, plan: BenchPlan, on_progress: Progress) -> MotionStream:
    assert plan.stream is not None
    return measure_motion_stream(
        device, image, plan.stream, plan.truth, lambda done, total: on_progress("stream", done, total)
    )


def _load_samples(
    device: Device, model: ModelSummary, plan: BenchPlan, *, pictures: bool
) -> ClassFolder | ClipsToHear | None:
    """Return the labelled samples of the plan's folder: clips for a microphone, pictures for a camera."""
    if plan.data is None:
        return None
    labels = plan.labels or model.labels
    if device.info.sensor == SensorKind.MICROPHONE:
        return load_clips(plan.data, labels, plan.part)
    if not pictures:
        raise UsageError(
            f"{model.name} takes neither pictures, clips nor motion, so --data cannot be classified",
            hint="leave --data out",
        )
    return load_labelled(plan.data, labels)


def _load_sound(device: Device, model: ModelSummary, image: bytes, plan: BenchPlan) -> Sound | None:
    if plan.stream is None:
        return None
    if device.info.sensor != SensorKind.MICROPHONE:
        raise UsageError(f"{device.name}: its app has no microphone, so --stream cannot be heard", hint="--app kws")
    return load_stream(plan.stream, plan.truth, plan.labels or model.labels, keyword_params(image).n_silent_labels)


def _accuracy(
    measured: tuple[Device, ModelSummary, bytes],
    plan: BenchPlan,
    samples: ClassFolder | ClipsToHear,
    on_progress: Progress,
) -> Accuracy:
    device, model, image = measured
    labels = plan.labels or model.labels

    def show(done: int) -> None:
        on_progress("accuracy", done, len(samples))

    if isinstance(samples, ClipsToHear):
        return measure_clips(device, model, image, labels, samples, on_sample=show)
    return measure_accuracy(device, model, labels, samples, on_sample=show)


def _streaming(
    measured: tuple[Device, ModelSummary, bytes], plan: BenchPlan, sound: Sound, on_progress: Progress
) -> Streaming:
    device, model, image = measured
    assert plan.stream is not None
    seconds = len(sound.pcm) // SAMPLE_RATE_HZ
    return measure_stream(
        device,
        sound,
        plan.labels or model.labels,
        keyword_params(image).n_silent_labels,
        on_second=lambda done: on_progress("stream", done, seconds),
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
