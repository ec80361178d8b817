"""The report of a keyword training: both int8 models compared, confusion, curves."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from tinyhost.bench.keywords import KeywordCurve, KeywordPoint
from tinyhost.report.figures import FOREGROUND, MUTED, SERIES, figure_svg, new_figure, style
from tinyhost.report.render import matrix_rows, render
from tinyhost.train.kws import KwsOutcome

__all__ = ["curve_figure", "kws_training_report", "thresholds_figure"]

_KINDS = {"ptq": "after training", "qat": "aware in training"}
_LEAST_RATE = 1e-4  # where a rate of 0 is drawn


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


def curve_figure(curves: dict[str, KeywordCurve], chosen: KeywordPoint | None) -> Figure:
    """Return misses over false accepts, both in percent, false accepts on a logarithmic scale."""
    fig = new_figure(10, 3.6)
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, linewidth=0.8)
        for index, (name, curve) in enumerate(curves.items()):
            points = [point for point in curve.points if point.false_reject_rate is not None]
            axes.plot(
                [100 * max(point.false_accept_rate or 0.0, _LEAST_RATE) for point in points],
                [100 * (point.false_reject_rate or 0.0) for point in points],
                color=SERIES[index],
                label=name,
            )
        if chosen is not None and chosen.false_reject_rate is not None:
            at = (100 * max(chosen.false_accept_rate or 0.0, _LEAST_RATE), 100 * chosen.false_reject_rate)
            axes.plot(*at, "o", color=FOREGROUND, markersize=6)
            axes.annotate(
                f"threshold {chosen.threshold:.2f}",
                at,
                xytext=(8, 6),
                textcoords="offset points",
                fontsize=9,
                color=FOREGROUND,
            )
        axes.set_xscale("log")
        axes.set_xlabel("false accepts, % of clips without a word")
        axes.set_ylabel("misses, % of words")
        axes.set_ylim(bottom=0)
        axes.tick_params(length=0, which="both")
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def thresholds_figure(curve: KeywordCurve, chosen: KeywordPoint | None) -> Figure:
    """Return both rates over the threshold, in percent."""
    fig = new_figure(10, 3.0)
    thresholds = [point.threshold for point in curve.points]
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, axis="y", linewidth=0.8)
        rates = (
            ("false accepts, % of clips without a word", [point.false_accept_rate for point in curve.points]),
            ("misses, % of words", [point.false_reject_rate for point in curve.points]),
        )
        for index, (name, values) in enumerate(rates):
            if None not in values:
                axes.plot(thresholds, [100 * (value or 0.0) for value in values], color=SERIES[index], label=name)
        if chosen is not None:
            axes.axvline(chosen.threshold, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.set_xlabel("threshold")
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.tick_params(length=0)
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig
