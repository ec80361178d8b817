"""MLPerf Tiny: its benchmarks over its text commands, with its rules, figures and files."""

from __future__ import annotations

from tinyhost.bench.mlperf.benchmarks import BENCHMARKS, Benchmark
from tinyhost.bench.mlperf.dut import Dut
from tinyhost.bench.mlperf.run import run_accuracy, run_performance
from tinyhost.bench.mlperf.session import AccuracyResult, MlperfDocument, PerformanceResult, write_session
from tinyhost.bench.mlperf.truth import TruthSet, read_truth

__all__ = [
    "BENCHMARKS",
    "AccuracyResult",
    "Benchmark",
    "Dut",
    "MlperfDocument",
    "PerformanceResult",
    "TruthSet",
    "read_truth",
    "run_accuracy",
    "run_performance",
    "write_session",
]
