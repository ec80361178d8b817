"""The regression gate: conditions on a benchmark against a baseline."""

from __future__ import annotations

from tinyhost.bench.gate.baseline import Baseline, load_baseline, read_baselines, save_baseline
from tinyhost.bench.gate.condition import Condition, parse_conditions
from tinyhost.bench.gate.judge import check_comparable, judge
from tinyhost.bench.gate.output import figure_text, gate_junit, gate_table

__all__ = [
    "Baseline",
    "Condition",
    "check_comparable",
    "figure_text",
    "gate_junit",
    "gate_table",
    "judge",
    "load_baseline",
    "parse_conditions",
    "read_baselines",
    "save_baseline",
]
