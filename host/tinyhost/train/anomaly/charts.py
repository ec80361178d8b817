"""Charts of an anomaly detector's training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.tensor_info import TensorInfo
from tinyhost.datasets.motion import NORMAL
from tinyhost.metrics.charts import Chart, Panel, Scale, Series
from tinyhost.train.anomaly.baseline import CentroidChoice
from tinyhost.train.anomaly.projection import projected
from tinyhost.train.anomaly.result import AnomalyResult

__all__ = [
    "centroids_chart",
    "examples_chart",
    "history_chart",
    "latent_chart",
    "roc_chart",
    "scores_chart",
    "sizes_chart",
]

_MAX_DOTS = 400  # maximum number of points of one label
_N_BINS = 80
_PROJECTIONS = {"tsne": "t-SNE", "umap": "UMAP"}
_LEAST_RATE = 1e-4  # position at which a rate of 0 is drawn


def scores_chart(outcome: AnomalyResult) -> Chart:
    """Return a histogram of the scores of each label."""
    scores = {name: parts.score for name, parts in outcome.chosen.figures.scores.items() if name != "threshold"}
    top = np.log2(max(float(item.max()) for item in scores.values()) + 1e-3)
    edges = np.logspace(-3.0, max(top, 1.0), _N_BINS, base=2.0)
    panel = Panel(
        series=tuple(
            Series(
                name=name,
                x=edges.tolist(),
                y=(100.0 * np.histogram(item, edges)[0] / len(item)).tolist(),
                style="area" if name == NORMAL else "bars",
            )
            for name, item in scores.items()
        ),
        x_label="score; the line is the threshold",
        y_label="% of the label's windows",
        x_scale="log2",
        lines_at=(outcome.chosen.task.alarm.threshold,),
    )
    return Chart(description="Histogram of normal and anomalous scores", panels=(panel,), height_in=3.4)


def roc_chart(outcome: AnomalyResult) -> Chart:
    """Return the ROC curve of each anomaly, with its knee."""
    series = []
    for colour, (label, item) in enumerate(outcome.chosen.figures.labels.items()):
        rates = [max(false_rate, _LEAST_RATE) for _, false_rate, _ in item.curve]
        recalls = [recall for _, _, recall in item.curve]
        series.append(Series(name=f"{label}: AUC {item.auc:.4f}", x=rates, y=recalls, colour=colour))
        knee = (max(item.knee.false_rate, _LEAST_RATE), item.knee.recall)
        series.append(Series(name="", x=knee[:1], y=knee[1:], style="points", colour=colour))
    panel = Panel(
        series=tuple(series),
        x_label="normal windows above the threshold (logarithmic); dots are knees",
        y_label="anomalous windows above it",
        x_scale="log",
    )
    return Chart(
        description="ROC of each anomaly, and precision over recall", panels=(panel, _precision_panel(outcome))
    )


def _precision_panel(outcome: AnomalyResult) -> Panel:
    """Return precision over recall of each anomaly, against the normal windows for testing."""
    figures = outcome.chosen.figures
    n_normal = len(figures.scores[NORMAL].score)
    series = []
    for colour, (label, item) in enumerate(figures.labels.items()):
        high = [(recall, recall * item.n, false * n_normal) for _, false, recall in item.curve]
        points = [(recall, right / (right + false)) for recall, right, false in high if right + false > 0]
        x, y = [recall for recall, _ in points], [precision for _, precision in points]
        series.append(Series(name=f"{label}: AP {item.average_precision:.4f}", x=x, y=y, colour=colour))
    return Panel(
        series=tuple(series), x_label="anomalous windows above the threshold", y_label="precision", from_zero=True
    )


def sizes_chart(outcome: AnomalyResult) -> Chart:
    """Return mean scores and AUC against the embedding's size."""
    sizes = [size.network.n_embedding for size in outcome.sizes]
    figures = [size.figures for size in outcome.sizes]
    first = figures[0]
    scores = {
        name: [float(item.scores[name].score.mean()) for item in figures]
        for name in first.scores
        if name != "threshold"
    }
    aucs = {label: [item.labels[label].auc for item in figures] for label in first.labels}
    panels = [_over_sizes(sizes, scores, "mean score", "log2", 0)]
    panels += [_over_sizes(sizes, aucs, "AUC", "linear", 1)] if aucs else []
    return Chart(description="Score and AUC against the embedding's size", panels=tuple(panels))


