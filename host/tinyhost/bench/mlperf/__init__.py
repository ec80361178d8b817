"""MLPerf Tiny: its benchmarks over its text commands, with its rules, figures and files."""

from __future__ import annotations

from tinyhost.bench.mlperf.benchmarks import BENCHMARKS, Benchmark
from tinyhost.bench.mlperf.dut import Dut
from tinyhost.bench.mlperf.ground_truth import GroundTruthSet, read_ground_truth
from tinyhost.bench.mlperf.run import run_accuracy, run_performance
from tinyhost.bench.mlperf.session import AccuracyResult, MlperfDocument, PerformanceResult, write_session
from tinyhost.bench.mlperf.wake_word import (
    STREAM_NAME,
    StreamGroundTruth,
    StreamResult,
    read_stream_ground_truth,
    run_stream,
)

__all__ = [
    "BENCHMARKS",
    "STREAM_NAME",
    "AccuracyResult",
    "Benchmark",
    "Dut",
    "GroundTruthSet",
    "MlperfDocument",
    "PerformanceResult",
    "StreamGroundTruth",
    "StreamResult",
    "read_ground_truth",
    "read_stream_ground_truth",
    "run_accuracy",
    "run_performance",
    "run_stream",
    "write_session",
]
