"""`tinyhost model compare`: compare variants of a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import JsonOption
from tinyhost.cli.output import note, print_table, progress_bars, say, write_json
from tinyhost.cli.skipped import AllowSkippedOption
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.bench.compared import ComparedModel, ModelCompareDocument

__all__ = ["compare_forms"]


def compare_forms(
    models: Annotated[list[Path], argument(help="The .tflite files; the others are compared with the first one.")],
    *,
    data: Annotated[
        Path | None,
        option(
            "--data",
            help="A folder with one folder of pictures or clips for each label: compares the predictions on them.",
        ),
    ] = None,
    allow_skipped: AllowSkippedOption = False,
    layers: Annotated[
        bool,
        option("--layers", help="With --data: also show the quantization error (SQNR) of each layer."),
    ] = False,
    labels: LabelsOption = None,
    json: JsonOption = None,
) -> None:
    """Compare variants of a model, such as float32, float16, dynamic range, int8, int16 with int8, or pruned.

    Shows size, compressed size, the share of zero weights and whether a board can run it. With --data, also shows the
    accuracy and which predictions differ from the first model's. Needs no board. Models that the firmware's engine does
    not support are run by LiteRT or TensorFlow Lite Micro, if installed.
    """
    from tinyhost.bench.compare import compare_models
    from tinyhost.datasets.skipped import check_skipped

    if len(models) < 2:
        raise UsageError("expected at least two files to compare", hint="name two or more")
    with progress_bars("{task.description}") as bars:
        task = bars.add_task("comparing", total=1)
        found = compare_models(
            models,
            data,
            labels=split_labels(labels),
            on_sample=lambda done, total: bars.update(task, completed=done, total=total),
        )
    if json:
        write_json(found, json)
    if json != "-":
        _print(found)
        if layers:
            _print_layers(found)
    check_skipped(data or Path(), found.skipped, found.n, allow=allow_skipped)


def _print(found: ModelCompareDocument) -> None:
    from tinyhost.views.tables import plain_table

    answers = ("right", "95 %", "flipped", "p") if found.data else ()
    table = plain_table("file", "form", "bytes", "zipped", "zeros", "flash", "arena", *answers)
    for item in found.models:
        sizes = (f"{item.n_bytes:,}", f"{item.zipped_bytes:,}", f"{100 * item.zero_weights:.1f} %")
        board = ("no", "") if item.flash_bytes is None else (f"{item.flash_bytes:,}", f"{item.arena_bytes:,}")
        table.add_row(_short(item.file), item.form, *sizes, *board, *(_answers(item) if answers else ()))
    print_table(table)
    for item in found.models:
        if item.why_not:
            note((f"not on a board: {item.why_not}", "yellow"))
        if found.data and item.run_by is None:
            note((f"{item.file}: no installed engine can run it; install LiteRT or TensorFlow Lite Micro", "yellow"))
    for flip in found.flips[:20]:
        say(f"{flip.file}: {flip.first}, {_short(flip.model)} says {flip.says}; it is {flip.label}")
    if len(found.flips) > 20:
        say(f"and {len(found.flips) - 20:,} more: --json has them")


def _print_layers(found: ModelCompareDocument) -> None:
    from tinyhost.tasks.findings import decibels
    from tinyhost.views.tables import plain_table

    shown = [item for item in found.models if item.layers]
    if not shown:
        note(("no layers to show: --data, and files with the same operators as the first one's", "yellow"))
        return
    table = plain_table("operator", *(_short(item.file) for item in shown))
    for row in zip(*(item.layers for item in shown), strict=True):
        table.add_row(f"{row[0].index} {row[0].name}", *(decibels(layer.sqnr_db) for layer in row))
    print_table(table)


def _answers(item: ComparedModel) -> tuple[str, ...]:
    from tinyhost.tasks.findings import percent

    if item.accuracy is None or item.accuracy_interval is None:
        return ("–", "", "–", "")
    low, high = item.accuracy_interval.low, item.accuracy_interval.high
    flipped = ("–", "") if item.flipped is None or item.p is None else (f"{item.flipped:,}", f"{item.p:.2g}")
    return (percent(item.accuracy), f"{100 * low:.1f} to {100 * high:.1f} %", *flipped)


def _short(file: str) -> str:
    """Return the last two parts of a path: most files are called model.tflite."""
    return "/".join(Path(file).parts[-2:])
