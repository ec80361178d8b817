"""Latency of an inference on the device, by stage and by operator."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tinyhost.bench.result import Latency, OperatorTicks
from tinyhost.metrics.spread import Spread
from tinyhost.models.random_input import drawn_input
from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import InferSource
from tinyhost.tasks.contract import Subject, Task

if TYPE_CHECKING:
    from tinyhost.device import Inference

__all__ = ["drawn_request", "measure_latency"]

_SEED = 1


def drawn_request(subject: Subject, task: Task | None) -> dict[str, Any]:
    """Return the arguments of Device.infer for a benchmark: a sample of the task, else random numbers."""
    sample = task.test_sample(subject) if task else None
    source, data = drawn_input(subject.model, _SEED) if sample is None else (InferSource.SAMPLE, sample)
    return {"source": source, "data": data, "seed": _SEED}


def measure_latency(
    subject: Subject,
    task: Task | None,
    *,
    runs: int,
    capture: bool,
    on_run: Callable[[int], None] = lambda done: None,
) -> Latency:
    """Return the latency over `runs` inferences on one fixed input, and a profile of as many again.

    Preprocessing is measured too if the task makes the input from one sample, and the cost of listening if it listens.
    capture: camera frames are measured too.
    """
    device = subject.device
    request = drawn_request(subject, task)
    plain, profiled, captured = [], [], []
    for index in range(runs):
        plain.append(device.infer(**request))
        profiled.append(device.infer(**request, profile=True))
        if capture:
            captured.append(device.infer(InferSource.SENSOR).capture_ticks)
        on_run(index + 1)
    per_operator = _per_operator(subject.model, profiled)
    cascade = subject.model.cascade
    return Latency(
        unit=device.info.tick_unit,
        tick_hz=device.info.tick_hz,
        runs=runs,
        invoke=Spread.of([run.invoke_ticks for run in plain]),
        preprocess=Spread.of([run.preprocess_ticks for run in plain])
        if request["source"] == InferSource.SAMPLE
        else None,
        capture=Spread.of(captured) if captured else None,
        per_operator=per_operator,
        asleep=sum(item.ticks for item in per_operator[: cascade.last_operator + 1]) if cascade else None,
        listening=task.listening(device) if task else None,
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
