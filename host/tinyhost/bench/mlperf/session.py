"""Results of a session and its files: log.txt, results.txt and results.json for MLPerf Tiny's submission checker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tinyhost.bench.mlperf.dut import Inferred
from tinyhost.bench.mlperf.ground_truth import GroundTruthFile
from tinyhost.bench.mlperf.wake_word import StreamResult
from tinyhost.system.durable import write_atomically

__all__ = ["AccuracyResult", "Measured", "MlperfDocument", "PerformanceResult", "write_session"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One `infer` and the file of its input."""

    file: str
    n_classes: int
    label: int
    """the file's class"""
    iterations: int
    warmups: int
    start_us: int
    """on the device's clock"""
    end_us: int
    results: tuple[float, ...]
    throughput: float | None = None
    """inferences per second; null unless it is a window of performance"""

    @classmethod
    def of(cls, item: GroundTruthFile, inferred: Inferred, *, iterations: int, warmups: int) -> Measured:
        """Return the result of an `infer` on an input of a file."""
        return cls(
            file=item.file,
            n_classes=item.n_classes,
            label=item.label,
            iterations=iterations,
            warmups=warmups,
            start_us=inferred.start_us,
            end_us=inferred.end_us,
            results=inferred.results,
        )

    def with_throughput(self) -> Measured:
        """Return the result as a window of performance."""
        return replace(self, throughput=self.iterations / max(self.elapsed_s, 1e-6))

    @property
    def elapsed_s(self) -> float:
        """The duration of the measured inferences."""
        return (self.end_us - self.start_us) / 1e6


@dataclass(frozen=True, kw_only=True)
class AccuracyResult:
    """The device's accuracy."""

    top1_percent: float
    """files whose class most windows have as their top one; of a detector of anomalies the best mean of precision and
    recall"""
    auc: float | None
    """area below the ROC curve; of several classes, the mean of each against the rest; null if a class is missing"""
    n_files: int
    n_inferences: int
    quality: Literal["top1", "auc"]
    """the figure with a target"""
    target: float
    reached: bool
    official_truth: bool
    """whether y_labels.csv is that of the benchmark"""
    truth_sha256: str
    measured: tuple[Measured, ...]


@dataclass(frozen=True, kw_only=True)
class PerformanceResult:
    """The device's performance, by its own clock."""

    median_inf_per_s: float
    """of five windows"""
    shortest_window_s: float
    is_long_enough: bool
    """whether every window is at least 10 s long, as the rules require"""
    measured: tuple[Measured, ...]


@dataclass(frozen=True, kw_only=True)
class MlperfDocument:
    """`tinyhost mlperf run --json FILE`. Exits 1 if the accuracy misses the benchmark's target."""

    schema: Literal["tinyhost.mlperf/1"] = "tinyhost.mlperf/1"
    board: str
    """as `--board` takes it"""
    benchmark: str
    """`kws01`, `vww01`, `ad01`, `ic01`, `ic02`, `sww01`"""
    model_sha256: str
    """of the .tflite file, hex"""
    build_id: str
    """of the firmware"""
    tick_unit: str
    """`cycles` on a real board. Else the times are of this computer, and no device's figure"""
    accuracy: AccuracyResult | None
    """null if it was not asked for"""
    performance: PerformanceResult | None
    """null if it was not asked for"""
    stream: StreamResult | None
    """of sww01, in place of both"""
    folder: str
    """of the sessions' files"""


def write_session(
    folder: Path, result: AccuracyResult | PerformanceResult | StreamResult, log: Sequence[str], now: datetime
) -> None:
    """Write log.txt, results.txt and results.json to a folder, which is made if it is not there. Raises OSError."""
    mark = now.strftime("%m%d.%H%M%S ulp-mlperf: ")
    if isinstance(result, AccuracyResult):
        items, lines = [_official(item, "a") for item in result.measured], _accuracy_lines(result, mark)
    elif isinstance(result, PerformanceResult):
        items, lines = [_official(item, "p") for item in result.measured], _performance_lines(result, mark)
    else:
        items, lines = [_official_stream(result)], _stream_lines(result)
    contents = {
        "log.txt": "".join(f"{line}\n" for line in (*log, *lines)),
        "results.txt": "".join(f"{line}\n" for line in lines),
        "results.json": json.dumps(items) + "\n",
    }
    for name, text in contents.items():
        write_atomically(folder / name, text.encode(), sync=False)


def _accuracy_lines(result: AccuracyResult, mark: str) -> list[str]:
    area = [] if result.auc is None else [f"{mark}AUC = {result.auc:.3f}"]
    return [f"{mark}Top 1% = {result.top1_percent:2.1f}", *area]


def _performance_lines(result: PerformanceResult, mark: str) -> list[str]:
    lines = []
    for number, window in enumerate(result.measured, 1):
        lines += [
            f"Performance results for window {number}",
            f"    # Inferences : {window.iterations}",
            f"    Runtime: {window.elapsed_s} sec.",
            f"    Throughput: {window.throughput} inf./sec.",
        ]
    if not result.is_long_enough:
        return [*lines, f"{mark}ERROR - a window was shorter than 10 seconds: not valid for a submission."]
    rule = f"{mark}{57 * '-'}"
    return [*lines, rule, f"{mark}Median throughput is {result.median_inf_per_s:>10.3f} inf./sec.", rule]


def _stream_lines(result: StreamResult) -> list[str]:
    return [
        f"Accuracy: {result.true_positives} True positives, {result.false_negatives} False negatives, "
        f"{result.false_positives} False positives",
        f"Average duty cycle: {result.duty_cycle:.6f}",  # without an exponent, which the checker cannot parse
        f"Average period: {result.period_s:.4f} s",
        f"Estimated throughput: {result.throughput:.3f} inf./sec.",
    ]


def _official_stream(result: StreamResult) -> dict[str, Any]:
    """Return a stream with the keys that the official runner writes; the first detection marks the beginning."""
    return {
        "infer": {
            "wav_file": result.wav_file,
            "length_sec": result.length_s,
            "detection_windows": [list(window) for window in result.windows],
            "detections": [0, *result.detections_ms],
            "iterations": 1,
            "warmups": 0,
        },
        "dutycycle": {
            "duty_cycle": result.duty_cycle,
            "period": result.period_s,
            "processing_time": result.processing_s,
        },
        "activations": list(result.activations),
        "mode": "p",
    }


def _official(item: Measured, mode: str) -> dict[str, Any]:
    """Return an `infer` with the keys that the official runner writes."""
    infer: dict[str, Any] = {
        "start_time": item.start_us,
        "end_time": item.end_us,
        "elapsed_time": item.end_us - item.start_us,
        "results": list(item.results),
        "total_inferences": 1,
        "iterations": item.iterations,
        "warmups": item.warmups,
    }
    if item.throughput is not None:
        infer["throughput"] = item.throughput
    return {"file": item.file, "classes": str(item.n_classes), "class": str(item.label), "infer": infer, "mode": mode}
