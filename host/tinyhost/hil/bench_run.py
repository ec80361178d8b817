"""The benchmark of a rig's board: `tinyhost bench` within a run of the rig."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from tinyhost.bench.document import bench_document
from tinyhost.bench.energy.meters import OpenedMeter
from tinyhost.bench.energy.opening import open_meter
from tinyhost.bench.gate.baseline import Baseline
from tinyhost.bench.result import BenchResult
from tinyhost.bench.run import ActiveModel, BenchRequest, model_on_device, run_bench
from tinyhost.datasets.skipped import check_skipped
from tinyhost.device import Device
from tinyhost.errors import UsageError
from tinyhost.hil.station import Station

__all__ = ["BENCH", "bench_board", "bench_figures"]

BENCH = "bench: "
"""Prefix of a benchmark's figures among those recorded by tests."""


def bench_board(station: Station, device: Device) -> BenchResult:
    """Return the benchmark of the rig's model on its board, with its energy if there is a meter; the run stores it.

    Raises UsageError without a plan, DatasetError for data that cannot be used, BoardError, LinkError, ProtocolError.
    """
    asked, plan = station.asked, station.asked.bench
    if plan is None:
        raise UsageError(f"{asked.name}: the rig file has no bench", hint="mark the test with needs_bench")

    def progress(stage: str, done: int, total: int) -> None:
        if done == total or 100 * done // total > 100 * (done - 1) // total:
            station.tell("stage", text=f"bench: {stage} {done:,} of {total:,}")

    request = BenchRequest(runs=plan.runs, samples=plan.samples, data=plan.data, part=plan.part)
    with ExitStack() as stack:
        opened = None
        if asked.meter:
            meter = stack.enter_context(closing(open_meter(asked.meter, station.powered())))
            opened = OpenedMeter(meter=meter, plan=asked.meter)
        running = model_on_device(device, station.compile_model(), keep=True, on_progress=progress)
        image, tflite = stack.enter_context(running)
        active = ActiveModel(image=image, tflite=tflite, meter=opened)
        result = run_bench(device, active, name=asked.name, request=request, on_progress=progress)
    station.tell("bench", document=bench_document(result))
    for finding in result.findings:
        check_skipped(plan.data or Path(), finding.skipped, finding.n_used, allow=False)
    return result


def bench_figures(result: BenchResult) -> dict[str, float]:
    """Return a benchmark's figures by their names in reports and in the history: medians, in the board's ticks."""
    found = Baseline.of(result)
    figures: dict[str, float] = {f"latency, {found.unit}": found.latency.median, "arena, B": found.arena_bytes}
    if found.preprocess:
        figures[f"preprocessing, {found.unit}"] = found.preprocess.median
    if found.energy:
        figures[f"energy of an inference, nJ, {found.meter}"] = found.energy.median
    if found.samples:
        figures["accuracy, %"] = round(100 * sum(each.right for each in found.samples) / len(found.samples), 3)
    return {f"{BENCH}{name}": value for name, value in figures.items()}
