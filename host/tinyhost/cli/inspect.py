"""`tinyhost inspect`: what a model costs and whether it fits, before anything is flashed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import JsonOption, PassesOption
from tinyhost.cli.output import console, write_json

if TYPE_CHECKING:
    from tinyhost.models.fits import Fit
    from tinyhost.models.summary import ModelSummary

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `inspect`."""
    app.command("inspect")(inspect)


def inspect(
    model: Annotated[Path, typer.Argument(help="A .tflite or .thm file.")],
    labels: LabelsOption = None,
    passes: PassesOption = True,
    json: JsonOption = None,
) -> None:
    """Show what a model costs, and whether it fits the board.

    Operators, their work, and the arena as it fills over time. Needs no board.
    """
    from tinyhost.models.file import load_model_file
    from tinyhost.models.fits import Fit, Limits

    summary = load_model_file(model, split_labels(labels), passes=passes).summary
    fit = Fit.of(summary, Limits.of_firmware(summary.task, summary.engine))
    if json:
        write_json(_document(summary, fit), json)
    if json != "-":
        from tinyhost.views.inspect import inspect_view

        console().print(inspect_view(summary, fit, console().width))


def _document(summary: ModelSummary, fit: Fit) -> dict[str, Any]:
    from dataclasses import asdict

    from tinyhost.models.summary import alive_bytes, model_document
    from tinyhost.system.documents import to_json

    return {
        "schema": "tinyhost.inspect/1",
        "model": to_json(model_document(summary)),
        "fits": {fit.board: asdict(fit)},
        "operators": [
            {
                "index": item.index,
                "name": item.code,
                "output_shape": list(item.output_shape),
                "macs": item.macs,
                "weight_bytes": item.weight_bytes,
                "arena_bytes": alive_bytes(summary, item.index),
            }
            for item in summary.operators
        ],
        "arena": [asdict(item) for item in summary.buffers],
    }
