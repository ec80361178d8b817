"""A benchmark's result with every part filled, for tests of its presentation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tinyhost.bench.energy.measure import Energy
from tinyhost.bench.energy.samples import WindowEnergy
from tinyhost.bench.result import (
    Agreement,
    BenchResult,
    DeviceSummary,
    EngineRun,
    Latency,
    Mismatch,
    OperatorTicks,
)
from tinyhost.device import LinkMeasurement
from tinyhost.metrics.detections import Detection, judge_detections
from tinyhost.metrics.keywords import keyword_curve, keyword_point
from tinyhost.metrics.spread import Spread
from tinyhost.models.file import load_model_file
from tinyhost.models.summary import ModelSummary
from tinyhost.sensors.annotations import Annotation
from tinyhost.tasks.classes import Accuracy
from tinyhost.tasks.findings import HostAnswers, Judged
from tinyhost.tasks.keywords.clips import KeywordAccuracy
from tinyhost.tasks.streaming import Streaming

__all__ = ["SHIPPED_MODEL", "full_result", "keyword_result", "shipped_model"]

SHIPPED_MODEL = Path(__file__).resolve().parents[3] / "models" / "vww" / "model.tflite"


def shipped_model() -> ModelSummary:
    """Return the model that ships with the project, in figures."""
    return load_model_file(SHIPPED_MODEL).summary


def _latency(model: ModelSummary, *, times: int = 1) -> Latency:
    total = times * sum(item.macs + 1 for item in model.operators)
    return Latency(
        unit="instructions",
        tick_hz=0,
        runs=3,
        invoke=Spread.of([total, total, total]),
        preprocess=Spread.of([100, 101, 102]),
        capture=None,
        per_operator=tuple(
            OperatorTicks(
                index=item.index,
                name=item.code,
                output_shape=item.output_shape,
                macs=item.macs,
                ticks=times * (item.macs + 1),
                share=times * (item.macs + 1) / total,
            )
            for item in model.operators
        ),
    )


def _accuracy(folder: Path, labels: tuple[str, ...]) -> Accuracy:
    pictures = []
    for index, (label, predicted) in enumerate([(0, 0), (0, 1), (1, 1), (1, 1)]):
        path = folder / labels[label] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((8, 8), 40 * index, np.uint8))
        scores = (0.75, 0.25) if predicted == 0 else (0.25, 0.75)
        pictures.append(
            Judged(path=path, label=labels[label], predicted=labels[predicted], scores=scores, is_picture=True)
        )
    return Accuracy(data=folder, labels=labels, confusion=((1, 1), (0, 2)), samples=tuple(pictures))


def full_result(folder: Path, labels: tuple[str, str] = ("no_person", "person")) -> BenchResult:
    """Return a result with every optional part; four pictures, one of them wrong, are written to `folder`."""
    model = shipped_model()
    device = DeviceSummary(
        board="m4",
        name="m4",
        app="vww",
        engine="tinyhost",
        firmware_version="0.1.0",
        build_id="0123456789abcdef",
        unique_id="m4-1",
        arena_bytes=114_688,
        slot_bytes=335_872,
    )
    return BenchResult(
        time="2026-05-04T03:02:01+00:00",
        host="tinyhost",
        device=device,
        model=model,
        latency=_latency(model),
        agreement=Agreement(
            against="host",
            compared=10,
            mismatches=1,
            first_mismatch=Mismatch(seed=1003, what="output", n_different=1, max_abs_difference=2),
        ),
        findings=(_accuracy(folder, labels),),
        energy=Energy(
            idle_watts=0.0132,
            lost=3,
            windows=tuple(
                WindowEnergy(
                    stage=stage,
                    n=9,
                    n_broken=1,
                    energy_nj=Spread.of([7000, 8000]),
                    net_nj=Spread.of([5000, 6000]),
                    seconds=0.02,
                )
                for stage in ("invoke", "inference")
            ),
            meter="PPK2",
            volts=3.3,
            rate_hz=100_000,
            runs=10,
        ),
        link=LinkMeasurement(
            n_bytes=1000,
            to_host_raw_bytes_per_s=2.5,
            to_host_useful_bytes_per_s=2.0,
            to_device_raw_bytes_per_s=1.5,
            to_device_useful_bytes_per_s=1.0,
            round_trip_s=0.001,
            frame_bytes=9216,
            frame_wire_bytes=9306,
            frame_overhead=0.0097,
        ),
        other=EngineRun(
            engine="tflm",
            device=device,
            program_bytes=143_416,
            own_program_bytes=51_576,
            model=replace(model, arena_bytes=82_308),
            latency=_latency(model, times=3),
            agreement=Agreement(against="host", compared=10, mismatches=0, first_mismatch=None),
        ),
    )


def keyword_result(folder: Path) -> BenchResult:
    """Return the result of a keyword spotter: four clips, one of them wrong, and a recording of ten seconds."""
    labels, classes = ("unknown", "yes"), np.array([0, 0, 1, 1])
    scores = np.array([[0.75, 0.25], [0.25, 0.75], [0.25, 0.75], [0.25, 0.75]])
    samples = tuple(
        Judged(
            path=folder / labels[said] / f"{index}.wav",
            label=labels[said],
            predicted=labels[int(row.argmax())],
            scores=tuple(row.tolist()),
            is_picture=False,
        )
        for index, (said, row) in enumerate(zip(classes, scores, strict=True))
    )
    accuracy = KeywordAccuracy(
        data=folder,
        labels=labels,
        confusion=((1, 1), (0, 2)),
        samples=samples,
        host=HostAnswers(compared=4, mismatches=1),
        point=keyword_point(scores, classes, 1, 0.5),
        curve=keyword_curve(scores, classes, 1),
    )
    said = (Annotation(start_s=1.0, end_s=1.5, label="yes"), Annotation(start_s=5.0, end_s=5.5, label="yes"))
    verdicts, missed = judge_detections([Detection(time_s=1.75, label="yes"), Detection(time_s=8.0, label="yes")], said)
    streaming = Streaming(
        stream=folder / "long.wav",
        seconds=10.0,
        n_inferences=100,
        words=("yes",),
        said=said,
        verdicts=verdicts,
        missed=missed,
    )
    return replace(full_result(folder), findings=(accuracy, streaming))