def _over_sizes(
    sizes: Sequence[int], values: Mapping[str, Sequence[float]], y_label: str, y_scale: Scale, first_colour: int
) -> Panel:
    series = tuple(
        Series(name=name, x=sizes, y=values[name], style="line and points", colour=colour)
        for colour, name in enumerate(values, first_colour)
    )
    return Panel(
        series=series,
        x_label="size of the embedding",
        y_label=y_label,
        x_scale="log2",
        y_scale=y_scale,
        x_ticks=sizes,
    )


def history_chart(outcome: AnomalyResult) -> Chart:
    """Return the held-out loss over the epochs, for each size of the embedding."""
    series = tuple(
        Series(
            name=f"embedding {size.network.n_embedding}",
            x=range(1, len(size.history) + 1),
            y=[epoch["val_loss"] for epoch in size.history],
        )
        for size in outcome.sizes
    )
    panel = Panel(series=series, x_label="epoch", y_label="held-out loss", y_scale="log")
    return Chart(description="Loss over the epochs", panels=(panel,), height_in=2.6)


def latent_chart(outcome: AnomalyResult) -> Chart:
    """Return the embeddings of windows on a plane: principal directions of normal ones, t-SNE or UMAP."""
    embeddings, kind = outcome.chosen.figures.embeddings, outcome.config.projection
    names = (NORMAL, *(name for name in embeddings if name not in {"threshold", NORMAL}))
    shown = [embeddings[name][:: max(1, len(embeddings[name]) // _MAX_DOTS)].astype(np.float64) for name in names]
    at = projected(kind, embeddings[NORMAL].astype(np.float64), np.concatenate(shown), outcome.config.seed)
    ends = np.cumsum([len(values) for values in shown])[:-1]
    series = tuple(
        Series(name=name, x=own[:, 0].tolist(), y=own[:, 1].tolist(), style="points")
        for name, own in zip(names, np.split(at, ends), strict=True)
    )
    if kind == "pca":
        labels = ("first principal direction of normal windows, int8 steps", "second")
        description = "Latent space, first two principal components"
    else:
        labels = (f"{_PROJECTIONS[kind]}: neighbours stay together, distances mean nothing", "")
        description = f"Latent space by {_PROJECTIONS[kind]}"
    panel = Panel(series=series, x_label=labels[0], y_label=labels[1])
    return Chart(description=description, panels=(panel,), height_in=4.2)


def centroids_chart(choices: Sequence[CentroidChoice]) -> Chart:
    """Return spread and silhouette against the number of centroids."""
    numbers = [choice.n for choice in choices]
    values = {
        "spread, share of one centroid's": [choice.spread for choice in choices],
        "silhouette": [choice.silhouette for choice in choices],
    }
    panels = [
        Panel(
            series=(Series(name="", x=numbers, y=shown, style="line and points"),),
            x_label="centroids",
            y_label=name,
            x_scale="log2",
            x_ticks=numbers,
        )
        for name, shown in values.items()
    ]
    return Chart(description="Spread and silhouette over the number of centroids", panels=tuple(panels), height_in=2.6)


def examples_chart(outcome: AnomalyResult) -> Chart:
    """Return for each label the window with the median score: its features and their reconstruction."""
    data, chosen = outcome.data, outcome.chosen
    panels = []
    for name, windows in {NORMAL: data.test, **data.faults}.items():
        score = chosen.figures.scores[name].score
        middle = int(np.argsort(score)[len(score) // 2])
        run = chosen.network.run(data.inputs(windows)[middle : middle + 1])
        parts = {
            "features": _real(run.inputs[0], chosen.network.input),
            "reconstruction": _real(run.outputs[0], chosen.network.output),
        }
        n_features = data.motion.n_features
        series = tuple(Series(name=part, x=range(n_features), y=values) for part, values in parts.items())
        ends = tuple(axis * n_features / 3 - 0.5 for axis in (1, 2))
        panels.append(Panel(series=series, y_label=name, x_ticks=(), lines_at=ends))
    return Chart(
        description="Windows and their reconstructions: features of x, y, z in turn (bands, RMS, crest, kurtosis), in "
        "standard deviations from normal",
        panels=tuple(panels),
        beside=False,
        height_in=1.5 * len(panels) + 0.6,
    )


def _real(values: NDArray[np.int8], tensor: TensorInfo) -> list[float]:
    real: list[float] = ((values.astype(np.float64) - tensor.zero_point) * tensor.scale).tolist()
    return real
