"""Accuracy and performance by the rules of MLPerf Tiny."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.mlperf.benchmarks import Benchmark
from tinyhost.bench.mlperf.dut import Dut
from tinyhost.bench.mlperf.ground_truth import GroundTruthSet
from tinyhost.bench.mlperf.session import AccuracyResult, Measured, PerformanceResult
from tinyhost.errors import DatasetError, LinkTimeoutError
from tinyhost.metrics.classifier import roc_auc

__all__ = ["MIN_WINDOW_S", "N_WINDOWS", "run_accuracy", "run_performance"]

N_WINDOWS = 5
MIN_WINDOW_S = 10.0
_MARGIN = 1.1
"""margin of a window's length: clocks differ, and the time of inferences varies"""
_WARMUP = 10
_TRIAL_S = 0.2
_TRIES = 3
_MAX_ITERATIONS = 100_000_000
_THRESHOLDS = 100


def run_accuracy(
    dut: Dut, benchmark: Benchmark, truth: GroundTruthSet, on_file: Callable[[int], None]
) -> AccuracyResult:
    """Return the device's accuracy on all inputs of a data set. on_file: called with the number of files done."""
    measured: list[Measured] = []
    for done, item in enumerate(truth.files, 1):
        for data in truth.inputs(item):
            dut.load(data)
            measured.append(Measured.of(item, dut.infer(1, 0), iterations=1, warmups=0))
        on_file(done)
    scores, classes, right = _by_file(measured)
    is_detector = scores.shape[1] == 1
    top1 = _best_precision_and_recall(scores[:, 0], classes) if is_detector else 100.0 * right / len(classes)
    area = _auc(scores, classes)
    reached = top1 if benchmark.quality == "top1" else area
    return AccuracyResult(
        top1_percent=top1,
        auc=area,
        n_files=len(truth.files),
        n_inferences=len(measured),
        target=benchmark.target,
        quality=benchmark.quality,
        reached=reached is not None and round(reached, 1 if benchmark.quality == "top1" else 3) >= benchmark.target,
        official_truth=truth.truth_sha256 == benchmark.truth_sha256,
        truth_sha256=truth.truth_sha256,
        measured=tuple(measured),
    )


def run_performance(
    dut: Dut, truth: GroundTruthSet, *, window_s: float, on_window: Callable[[int], None]
) -> PerformanceResult:
    """Return the median throughput of five windows, each of another input. Raises DatasetError for fewer inputs.

    window_s: minimum length of each; MLCommons requires 10 s.
    """
    chosen = [(item, next(truth.inputs(item))) for item in islice(truth.files, N_WINDOWS)]
    if len(chosen) < N_WINDOWS:
        raise DatasetError(
            f"{truth.folder}: {len(chosen)} files, expected {N_WINDOWS} or more", hint="give the whole data set"
        )
    dut.load(chosen[0][1])
    iterations = _fitting(*_trial(dut, window_s), window_s)
    for _ in range(_TRIES):
        measured = []
        for item, data in chosen:
            dut.load(data)
            lap = dut.infer(iterations, _WARMUP)
            measured.append(Measured.of(item, lap, iterations=iterations, warmups=_WARMUP).with_throughput())
            on_window(len(measured))
        shortest_s = min(window.elapsed_s for window in measured)
        if shortest_s >= window_s:
            break
        iterations = _fitting(iterations, shortest_s, window_s)  # it is faster than it was in the trial
    else:
        raise LinkTimeoutError(
            f"the shortest of {N_WINDOWS} windows took {shortest_s:.2f} s in the last of {_TRIES} tries, expected "
            f"{window_s:g} s",
            hint="its speed varies too much: stop other programs on this computer, or try again",
        )
    return PerformanceResult(
        median_inf_per_s=statistics.median(window.throughput or 0.0 for window in measured),
        shortest_window_s=shortest_s,
        is_long_enough=shortest_s >= MIN_WINDOW_S,
        measured=tuple(measured),
    )


def _trial(dut: Dut, window_s: float) -> tuple[int, float]:
    """Return a number of inferences with a measurable duration, and that duration in s."""
    iterations = 1
    while True:
        lap = dut.infer(iterations, 0)
        elapsed_s = (lap.end_us - lap.start_us) / 1e6
        if elapsed_s >= min(_TRIAL_S, window_s) or iterations >= _MAX_ITERATIONS:
            return iterations, elapsed_s
        iterations *= 4


def _fitting(iterations: int, elapsed_s: float, window_s: float) -> int:
    """Return how many inferences fill a window, from the duration of a trial."""
    return max(1, math.ceil(iterations * _MARGIN * window_s / max(elapsed_s, 1e-6)))


def _by_file(measured: Sequence[Measured]) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Return each file's mean scores and class, and the number of files with the right top class in most windows.

    Scores of a classifier are divided by their sum, as the official runner does.
    """
    files: dict[str, list[Measured]] = {}
    for item in measured:
        files.setdefault(item.file, []).append(item)
    widths = {len(item.results) for item in measured}
    if len(widths) != 1:
        raise DatasetError("the device returned different numbers of results", hint="reset the board and start again")
    means, classes, right = [], [], 0
    for windows in files.values():
        rows = np.array([_shares(window.results) for window in windows])
        top = Counter(int(row.argmax()) for row in rows).most_common(1)[0][0]
        right += top == windows[0].label
        means.append(rows.mean(axis=0))
        classes.append(windows[0].label)
    return np.array(means), np.array(classes, np.int64), right


def _shares(results: Sequence[float]) -> NDArray[np.float64]:
    total = sum(results) or 1.0  # summed by Python: numpy's last bit differs, and with it the ties
    return np.array(results if len(results) == 1 else [value / total for value in results], np.float64)


def _auc(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> float | None:
    """Return the area below the ROC curve: of the last of at most two columns, else the mean of each class against the
    rest; None if a class is missing."""
    n_columns = scores.shape[1]
    if len(np.unique(classes)) < max(2, n_columns):
        return None
    if n_columns <= 2:
        return roc_auc(scores[:, -1], classes == 1)
    return statistics.fmean(roc_auc(scores[:, index], classes == index) for index in range(n_columns))


def _best_precision_and_recall(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Return the best mean of precision and recall over 100 thresholds, in percent: what the official runner prints as
    top 1 of a detector of anomalies."""
    best = 0.0
    is_anomaly = classes == 1
    for step in range(_THRESHOLDS):
        found = scores > scores.min() + step * (1 / _THRESHOLDS) * (scores.max() - scores.min())
        n_right = float((found & is_anomaly).sum())
        precision = n_right / (float(found.sum()) + 1e-8)
        recall = n_right / (float(is_anomaly.sum()) + 1e-8)
        best = max(best, 50.0 * (precision + recall))
    return best
