"""The benchmark of a rig file.

bench = { runs = 10, samples = 100, data = "../../data/hall/test", part = "testing" }
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyhost.audio.speakers import PARTS, Part, part_named
from tinyhost.system.toml_tables import Table

__all__ = ["BenchPlan", "read_bench"]

MAX_RUNS = 100_000


@dataclass(frozen=True, kw_only=True)
class BenchPlan:
    """The configuration of a benchmark.

    runs: timed inferences. samples: random inputs compared with this computer. data: labelled samples for the board.
    part: the part of them to use.
    """

    runs: int = 10
    samples: int = 100
    data: Path | None = None
    part: Part | None = None


def read_bench(table: Table, existing: Callable[[Table, str, str], Path]) -> BenchPlan:
    """Return the plan in a rig's `bench` table.

    Raises ConfigError with its line. existing: resolves a key's value to an existing path, or raises.
    """
    runs = table.count("runs", BenchPlan.runs, MAX_RUNS)
    samples = table.count("samples", BenchPlan.samples, MAX_RUNS)
    data = table.optional_text("data")
    part = part_named(table.choice("part", PARTS)) if table.optional_text("part") else None
    table.finish()
    if part and not data:
        raise table.error("part", "it is a part of `data`, and there is none", hint='data = "FOLDER"')
    return BenchPlan(runs=runs, samples=samples, data=existing(table, "data", data) if data else None, part=part)
