"""The outcome of an anomaly detector's training, for its model card and report."""

from __future__ import annotations

from dataclasses import dataclass

from tinyhost.tasks.findings import Figure, Grid, Note, Section, percent, rate_within
from tinyhost.train.anomaly.charts import (
    centroids_chart,
    examples_chart,
    history_chart,
    latent_chart,
    roc_chart,
    scores_chart,
    sizes_chart,
)
from tinyhost.train.anomaly.result import AnomalyResult

__all__ = ["AnomalyOutcome"]

_NAMES = {
    "dense": "Fully connected",
    "variational": "Fully connected variational",
    "convolutional": "Convolutional",
    "lstm": "LSTM",
}


@dataclass(frozen=True, kw_only=True)
class AnomalyOutcome(AnomalyResult):
    """All results of a finished training."""

    @property
    def title(self) -> str:
        """Name of the model card and the report."""
        return "Anomaly detector"

    def sections(self) -> tuple[Section, ...]:
        """Return the sections of the model card and the report."""
        anomalies = (_anomalies(self),) if self.chosen.figures.labels else ()
        return (_detector(self), _threshold(self), *anomalies, *_centroids(self), _network(self), _learned_from(self))


def _detector(outcome: AnomalyResult) -> Section:
    network, alarm, figures = outcome.chosen.network, outcome.chosen.task.alarm, outcome.chosen.figures
    overall = figures.overall
    auc = (Figure(name="AUC", value=f"{overall.auc:.4f}", more="all anomalies, window by window"),) if overall else ()
    sizes = [size.summary() for size in outcome.sizes]
    aucs = [f"AUC {label}" for label in figures.labels]
    linear = [f"AUC of PCA, {label}" for label in outcome.chosen.linear.auc]
    return Section(
        title="Detector",
        note=f"Autoencoders with embeddings of {', '.join(str(size.n_embedding) for size in sizes)} values were "
        f"trained on normal operation only. Each is compared with a linear baseline: as many principal "
        f"components (PCA).",
        figures=(
            Figure(
                name="Threshold",
                value=f"{alarm.threshold:.3f}",
                more=f"{alarm.raise_windows} windows in a row above it raise the alarm, {alarm.clear_windows} below "
                f"{alarm.threshold - alarm.hysteresis:.3f} clear it",
            ),
            Figure(
                name="False alarms",
                value=str(figures.n_false_alarms),
                more=f"in {figures.test_hours:.2f} h of held-out normal running; {_shown(outcome)}",
            ),
            *auc,
            Figure(name="Embedding", value=str(network.n_embedding), more=f"{network.macs:,} MACs"),
        ),
        parts=(
            Grid(
                headings=("embedding", "MACs", "held-out error", "as many PCA", "threshold", *aucs, *linear),
                rows=tuple(
                    (
                        f"{size.n_embedding}{' (this model)' if size.n_embedding == network.n_embedding else ''}",
                        f"{size.macs:,}",
                        f"{size.reconstruction:.3f}",
                        f"{size.linear.reconstruction:.3f}",
                        f"{size.threshold:.3f}",
                        *(f"{auc:.4f}" for auc in (*size.auc.values(), *size.linear.auc.values())),
                    )
                    for size in sizes
                ),
            ),
            sizes_chart(outcome),
        ),
    )


def _shown(outcome: AnomalyResult) -> str:
    """Return the rate of false alarms, and whether it is shown to be within the budget."""
    alarms, budget = outcome.false_alarms, f"{outcome.config.alarms_per_day:g} a day"
    verdict = f"at most {budget} is shown" if alarms.shows_budget else f"too little to show at most {budget}"
    return f"{rate_within(alarms.per_day_interval, 'a day')}: {verdict}"


def _threshold(outcome: AnomalyResult) -> Section:
    figures, config, motion = outcome.chosen.figures, outcome.config, outcome.data.motion
    tail, per_day = figures.tail, 86_400.0 * motion.rate_hz / motion.hop
    reach = "within" if figures.budget_probability * tail.n >= 1.0 else "beyond"
    return Section(
        title="Threshold",
        note=f"A budget of {config.alarms_per_day:g} false alarm{'' if config.alarms_per_day == 1.0 else 's'} per day "
        f"is {figures.budget_probability:.2g} of its {per_day:,.0f} windows. Of {tail.n:,} held-out normal scores that "
        f"lasted {config.raise_windows} windows, the highest {tail.share:.1%} (from {tail.start:.2f} on) were fitted "
        f"with a generalized Pareto tail (shape {tail.shape:.2f}, scale {tail.scale:.3f}; the highest seen is "
        f"{tail.highest:.2f}), which gives {figures.threshold_of_budget:.2f}: {reach} what was seen. It counts every "
        "such window as an alarm of its own, so the true number of alarms is lower.",
        parts=(scores_chart(outcome),),
    )


