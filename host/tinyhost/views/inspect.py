"""An inspected model: tables and the arena's map in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.models.fits import Fit
    from tinyhost.models.optimization import OptimizationCost
    from tinyhost.models.summary import ModelSummary

__all__ = ["inspect_view"]

_COLOURS = ("#35b5bf", "#f2a35c", "#a294f2", "#ee82a4", "#8fcb6b", "#7fb0ee")
_MIN_MAP_COLUMNS, _MAX_MAP_COLUMNS = 16, 64


def inspect_view(
    model: ModelSummary, fit: Fit, columns: int, optimizations: Sequence[OptimizationCost] = ()
) -> RenderableType:
    """Return the figures, the operators with the arena's map beside them, the cost of optimizing, and the verdict."""
    from tinyhost.models.fits import operator_groups
    from tinyhost.models.summary import macs_text

    ends = (", ".join(f"{end.dtype} {_shape(end.shape)}" for end in side) for side in (model.inputs, model.outputs))
    shapes = " -> ".join(ends)
    features = " of MFCC" if model.sampling and model.sampling.n_coefficients else ""
    labels = f", labels {', '.join(model.labels)}" if model.labels else ", no labels"
    output = f", {model.heat_map}" if model.heat_map else ""
    head = Text.assemble((model.name, "bold cyan"), (f"  {model.task}{features}: {shapes}{output}{labels}", "dim"))
    totals = Text(
        f"{macs_text(model)}, {counted(model.n_params, 'parameter')}, {counted(len(model.operators), 'operator')}"
    )
    operators = (*_cascade(model), Text(), _operators(model, columns)) if model.operators else ()
    groups = operator_groups(model.operator_codes)
    choices = (Text(), _optimizations(optimizations)) if optimizations else ()
    return Group(head, totals, *operators, *choices, Text(), _verdict(fit, groups))


def _cascade(model: ModelSummary) -> tuple[RenderableType, ...]:
    """Return both networks of a cascade, in figures."""
    if model.cascade is None:
        return ()
    end = model.cascade.last_operator + 1
    parts = (("first", model.operators[:end], 0), ("second", model.operators[end:], end))
    lines = (
        f"{name} network: operators {start} to {start + len(steps) - 1}, "
        f"{sum(step.macs for step in steps):,} live MACs, {sum(step.weight_bytes for step in steps):,} B of weights"
        for name, steps, start in parts
    )
    wake = model.cascade
    return (
        *(Text(line) for line in lines),
        Text(f"the second one runs from a wake score of {wake.threshold:.3f} on, and for {wake.hold_ms:,} ms after it"),
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _operators(model: ModelSummary, columns: int) -> RenderableType:
    from tinyhost.models.summary import live_bytes

    rows = [
        (
            str(item.index),
            item.code,
            _shape(item.output_shape),
            f"{item.macs:,}",
            f"{item.weight_bytes:,}",
            f"{live_bytes(model, item.index):,}",
        )
        for item in model.operators
    ]
    headings = ("#", "operator", "output", "MACs", "weights", "arena B")
    used = sum(max(map(cell_len, column)) + 2 for column in zip(headings, *rows, strict=True))
    map_columns = min(_MAX_MAP_COLUMNS, columns - used - 2)
    has_map = map_columns >= _MIN_MAP_COLUMNS
    table = Table(box=None, pad_edge=False, padding=(0, 2 if has_map else 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("operator", "output") else "right", no_wrap=True)
    if has_map:
        heading = f"arena, 0 to {model.arena_bytes:,} B"
        table.add_column(heading if len(heading) <= map_columns else "arena", no_wrap=True)
    for index, row in enumerate(rows):
        table.add_row(*row, *([_arena_row(model, index, map_columns)] if has_map else []))
    return table


def _optimizations(costs: Sequence[OptimizationCost]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("compile --optimize", no_wrap=True)
    saving = any(cost.saved_instructions for cost in costs)
    for heading in ("flash B", "arena B", *(("instructions, estimated",) if saving else ())):
        table.add_column(heading, justify="right", no_wrap=True)
    for cost in costs:
        saved = f"-{cost.saved_instructions:,}" if cost.saved_instructions else ""
        table.add_row(cost.goal, f"{cost.flash_bytes:,}", f"{cost.arena_bytes:,}", *([saved] if saving else []))
    return table


def _arena_row(model: ModelSummary, index: int, columns: int) -> Text:
    """Return the arena while an operator runs: a coloured stretch for each tensor that is alive.

    Where two tensors share bytes (an operator that works in place), the younger is drawn.
    """
    cells = [""] * columns
    for number, item in enumerate(model.buffers):
        if item.first <= index <= item.last:
            begin = item.offset * columns // model.arena_bytes
            end = max(begin + 1, -(-(item.offset + item.n_bytes) * columns // model.arena_bytes))
            for at in range(begin, min(end, columns)):
                cells[at] = _COLOURS[number % len(_COLOURS)]
    row = Text(no_wrap=True)
    for colour in cells:
        row.append("█" if colour else "·", colour or "#3c4a58")
    return row


def _verdict(fit: Fit, groups: tuple[str, ...]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for name, need, limit, where in (
        ("flash", fit.flash_bytes, fit.slot_bytes, "a model slot"),
        ("arena", fit.arena_bytes, fit.board_arena_bytes, "the engine's arena"),
    ):
        style = "green" if need <= limit else "bold red"
        table.add_row(
            name, Text(f"{need:,}", style), f"of {limit:,} B in {where}", Text(f"{100 * need / limit:.0f} %", style)
        )
    if fit.missing_groups:
        wanting = Text(", ".join(fit.missing_groups), "bold red")
        table.add_row("operators", wanting, "which the firmware that comes with tinyhost lacks")
    elif groups:
        table.add_row("operators", Text(", ".join(groups), "green"), "which the firmware has")
    if fit.n_classes is not None and fit.n_classes > fit.max_classes:
        table.add_row("classes", Text(str(fit.n_classes), "bold red"), f"of {fit.max_classes} that an app takes")
    words = ("yes", "bold green") if fit.fits else ("no", "bold red")
    if fit.missing_groups and fit.flash_bytes <= fit.slot_bytes and fit.arena_bytes <= fit.board_arena_bytes:
        words = ("with --all-operators", "bold yellow")
    answer = Text.assemble(
        f"fits on {fit.board}: ",
        words,
        ("  (no board was asked)", "dim"),
    )
    return Group(table, answer)
