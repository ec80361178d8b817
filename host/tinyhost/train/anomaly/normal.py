"""Windows of normal running by part, without outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.motion import NORMAL, MotionSet
from tinyhost.datasets.motion_windows import Windows, check_enough, split_normal, windows_of
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import FEATURE_STEP, FeatureScaling, quantize
from tinyhost.train.anomaly.autoencoder import INPUT_STEP
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.anomaly.trim import outlying

__all__ = ["NormalData", "Trimmed", "prepare"]


@dataclass(frozen=True, kw_only=True)
class Trimmed:
    """Windows of one recording labelled `normal` that were left out."""

    name: str
    n_left_out: int
    n: int
    """windows of the recording"""


@dataclass(frozen=True, kw_only=True)
class NormalData:
    """Windows by part, and their scaling to a network's input."""

    motion: MotionConfig
    counts_per_g: float
    train: Windows
    threshold: Windows
    test: Windows
    """not trimmed"""
    trimmed: tuple[Trimmed, ...]
    scaling: FeatureScaling
    faults: dict[str, Windows]

    def inputs(self, windows: Windows) -> NDArray[np.int8]:
        """Return the network's input as on the board."""
        return quantize(windows.features, self.scaling)


def prepare(config: AnomalyTrainConfig, motions: MotionSet) -> NormalData:
    """Return the windows of all parts, and the scaling that standardizes those to learn from."""
    motion = config.motion(motions.rate_hz)
    parts = split_normal(motions.labelled(NORMAL), motion.n_fft, config.seed)
    windows = {part: windows_of(runs, motion) for part, runs in parts.items()}
    for part in parts:
        check_enough(windows[part], part, motion, motions)
    trimmed: list[Trimmed] = []
    if config.trim:
        n_train = len(windows["train"])
        kept = ~outlying(
            np.concatenate([windows["train"].features, windows["threshold"].features]),
            np.concatenate([windows["train"].piece_of, windows["threshold"].piece_of + len(windows["train"].names)]),
        )
        windows["train"], out = _left(windows["train"], kept[:n_train])
        windows["threshold"], more = _left(windows["threshold"], kept[n_train:])
        trimmed = [*out, *more]
    real = windows["train"].features * FEATURE_STEP
    return NormalData(
        motion=motion,
        counts_per_g=motions.counts_per_g,
        train=windows["train"],
        threshold=windows["threshold"],
        test=windows["test"],
        trimmed=tuple(trimmed),
        scaling=FeatureScaling.standardizing(real.mean(axis=0), real.std(axis=0), INPUT_STEP),
        faults={label: windows_of(motions.labelled(label), motion) for label in motions.labels},
    )


def _left(windows: Windows, kept: NDArray[np.bool_]) -> tuple[Windows, list[Trimmed]]:
    """Return the kept windows, and those left out by recording."""
    out = []
    for piece in np.unique(windows.piece_of[~kept]):
        own = windows.piece_of == piece
        out.append(Trimmed(name=windows.names[piece], n_left_out=int((own & ~kept).sum()), n=int(own.sum())))
    left = Windows(features=windows.features[kept], piece_of=windows.piece_of[kept], names=windows.names)
    return left, out