def _anomalies(outcome: AnomalyResult) -> Section:
    config = outcome.config
    headings = ("anomaly", "windows", "AUC", "AP", "by reconstruction", "by distance")
    there = ("recall", "false rate", "precision", "F1")
    more = (*there, "recordings with an alarm", "knee", "recall there", "cheapest", "recall there")
    rows = tuple(
        (
            label,
            f"{item.n:,}",
            f"{item.auc:.4f}",
            f"{item.average_precision:.4f}",
            f"{item.auc_reconstruction:.4f}",
            f"{item.auc_distance:.4f}",
            percent(item.at_threshold.recall),
            percent(item.at_threshold.false_rate, 2),
            percent(item.at_threshold.precision),
            f"{item.at_threshold.f1:.3f}",
            f"{item.n_alarmed} of {item.n_recordings}",
            f"{item.knee.threshold:.3f}",
            percent(item.knee.recall),
            f"{item.cheapest.threshold:.3f}",
            percent(item.cheapest.recall),
        )
        for label, item in outcome.chosen.figures.labels.items()
    )
    return Section(
        title="Labelled anomalies",
        note="None of them was trained on. The knee is the threshold at which the share of high windows among "
        "anomalous ones exceeds that among normal ones most; the cheapest threshold has the least expected cost, with "
        f"{config.miss_cost:g} for a missed window, {config.alarm_cost:g} for a false one, and a fault in "
        f"{percent(config.fault_share)} of the time.",
        parts=(Grid(headings=(*headings, *more), rows=rows), roc_chart(outcome)),
    )


def _centroids(outcome: AnomalyResult) -> tuple[Section, ...]:
    choices = outcome.chosen.centroid_choices
    if not choices:
        return ()
    rows = tuple((str(choice.n), f"{choice.spread:.3f}", f"{choice.silhouette:.3f}") for choice in choices)
    return (
        Section(
            title="Number of centroids",
            note=f"The model has {outcome.chosen.n_centroids}. With more of them a window is always nearer to one; "
            "where the spread bends, more bring little. The silhouette is best where groups are apart.",
            parts=(Grid(headings=("centroids", "spread", "silhouette"), rows=rows), centroids_chart(choices)),
        ),
    )


def _network(outcome: AnomalyResult) -> Section:
    config, network, motion = outcome.config, outcome.chosen.network, outcome.data.motion
    name = _NAMES[config.arch]
    hidden = config.hidden if config.arch in ("dense", "variational") else ()
    widths = "-".join(map(str, (motion.n_features, *hidden, network.n_embedding)))
    distance = f"distance to {outcome.chosen.n_centroids} centroids of the {config.distance}"
    scores = {"reconstruction": "the reconstruction error", "distance": distance}
    both = f"the reconstruction error and the {distance}, each as a multiple of normal, halved"
    return Section(
        title="Network",
        note=f"{name} autoencoder {widths} and back, {network.n_parameters:,} parameters, "
        f"{len(network.tflite):,} bytes, int8 by post-training quantization. Its input: {motion.n_features} features "
        f"of {motion.n_fft} samples at {motion.rate_hz:g} Hz, standardized (docs/reference/motion-features.md), every "
        f"{motion.hop} samples. The score is {scores.get(config.score, both)}.",
        parts=(examples_chart(outcome), latent_chart(outcome)),
    )


def _learned_from(outcome: AnomalyResult) -> Section:
    data = outcome.data
    n_left_out = sum(item.n_left_out for item in data.trimmed)
    counts = Note(
        text=f"{len(data.train):,} windows to learn from, {len(data.threshold):,} to set the threshold, "
        f"{len(data.test):,} to measure on, all labelled normal; {n_left_out:,} more were left out as outliers. "
        "Anomalies are for measuring only"
    )
    return Section(
        title="Learned from",
        note=outcome.config.data_note or f"Recordings: {outcome.source}.",
        parts=(counts, *outcome.notes(), history_chart(outcome)),
    )
