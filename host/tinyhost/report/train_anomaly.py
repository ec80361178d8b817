"""The report of an anomaly training: scores, threshold, ROC, sizes of the embedding, reconstructions, latent space."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tinyhost.datasets.motion import NORMAL
from tinyhost.motion.features import feature_names
from tinyhost.report.figures import FOREGROUND, MUTED, SERIES, figure_svg, new_figure, style
from tinyhost.report.render import render
from tinyhost.train.anomaly.outcome import tail_words
from tinyhost.train.anomaly.training import AnomalyOutcome

__all__ = ["anomaly_training_report"]

_MAX_DOTS = 400  # of one label in a picture


def anomaly_training_report(outcome: AnomalyOutcome) -> str:
    """Return the HTML of the report."""
    chosen = outcome.chosen
    figures = {
        "scores": (_scores_figure(outcome), "Histogram of normal and anomalous scores"),
        "sizes": (_sizes_figure(outcome), "Score against the embedding's size"),
        "history": (_history_figure(outcome), "Loss over the epochs"),
        "latent": (_latent_figure(outcome), "Latent space, its first two principal directions"),
        "examples": (_examples_figure(outcome), "Windows and their reconstructions"),
    }
    if chosen.figures.labels:
        figures["roc"] = (_roc_figure(outcome), "ROC of each anomaly")
    return render(
        "train_anomaly.html",
        title="What is not normal",
        subtitle=f"{outcome.data_name}, {chosen.network.n_parameters:,} parameters, trained in "
        f"{outcome.duration_s / 60:.0f} min",
        outcome=outcome,
        chosen=chosen,
        alarm=chosen.task.alarm,
        n_left_out=sum(item.n_left_out for item in outcome.data.trimmed),
        tail_words=tail_words(outcome),
        figures={name: figure_svg(figure, alt=alt) for name, (figure, alt) in figures.items()},
    )


def _scores_figure(outcome: AnomalyOutcome) -> Figure:
    scores = outcome.chosen.figures.scores
    values = {name: parts.score for name, parts in scores.items() if name != "threshold"}
    top = np.log2(max(float(item.max()) for item in values.values()) + 1e-3)
    bins = np.logspace(-3.0, max(top, 1.0), 80, base=2.0)
    fig = new_figure(10, 3.4)
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, axis="y", linewidth=0.8)
        for index, (name, item) in enumerate(values.items()):
            axes.hist(
                item,
                bins=bins.tolist(),
                weights=np.full(len(item), 100.0 / len(item)),
                color=SERIES[index % len(SERIES)],
                label=name,
                histtype="stepfilled" if name == NORMAL else "step",
                alpha=0.6 if name == NORMAL else 1.0,
                linewidth=1.4,
            )
        axes.axvline(outcome.chosen.task.alarm.threshold, color=FOREGROUND, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set_xscale("log", base=2)
        axes.set_xlabel("score; the line is the threshold")
        axes.set_ylabel("% of the label's windows")
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def _roc_figure(outcome: AnomalyOutcome) -> Figure:
    fig = new_figure(10, 3.6)
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, linewidth=0.8)
        for index, (label, item) in enumerate(outcome.chosen.figures.labels.items()):
            points = np.array(item.roc.points)
            colour = SERIES[index % len(SERIES)]
            axes.plot(
                np.maximum(points[:, 1], 1e-4), points[:, 2], color=colour, label=f"{label}: AUC {item.roc.auc:.4f}"
            )
            axes.plot([max(item.roc.knee.false_rate, 1e-4)], [item.roc.knee.recall], "o", color=colour, markersize=5)
        axes.set_xscale("log")
        axes.set_xlabel("normal windows that are high (logarithmic); dots are knees")
        axes.set_ylabel("anomalous windows that are high")
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def _sizes_figure(outcome: AnomalyOutcome) -> Figure:
    sizes = [size.network.n_embedding for size in outcome.sizes]
    fig = new_figure(10, 3.0)
    with style():
        left, right = fig.subplots(1, 2)
        errors = {
            name: [float(size.figures.scores[name].score.mean()) for size in outcome.sizes]
            for name in outcome.chosen.figures.scores
            if name != "threshold"
        }
        for index, (name, values) in enumerate(errors.items()):
            left.plot(sizes, values, "o-", color=SERIES[index % len(SERIES)], label=name)
        left.set_yscale("log", base=2)
        left.set_ylabel("mean score")
        for index, label in enumerate(outcome.chosen.figures.labels):
            aucs = [size.figures.labels[label].roc.auc for size in outcome.sizes]
            right.plot(sizes, aucs, "o-", color=SERIES[(index + 1) % len(SERIES)], label=label)
        right.set_ylabel("AUC")
        for axes in (left, right):
            axes.grid(visible=True, axis="y", linewidth=0.8)
            axes.set_xscale("log", base=2)
            axes.set_xticks(sizes, [str(size) for size in sizes])
            axes.set_xlabel("size of the embedding")
        left.legend(frameon=False, fontsize=8, labelcolor=FOREGROUND)
    return fig


def _history_figure(outcome: AnomalyOutcome) -> Figure:
    fig = new_figure(10, 2.6)
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, axis="y", linewidth=0.8)
        for index, size in enumerate(outcome.sizes):
            values = [epoch["val_loss"] for epoch in size.history]
            axes.plot(range(1, len(values) + 1), values, color=SERIES[index], label=f"size {size.network.n_embedding}")
        axes.set_yscale("log")
        axes.set_xlabel("epoch")
        axes.set_ylabel("held-out loss")
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def _latent_figure(outcome: AnomalyOutcome) -> Figure:
    embeddings = {name: values.astype(np.float64) for name, values in outcome.chosen.figures.embeddings.items()}
    normal = embeddings[NORMAL]
    centre = normal.mean(axis=0)
    _, _, directions = np.linalg.svd(normal - centre, full_matrices=False)
    main = directions[:2]
    fig = new_figure(10, 4.2)
    with style():
        axes = fig.add_subplot()
        shown = [name for name in embeddings if name not in {"threshold", NORMAL}]
        for index, name in enumerate([NORMAL, *shown]):
            at = (_thin(embeddings[name]) - centre) @ main.T
            second = at[:, 1] if at.shape[1] > 1 else np.zeros(len(at))
            axes.scatter(at[:, 0], second, s=7, color=SERIES[index % len(SERIES)], label=name, alpha=0.7, linewidths=0)
        axes.set_xlabel("first principal direction of normal windows, int8 steps")
        axes.set_ylabel("second")
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def _thin(values: NDArray[np.float64]) -> NDArray[np.float64]:
    step = max(1, len(values) // _MAX_DOTS)
    return values[::step]


def _examples_figure(outcome: AnomalyOutcome) -> Figure:
    """Return for each label the window with the middle score: its features, and what the network makes of them."""
    data, chosen = outcome.data, outcome.chosen
    windows = {NORMAL: data.test, **data.faults}
    names = feature_names(data.motion)
    fig = new_figure(10, 1.5 * len(windows) + 0.6)
    with style():
        for axes, (name, item) in zip(fig.subplots(len(windows), 1, squeeze=False)[:, 0], windows.items(), strict=True):
            score = chosen.figures.scores[name].score
            middle = int(np.argsort(score)[len(score) // 2])
            run = chosen.network.run(data.inputs(item)[middle : middle + 1])
            before = (run.inputs[0].astype(float) - chosen.network.input.zero_point) * chosen.network.input.scale
            after = (run.outputs[0].astype(float) - chosen.network.output.zero_point) * chosen.network.output.scale
            axes.plot(before, color=SERIES[0], label="features")
            axes.plot(after, color=SERIES[1], label="reconstruction")
            axes.set_ylabel(name, fontsize=9)
            axes.set_xticks([])
            for axis in (1, 2):
                axes.axvline(axis * len(names) / 3 - 0.5, color=MUTED, linewidth=0.6)
        axes.set_xlabel("features of x, y, z in turn: bands, RMS, crest, kurtosis; standard deviations from normal")
        axes.legend(frameon=False, fontsize=8, labelcolor=FOREGROUND)
    return fig
