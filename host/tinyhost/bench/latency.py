"""How long an inference takes on the device, stage by stage and operator by operator."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.listening import measure_listening
from tinyhost.bench.result import Latency, OperatorTicks, Spread
from tinyhost.errors import DeviceError
from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import InferSource, SensorKind
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.protocol.status import Status

if TYPE_CHECKING:
    from tinyhost.device import Device, Inference

__all__ = ["measure_latency", "takes_pictures"]

_SEED = 1
_SIDE = 96


def _test_picture() -> NDArray[np.uint8]:
    return np.frombuffer(pattern_bytes(_SEED, _SIDE * _SIDE), np.uint8).reshape(_SIDE, _SIDE)


def takes_pictures(device: Device) -> bool:
    """Return whether the active model classifies the app's pictures; the device decides.

    Its picture frame is overwritten.
    """
    if device.info.sensor != SensorKind.CAMERA:
        return False
    try:
        device.infer(InferSource.SAMPLE, data=_test_picture())
    except DeviceError as error:
        if error.status in (Status.MODEL_MISMATCH, Status.UNSUPPORTED):
            return False
        raise
    return True


def measure_latency(
    device: Device,
    model: ModelSummary,
    *,
    runs: int,
    pictures: bool,
    capture: bool,
    on_run: Callable[[int], None] = lambda done: None,
) -> Latency:
    """Return the latency over `runs` inferences on one fixed input, and a profile of as many again.

    pictures: the input is a picture, so preprocessing is measured too. capture: camera frames are measured too. What it
    costs to listen is measured wherever the app listens.
    """
    source = InferSource.SAMPLE if pictures else InferSource.PATTERN
    data = _test_picture() if pictures else None
    plain, profiled, captured = [], [], []
    for index in range(runs):
        plain.append(device.infer(source, data=data, seed=_SEED))
        profiled.append(device.infer(source, data=data, seed=_SEED, profile=True))
        if capture:
            captured.append(device.infer(InferSource.SENSOR).capture_ticks)
        on_run(index + 1)
    return Latency(
        unit=device.info.tick_unit,
        tick_hz=device.info.tick_hz,
        runs=runs,
        invoke=Spread.of([run.invoke_ticks for run in plain]),
        preprocess=Spread.of([run.preprocess_ticks for run in plain]) if pictures else None,
        capture=Spread.of(captured) if captured else None,
        per_operator=_per_operator(model, profiled),
        listening=measure_listening(device),
    )


def _per_operator(model: ModelSummary, profiled: list[Inference]) -> tuple[OperatorTicks, ...]:
    """Return the median ticks of each operator."""
    columns = zip(*(run.operators for run in profiled), strict=True)
    ticks = [int(statistics.median(entry.ticks for entry in column)) for column in columns]
    total = sum(ticks) or 1
    return tuple(
        OperatorTicks(
            index=step.index,
            name=step.code,
            output_shape=step.output_shape,
            macs=step.macs,
            ticks=count,
            share=count / total,
        )
        for step, count in zip(model.operators, ticks, strict=True)
    )
