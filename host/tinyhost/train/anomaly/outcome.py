"""The files that an anomaly training leaves: model, settings, figures and model card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import Task
from tinyhost.compiler.settings_file import SETTINGS_FILE, settings_text
from tinyhost.train.anomaly.choice import LabelFigures
from tinyhost.train.anomaly.training import AnomalyOutcome, SizeResult
from tinyhost.train.core.run_folder import versions, write_files

__all__ = ["anomaly_card", "anomaly_defaults", "anomaly_image", "anomaly_metrics", "tail_words", "write_anomaly_run"]


def anomaly_defaults(size: SizeResult) -> AppDefaults:
    """Return what a model image says beside the network."""
    return AppDefaults(threshold=size.task.alarm.threshold, task_data=size.task.pack())


def anomaly_image(size: SizeResult, name: str) -> bytes:
    """Return the model image (.thm)."""
    return compile_tflite(size.network.tflite, name=name, task=Task.ANOMALY, defaults=anomaly_defaults(size)).image


def write_anomaly_run(run_dir: Path, outcome: AnomalyOutcome, *, name: str | None = None) -> dict[str, Path]:
    """Write settings.json, metrics.json, card.md, model.thm and model.tflite, and a .thm of every size.

    name: of the model on the board, by default the folder's. The model comes last, so that a folder with a model has
    everything.
    """
    name = name or run_dir.resolve().name
    image = anomaly_image(outcome.chosen, name)
    settings = settings_text(anomaly_defaults(outcome.chosen), Task.ANOMALY)
    contents = {
        "settings": (SETTINGS_FILE, settings.encode()),
        "metrics": ("metrics.json", (json.dumps(anomaly_metrics(outcome, image), indent=2) + "\n").encode()),
        "card": ("card.md", anomaly_card(outcome).encode()),
    }
    if len(outcome.sizes) > 1:
        contents |= {
            f"embedding{size.network.n_embedding}": (
                f"embedding{size.network.n_embedding}.thm",
                anomaly_image(size, f"{name} {size.network.n_embedding}"),
            )
            for size in outcome.sizes
        }
    contents |= {"image": ("model.thm", image), "model": ("model.tflite", outcome.chosen.network.tflite)}
    return write_files(run_dir, contents)


def anomaly_metrics(outcome: AnomalyOutcome, image: bytes) -> dict[str, Any]:
    """Return what metrics.json holds; its keys are stable."""
    chosen, data = outcome.chosen, outcome.data
    return {
        "task": "anomaly",
        "model": {
            "sha256": hashlib.sha256(chosen.network.tflite).hexdigest(),
            "bytes": len(chosen.network.tflite),
            "image_bytes": len(image),
            "n_parameters": chosen.network.n_parameters,
            "macs": chosen.network.macs,
            "n_embedding": chosen.network.n_embedding,
            "input": {
                "shape": [1, data.motion.n_features],
                "dtype": "int8",
                "meaning": "features of docs/reference/motion-features.md",
            },
        },
        "alarm": asdict(chosen.task.alarm),
        "baseline_score": chosen.task.baseline_score,
        "tail": asdict(chosen.figures.tail),
        "threshold_of_budget": chosen.figures.threshold_of_budget,
        "n_windows": {
            "train": len(data.train),
            "threshold": len(data.threshold),
            "normal": len(data.test),
            **{label: len(windows) for label, windows in data.faults.items()},
        },
        "trimmed": [asdict(item) for item in data.trimmed],
        "false_alarms": {"n": chosen.figures.n_false_alarms, "hours": chosen.figures.test_hours},
        "labels": {label: _label_metrics(figures) for label, figures in chosen.figures.labels.items()},
        "embeddings": [_size_metrics(size) for size in outcome.sizes],
        "issues": list(outcome.notes),
        "history": chosen.history,
        "duration_s": round(outcome.duration_s, 1),
        "config": asdict(outcome.config),
        "command": outcome.config.command,
        "versions": versions(),
    }


def _label_metrics(figures: LabelFigures) -> dict[str, Any]:
    return {
        "n": figures.n,
        "auc": figures.roc.auc,
        "auc_reconstruction": figures.auc_reconstruction,
        "auc_distance": figures.auc_distance,
        "knee": asdict(figures.roc.knee),
        "cheapest": asdict(figures.roc.cheapest),
        "at_threshold": asdict(figures.at_threshold),
        "n_recordings": figures.n_recordings,
        "n_alarmed": figures.n_alarmed,
    }


def _size_metrics(size: SizeResult) -> dict[str, Any]:
    return {
        "n_embedding": size.network.n_embedding,
        "macs": size.network.macs,
        "n_parameters": size.network.n_parameters,
        "reconstruction": float(size.figures.scores["threshold"].reconstruction.mean()),
        "threshold": size.task.alarm.threshold,
        "auc": {label: figures.roc.auc for label, figures in size.figures.labels.items()},
    }


def tail_words(outcome: AnomalyOutcome) -> str:
    """Return in words how the threshold of the budget came about."""
    figures, config, motion = outcome.chosen.figures, outcome.config, outcome.data.motion
    tail, per_day = figures.tail, 86_400.0 * motion.rate_hz / motion.hop
    reach = "within" if figures.budget_probability * tail.n >= 1.0 else "beyond"
    return (
        f"A budget of {config.alarms_per_day:g} false alarm{'' if config.alarms_per_day == 1.0 else 's'} per day is "
        f"{figures.budget_probability:.2g} of its {per_day:,.0f} windows. Of {tail.n:,} held-out normal scores that "
        f"lasted {config.raise_windows} windows, the highest {tail.share:.1%} (from {tail.start:.2f} on) were fitted "
        f"with a generalized Pareto tail (shape {tail.shape:.2f}, scale {tail.scale:.3f}; the highest seen is "
        f"{tail.highest:.2f}), which gives {figures.threshold_of_budget:.2f}: {reach} what was seen. It counts every "
        "such window as an alarm of its own, which is more than there are."
    )


def anomaly_card(outcome: AnomalyOutcome) -> str:
    """Return the model card: what it is, what it learned from, what it is worth."""
    config, chosen, data = outcome.config, outcome.chosen, outcome.data
    network, motion, alarm, figures = chosen.network, data.motion, chosen.task.alarm, chosen.figures
    widths = (motion.n_features, *config.hidden, network.n_embedding)
    return "\n".join(
        [
            "# What is not normal",
            "",
            f"Fully connected autoencoder {'-'.join(map(str, widths))} and back, {network.n_parameters:,} parameters, "
            f"{len(network.tflite):,} bytes, int8 by post-training quantization; score: {_score_words(outcome)}.",
            f"Input: {motion.n_features} features of {motion.n_fft} samples at {motion.rate_hz:g} Hz, standardized "
            f"(docs/reference/motion-features.md), every {motion.hop} samples.",
            "",
            "## Learned from",
            config.data_note or f"Recordings in `{outcome.data_name}`.",
            f"{len(data.train):,} windows to learn from, {len(data.threshold):,} to set the threshold, "
            f"{len(data.test):,} to measure on, all labelled normal; {sum(item.n_left_out for item in data.trimmed):,} "
            "more were left out as unlike all others. Anomalies are for measuring only.",
            "",
            "## Worth",
            f"Threshold {alarm.threshold:.3f}, hysteresis {alarm.hysteresis:.3f}; {alarm.raise_windows} high windows "
            f"in a row raise the alarm, {alarm.clear_windows} low ones clear it.",
            tail_words(outcome),
            f"On the normal windows for measuring, {figures.test_hours:.2f} h: {figures.n_false_alarms} false alarms.",
            *_label_table(outcome),
            "",
            "## Size of the embedding",
            *_size_table(outcome),
            "",
            "## Made by",
            f"`{config.command or 'tinyhost.train.anomaly.training.train_anomaly'}`",
            "",
            f"Seed {config.seed}, {len(chosen.history)} epochs, {outcome.duration_s / 60:.0f} minutes for all sizes. "
            "Details: metrics.json.",
            "",
        ]
    )


def _score_words(outcome: AnomalyOutcome) -> str:
    config = outcome.config
    distance = f"distance to {config.n_centroids} centroids of the {config.distance}"
    kinds = {"reconstruction": "reconstruction error", "distance": distance}
    return kinds.get(config.score, f"reconstruction error and {distance}, each as a multiple of normal, halved")


def _label_table(outcome: AnomalyOutcome) -> list[str]:
    if not outcome.chosen.figures.labels:
        return []
    rows = [
        f"| {label} | {item.n:,} | {item.roc.auc:.4f} | {item.auc_reconstruction:.4f} | {item.auc_distance:.4f} | "
        f"{item.at_threshold.recall:.1%} | {item.n_alarmed} of {item.n_recordings} |"
        for label, item in outcome.chosen.figures.labels.items()
    ]
    return [
        "",
        "| anomaly | windows | AUC | by reconstruction | by distance | high windows | recordings with an alarm |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]


def _size_table(outcome: AnomalyOutcome) -> list[str]:
    labels = list(outcome.chosen.figures.labels)
    rows = [
        f"| {size.network.n_embedding}{' (this model)' if size is outcome.chosen else ''} | {size.network.macs:,} | "
        f"{size.figures.scores['threshold'].reconstruction.mean():.3f} | {size.task.alarm.threshold:.2f} |"
        + "".join(f" {size.figures.labels[label].roc.auc:.4f} |" for label in labels)
        for size in outcome.sizes
    ]
    return [
        f"| size | MACs | held-out error | threshold |{''.join(f' AUC {label} |' for label in labels)}",
        f"|---|---|---|---|{'---|' * len(labels)}",
        *rows,
    ]
