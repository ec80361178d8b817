"""The report of a keyword training: both int8 models compared, confusion, curves."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from tinyhost.report.figures import FOREGROUND, SERIES, figure_svg, new_figure, style
from tinyhost.report.keywords import curve_figure, thresholds_figure
from tinyhost.report.render import matrix_rows, render
from tinyhost.train.kws.training import KwsOutcome

__all__ = ["kws_training_report"]

_KINDS = {"ptq": "after training", "qat": "aware in training"}


def kws_training_report(outcome: KwsOutcome) -> str:
    """Return the HTML of the report."""
    config = outcome.config
    kinds = [
        {
            "name": f"int8, {_KINDS[kind]}",
            "chosen": kind == outcome.chosen,
            "item": item,
            "bytes": len(item.tflite),
            "matrix": matrix_rows(outcome.labels, item.test.confusion),
        }
        for kind, item in outcome.quantized.items()
    ]
    curves = {f"int8, {_KINDS[kind]}": item.curve for kind, item in outcome.quantized.items()}
    return render(
        "train_kws.html",
        title=f"Keywords: {', '.join(config.words)}",
        subtitle=f"{config.arch}, {outcome.n_parameters:,} parameters, trained in {outcome.duration_s / 60:.0f} min",
        outcome=outcome,
        config=config,
        point=outcome.best.point,
        kinds=kinds,
        history_figure=figure_svg(_history_figure(outcome.history), alt="Loss and accuracy over the epochs"),
        curve_figure=figure_svg(curve_figure(curves, outcome.best.point), alt="Misses against false accepts"),
        thresholds_figure=figure_svg(
            thresholds_figure(outcome.best.curve, outcome.best.point), alt="Both rates over the threshold"
        ),
    )


def _history_figure(history: Sequence[dict[str, float]]) -> Figure:
    epochs = range(1, len(history) + 1)
    fig = new_figure(10, 3.0)
    with style():
        for axes, name in zip(fig.subplots(1, 2), ("loss", "accuracy"), strict=True):
            axes.grid(visible=True, axis="y", linewidth=0.8)
            axes.plot(epochs, [epoch[name] for epoch in history], color=SERIES[0], label="training, changed clips")
            axes.plot(epochs, [epoch[f"val_{name}"] for epoch in history], color=SERIES[1], label="held out")
            axes.set_xlabel("epoch")
            axes.set_ylabel(name)
            axes.tick_params(length=0)
            axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig
