"""Figures of a trained detector, and the choice of threshold and embedding size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.datasets.motion import NORMAL
from tinyhost.datasets.motion_windows import Windows
from tinyhost.errors import UsageError
from tinyhost.metrics.classifier import roc_auc
from tinyhost.metrics.threshold import (
    Operating,
    Roc,
    Tail,
    fit_tail,
    operating_point,
    roc_curve,
    sustained,
)
from tinyhost.motion.score import AlarmSettings, alarm_onsets, alarm_states
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.anomaly.normal import NormalData
from tinyhost.train.anomaly.scores import EngineRuns, ScoreParts, TrainedNetwork, score_parts

__all__ = ["AnomalyFigures", "LabelFigures", "LabelScore", "measure", "size_to_take"]

_NEARLY = 0.02  # gain of recall that a larger embedding must have
_NEARLY_AS_SMALL = 1.1  # without labelled anomalies: of the held-out reconstruction error
_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """Detection of one kind of anomaly."""

    n: int
    """windows"""
    auc: float
    average_precision: float
    """of anomalous windows among these and the normal ones for measuring"""
    auc_reconstruction: float
    """by the reconstruction error alone"""
    auc_distance: float
    """by the distance to the nearest centroid alone"""
    knee: Operating
    """threshold at which recall minus false rate is largest"""
    cheapest: Operating
    """threshold with the lowest expected cost"""
    at_threshold: Operating
    """at the model's threshold"""
    n_recordings: int
    n_alarmed: int
    """recordings in which the alarm was raised"""


@dataclass(frozen=True, kw_only=True)
class LabelFigures(LabelScore):
    """The same, with the curve that the knee is on."""

    curve: tuple[tuple[float, float, float], ...]
    """threshold, false rate, recall"""


@dataclass(frozen=True, kw_only=True)
class AnomalyFigures:
    """The figures of a detector, all with the firmware's scores."""

    scores: dict[str, ScoreParts]
    """of `threshold` and `normal` (held out: choose, measure), and of each other label"""
    embeddings: dict[str, NDArray[np.int8]]
    tail: Tail
    """of the scores that last for raise_windows, on the part `threshold`"""
    threshold_of_budget: float
    budget_probability: float
    """allowed probability that a window's lasting score exceeds the threshold"""
    n_false_alarms: int
    """on the normal windows for measuring"""
    test_hours: float
    labels: dict[str, LabelFigures]
    """by label; and `all` of them together, if there is more than one"""

    @property
    def overall(self) -> LabelFigures | None:
        """The figures of all anomalies together; None without any."""
        return self.labels.get(_ALL) or next(iter(self.labels.values()), None)


def measure(
    config: AnomalyTrainConfig,
    task: AnomalyTask,
    network: TrainedNetwork,
    data: NormalData,
    runs: Mapping[str, EngineRuns],
) -> tuple[AnomalyTask, AnomalyFigures]:
    """Return the task data with its alarm, and the figures; runs: of `threshold`, `normal` and every other label."""
    scores = {name: score_parts(task, network, run) for name, run in runs.items()}
    held = sustained(scores["threshold"].score, data.threshold.piece_of, config.raise_windows)
    tail, motion = fit_tail(held), task.motion
    probability = config.alarms_per_day / (86_400.0 * motion.rate_hz / motion.hop)
    budget = tail.threshold(probability)
    rocs = {label: _roc(config, scores, [label]) for label in data.faults}
    if len(rocs) > 1:
        rocs[_ALL] = _roc(config, scores, list(data.faults))
    threshold = _threshold(config, budget, rocs)
    alarm = AlarmSettings(
        threshold=threshold,
        hysteresis=config.hysteresis * threshold,
        raise_windows=config.raise_windows,
        clear_windows=config.clear_windows,
    )
    figures = AnomalyFigures(
        scores=scores,
        embeddings={name: run.embeddings for name, run in runs.items()},
        tail=tail,
        threshold_of_budget=budget,
        budget_probability=probability,
        n_false_alarms=sum(_alarms(scores[NORMAL].score, data.test, alarm)),
        test_hours=len(data.test) * motion.hop / motion.rate_hz / 3600.0,
        labels={label: _label_figures(label, roc, alarm, scores, data) for label, roc in rocs.items()},
    )
    return replace(task, alarm=alarm, baseline_score=float(scores["threshold"].score.mean())), figures


