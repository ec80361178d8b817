"""Evaluation of an anomaly model for sounds (MLPerf Tiny's ad01, or a similar one) on a folder of machine sounds, here.

Features are floating point on the host; the network and its mean squared error are the firmware's own code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.log_mel import LogMelConfig, log_mel_windows
from tinyhost.datasets.machine_sounds import MachineClip, read_channel
from tinyhost.errors import DatasetError
from tinyhost.metrics.classifier import partial_auc, roc_auc
from tinyhost.models.reconstruction import ReconstructionModel
from tinyhost.system.wording import counted

__all__ = ["ClipScore", "MachineFigures", "SoundModel", "machine_figures", "score_clips"]


class SoundModel:
    """An int8 autoencoder of log-mel windows, on the firmware's engine."""

    def __init__(self, tflite: bytes, cfg: LogMelConfig | None = None, *, where: str = "model") -> None:
        """Raise ModelError if the model does not take and give back cfg's windows as int8."""
        self.cfg = cfg or LogMelConfig()
        self.network = ReconstructionModel(tflite, self.cfg.n_features, where=where)

    def window_scores(self, pcm: NDArray[np.int16]) -> NDArray[np.float64]:
        """Return the mean squared error of each window of (n,) samples in dB^2; none if the clip is too short."""
        return self.network.scores(log_mel_windows(pcm, self.cfg))


@dataclass(frozen=True, kw_only=True)
class ClipScore:
    """The anomaly score of one clip: the mean of its windows' scores."""

    clip: MachineClip
    score: float
    n_windows: int


def score_clips(model: SoundModel, clips: Iterable[MachineClip], *, convert: bool = False) -> Iterator[ClipScore]:
    """Yield the score of each clip.

    convert: as read_channel. Raises DatasetError for a clip that cannot be read or is too short for a window.
    """
    for clip in clips:
        pcm = read_channel(clip.path, convert=convert)
        scores = model.window_scores(pcm)
        if len(scores) == 0:
            raise DatasetError(
                f"{clip.path}: {counted(len(pcm), 'sample')}, expected {model.cfg.min_samples:,} or more",
                hint="the features are of the middle of a clip of 10 s",
            )
        yield ClipScore(clip=clip, score=float(scores.mean()), n_windows=len(scores))


@dataclass(frozen=True, kw_only=True)
class MachineFigures:
    """Metrics of scores on the normal and anomalous clips of one machine."""

    name: str
    normal: tuple[float, ...]
    """scores"""
    anomalous: tuple[float, ...]

    @cached_property
    def _sides(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        scores = np.array([*self.normal, *self.anomalous])
        return scores, np.arange(len(scores)) >= len(self.normal)

    @property
    def auc(self) -> float | None:
        """The area under the ROC curve; None without clips of both kinds."""
        return roc_auc(*self._sides) if self.normal and self.anomalous else None

    @property
    def partial_auc(self) -> float | None:
        """The same up to a false positive rate of 0.1, as in DCASE's Task 2; None without clips of both kinds."""
        return partial_auc(*self._sides) if self.normal and self.anomalous else None


def machine_figures(scores: Iterable[ClipScore]) -> tuple[MachineFigures, ...]:
    """Return the figures of each machine, by name; clips without a known class are ignored."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for one in scores:
        if one.clip.anomalous is not None:
            found.setdefault(one.clip.name, ([], []))[one.clip.anomalous].append(one.score)
    return tuple(
        MachineFigures(name=name, normal=tuple(sides[0]), anomalous=tuple(sides[1]))
        for name, sides in sorted(found.items())
    )
