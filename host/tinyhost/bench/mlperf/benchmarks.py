"""The benchmarks of MLPerf Tiny, closed division, round v1.4: inputs, targets and truth files.

From https://github.com/mlcommons/tiny: benchmark/evaluation/datasets and tools/submission/submission_checker.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["BENCHMARKS", "Benchmark"]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark."""

    name: str
    input_bytes: int
    """of one input, as the host sends it"""
    quality: Literal["top1", "auc"]
    """the figure with a target"""
    target: float
    """the target: percent, or an area from 0 to 1"""
    n_files: int
    """of the data set"""
    truth_sha256: str
    """of its y_labels.csv"""


_IC_TRUTH = "79e1f19ad731f046983a1a4480bda6369df26c5acee47505a860f164fb58ccd4"
BENCHMARKS = {
    item.name: item
    for item in (
        Benchmark(
            name="kws01",
            input_bytes=490,
            quality="top1",
            target=90.0,
            n_files=1000,
            truth_sha256="6cb3709762d53fe64eb00eaf4a75796248bb3c1386f1d1f93ccdb07b071e9698",
        ),
        Benchmark(
            name="vww01",
            input_bytes=27_648,
            quality="top1",
            target=80.0,
            n_files=1000,
            truth_sha256="3697ca57c48b23b21602ae9bdb32b1925407a1d41d79167cdfb365054cb9c33d",
        ),
        Benchmark(
            name="ad01",
            input_bytes=2560,
            quality="auc",
            target=0.85,
            n_files=248,
            truth_sha256="4ecd91868e197ee0a6739d4bd7abde73eac2fa31e9a88d6bc6aedefa136ff2a4",
        ),
        Benchmark(name="ic01", input_bytes=3072, quality="top1", target=85.0, n_files=200, truth_sha256=_IC_TRUTH),
        Benchmark(name="ic02", input_bytes=3072, quality="top1", target=91.0, n_files=200, truth_sha256=_IC_TRUTH),
    )
}
"""Benchmarks by the device's name for them; the streaming benchmark sww01 has other rules (bench.mlperf.wake_word)."""
