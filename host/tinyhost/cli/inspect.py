"""`tinyhost inspect`: what a model costs and whether it fits, before anything is flashed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import Command, argument, make_command, option
from tinyhost.cli.labels import LabelsOption, split_labels
from tinyhost.cli.options import JsonOption, PassesOption
from tinyhost.cli.output import console, write_json

__all__ = ["command"]


def command() -> Command:
    """Return `inspect`."""
    examples = ("tinyhost inspect runs/hall/model.tflite", "tinyhost inspect runs/hall/model.tflite --weights")
    return make_command(inspect, examples=examples)


def inspect(
    model: Annotated[Path, argument(help="A .tflite or .thm file.")],
    labels: LabelsOption = None,
    passes: PassesOption = True,
    weights: Annotated[
        bool,
        option("--weights", help="Also show each layer's int8 weights: histogram, range, scales, quantization error."),
    ] = False,
    json: JsonOption = None,
) -> None:
    """Show a model's memory and compute costs, and whether it fits the board.

    Lists the operators with their multiply-accumulates and weights, draws the arena's usage over time, and shows the
    flash and arena of each `compile --optimize`. Needs no board.
    """
    from tinyhost.models.file import load_model_file, load_weights
    from tinyhost.models.fits import Fit, Limits
    from tinyhost.models.inspection import InspectDocument
    from tinyhost.models.optimization import optimization_costs

    names = split_labels(labels)
    summary = load_model_file(model, names, passes=passes).summary
    costs = optimization_costs(model, names, passes=passes)
    fit = Fit.of(summary, Limits.of_firmware(summary.task, summary.engine))
    layers = load_weights(model) if weights else None
    if json:
        write_json(InspectDocument.of(summary, fit, costs, layers), json)
    if json != "-":
        from tinyhost.views.inspect import inspect_view

        console().print(inspect_view(summary, fit, console().width, costs))
        if layers is not None:
            from tinyhost.views.weights import weights_view

            console().print("\n", weights_view(layers), sep="")
