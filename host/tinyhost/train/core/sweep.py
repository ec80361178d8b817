"""Several networks trained on the same samples, side by side: accuracy, and cost on the board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.models.fits import Limits, find_obstacles
from tinyhost.models.summary import summarize
from tinyhost.tasks.findings import Grid, Note, Section, percent, within

__all__ = ["SweepRow", "pareto", "sweep_row", "sweep_section"]


@dataclass(frozen=True, kw_only=True)
class SweepRow:
    """One network of a sweep."""

    name: str
    """as `--sweep` has it"""
    model: Path
    """the .tflite file"""
    val_accuracy: float
    """of its int8 form on the held-out samples, by which the model is chosen"""
    test: ClassifierMetrics
    """of its int8 form on the samples for testing"""
    macs: int
    """multiply-accumulates that are left after the compiler's passes"""
    flash_bytes: int
    """of the model image"""
    arena_bytes: int
    fits: bool
    """whether the app on the Nano 33 BLE runs it"""
    instructions: int | None = None
    """of an inference on m4; null if it was not measured"""
    is_best: bool = False
    """whether it is on the Pareto front: no other network is as accurate on held-out samples and cheaper, or more
    accurate and as cheap"""
    is_taken: bool = False
    """whether it became the model"""

    @property
    def cost(self) -> int:
        """Instructions, if they are known, else multiply-accumulates."""
        return self.macs if self.instructions is None else self.instructions


class _Judged(Protocol):
    def worth(self) -> ClassifierMetrics: ...

    def held_out(self) -> float: ...


def sweep_row(name: str, outcome: _Judged, model: Path, image: bytes, app: str) -> SweepRow:
    """Return a trained network's accuracy and cost; image: its model image; app: the app that runs it."""
    summary = summarize(image)
    return SweepRow(
        name=name,
        model=model,
        val_accuracy=outcome.held_out(),
        test=outcome.worth(),
        macs=summary.live_macs,
        flash_bytes=summary.flash_bytes,
        arena_bytes=summary.arena_bytes,
        fits=not find_obstacles(summary, Limits.of_firmware(app, "tinyhost")),
    )


def pareto(rows: Sequence[SweepRow], instructions: Mapping[str, int]) -> tuple[SweepRow, ...]:
    """Return the rows, cheapest first, with instructions by name, the best marked, and the one to choose.

    Taken is the most accurate on held-out samples of those that fit the board, of equals the cheapest.
    """
    counted = sorted((replace(row, instructions=instructions.get(row.name)) for row in rows), key=lambda row: row.cost)
    able = [row for row in counted if row.fits] or counted
    taken = max(able, key=lambda row: row.val_accuracy)  # of equals max gives the first, the cheapest
    return tuple(replace(row, is_best=_is_best(row, counted), is_taken=row is taken) for row in counted)


def _is_best(row: SweepRow, rows: Sequence[SweepRow]) -> bool:
    return not any(
        other.val_accuracy >= row.val_accuracy
        and other.cost <= row.cost
        and (other.val_accuracy > row.val_accuracy or other.cost < row.cost)
        for other in rows
    )


def sweep_section(rows: Sequence[SweepRow]) -> Section:
    """Return the table and the picture of a sweep."""
    measured = all(row.instructions is not None for row in rows)
    unit = "instructions on m4" if measured else "multiply-accumulates"
    headings = ("", "held out", "testing", "95 % interval", "MACs", "flash, B", "arena, B", "instructions", "fits")
    best = [row for row in rows if row.is_best]
    panel = Panel(
        series=(
            Series(
                name="the best for their cost",
                x=[row.cost for row in best],
                y=[row.val_accuracy for row in best],
                style="line and points",
            ),
            Series(
                name="all", x=[row.cost for row in rows], y=[row.val_accuracy for row in rows], style="points", colour=2
            ),
        ),
        x_label=unit,
        y_label="accuracy, held out",
        x_scale="log",
        mark=next((row.cost, row.val_accuracy, row.name) for row in rows if row.is_taken),
    )
    more = () if measured else (Note(text="Instructions were not counted: `tinyhost flash vww --board m4` first"),)
    return Section(
        title="Sweep",
        note="The same training for other networks, int8, each in its own folder. The chosen model is the most "
        "accurate one on held-out samples that fits the board's app; test samples are not used for the choice.",
        parts=(
            Grid(headings=headings, rows=tuple(map(tuple, map(_cells, rows)))),
            *more,
            Chart(description=f"Accuracy over {unit}; a line joins the Pareto front", panels=(panel,)),
        ),
    )


def _cells(row: SweepRow) -> Iterator[str]:
    yield f"{row.name}{' (this model)' if row.is_taken else ' (best for its cost)' if row.is_best else ''}"
    yield percent(row.val_accuracy)
    yield percent(row.test.accuracy)
    yield within(row.test.accuracy_interval)
    yield f"{row.macs:,}"
    yield f"{row.flash_bytes:,}"
    yield f"{row.arena_bytes:,}"
    yield "-" if row.instructions is None else f"{row.instructions:,}"
    yield "yes" if row.fits else "no"