def _roc(config: AnomalyTrainConfig, scores: Mapping[str, ScoreParts], labels: Sequence[str]) -> Roc:
    return roc_curve(
        scores[NORMAL].score,
        np.concatenate([scores[label].score for label in labels]),
        miss_cost=config.miss_cost,
        alarm_cost=config.alarm_cost,
        fault_share=config.fault_share,
    )


def _threshold(config: AnomalyTrainConfig, budget: float, rocs: Mapping[str, Roc]) -> float:
    if config.threshold is not None:
        return config.threshold
    if config.choose == "normal":
        return budget
    roc = rocs.get(_ALL) or next(iter(rocs.values()), None)
    if roc is None:
        raise UsageError(
            f"no labelled anomalies, so no {config.choose} to choose the threshold by",
            hint="add a folder of them beside normal/, or use --choose normal",
        )
    return (roc.knee if config.choose == "knee" else roc.cheapest).threshold


def _label_figures(
    label: str, roc: Roc, alarm: AlarmSettings, scores: Mapping[str, ScoreParts], data: NormalData
) -> LabelFigures:
    labels = list(data.faults) if label == _ALL else [label]
    alarmed = [n > 0 for name in labels for n in _alarms(scores[name].score, data.faults[name], alarm)]
    anomalous = np.concatenate([scores[name].score for name in labels])
    return LabelFigures(
        n=len(anomalous),
        auc=roc.auc,
        average_precision=roc.average_precision,
        knee=roc.knee,
        cheapest=roc.cheapest,
        curve=roc.points,
        at_threshold=operating_point(scores[NORMAL].score, anomalous, alarm.threshold),
        n_recordings=len(alarmed),
        n_alarmed=sum(alarmed),
        auc_reconstruction=_auc(
            scores[NORMAL].reconstruction, np.concatenate([scores[name].reconstruction for name in labels])
        ),
        auc_distance=_auc(scores[NORMAL].distance, np.concatenate([scores[name].distance for name in labels])),
    )


def _auc(normal: NDArray[np.float64], anomalous: NDArray[np.float64]) -> float:
    scores = np.concatenate([normal, anomalous])
    return roc_auc(scores, np.arange(len(scores)) >= len(normal))


def _alarms(scores: NDArray[np.float64], windows: Windows, alarm: AlarmSettings) -> list[int]:
    """Return the number of the firmware's alarms in each piece."""
    pieces = (scores[windows.piece_of == piece] for piece in np.unique(windows.piece_of))
    return [len(alarm_onsets(alarm_states(piece, alarm))) for piece in pieces]


def size_to_take(figures: Sequence[AnomalyFigures], sizes: Sequence[int], wanted: int | None) -> int:
    """Return the index of the size to take: the wanted one, else the smallest that is nearly as good as the best.

    With labelled anomalies, by the recall of the hardest kind, each size at its own threshold; else by the held-out
    reconstruction error.
    """
    if wanted is not None:
        return list(sizes).index(wanted)
    if figures[0].labels:
        worst = [min(label.at_threshold.recall for label in item.labels.values()) for item in figures]
        return next(index for index, recall in enumerate(worst) if recall >= max(worst) - _NEARLY)
    errors = [float(item.scores["threshold"].reconstruction.mean()) for item in figures]
    return next(index for index, error in enumerate(errors) if error <= min(errors) * _NEARLY_AS_SMALL)
