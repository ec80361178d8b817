"""MLPerf Tiny: its benchmarks over its text commands, with its rules, figures and files."""

from __future__ import annotations

from tinyhost.bench.mlperf.benchmarks import BENCHMARKS, Benchmark
from tinyhost.bench.mlperf.dut import Dut
from tinyhost.bench.mlperf.run import run_accuracy, run_performance
from tinyhost.bench.mlperf.session import AccuracyResult, MlperfDocument, PerformanceResult, write_session
from tinyhost.bench.mlperf.truth import TruthSet, read_truth
from tinyhost.bench.mlperf.wake_word import STREAM_NAME, StreamResult, StreamTruth, read_stream_truth, run_stream

__all__ = [
    "BENCHMARKS",
    "STREAM_NAME",
    "AccuracyResult",
    "Benchmark",
    "Dut",
    "MlperfDocument",
    "PerformanceResult",
    "StreamResult",
    "StreamTruth",
    "TruthSet",
    "read_stream_truth",
    "read_truth",
    "run_accuracy",
    "run_performance",
    "run_stream",
    "write_session",
]
