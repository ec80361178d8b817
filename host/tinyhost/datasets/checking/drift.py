"""Whether the features of a data set have moved away from those of another, such as a model's training data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import dbfs, rms, to_float
from tinyhost.audio.log_mel import LogMelConfig, log_mel
from tinyhost.datasets.checking.findings import DataFinding
from tinyhost.datasets.checking.sample import CheckedSample

__all__ = [
    "LEAST_SAMPLES",
    "Distributions",
    "FeatureDrift",
    "distributions",
    "drifted",
    "feature_drift",
    "figures_of_clip",
    "figures_of_motion",
    "figures_of_picture",
]

LEAST_SAMPLES = 20
"""of each set: fewer say nothing about a distribution"""
_CHANCE = 0.001
"""that a set of the same distribution is reported for any of its features"""
_BINS = 10
_LEAST_PSI = 0.25
"""The usual limit of a population stability index: what is below has changed little."""
_AXES = ("x", "y", "z", "turn x", "turn y", "turn z")
_BANDS = LogMelConfig(n_fft=512, hop=256, n_mels=16)


def figures_of_picture(pixels: NDArray[np.uint8]) -> dict[str, float]:
    """Return brightness, contrast and detail of a (height, width) picture, in grey levels."""
    rows = pixels.astype(np.float32)
    detail = [float(np.abs(np.diff(rows, axis=axis)).mean()) for axis in (0, 1) if rows.shape[axis] > 1]
    return {"brightness": float(rows.mean()), "contrast": float(rows.std()), "detail": sum(detail)}


def figures_of_clip(pcm: NDArray[np.int16]) -> dict[str, float]:
    """Return the level of a clip in dBFS, and the mean of each mel band, in dB below the loudest band."""
    bands = log_mel(np.pad(pcm, (0, max(0, _BANDS.n_fft - len(pcm)))), _BANDS).astype(np.float64).mean(axis=0)
    figures = {f"band {number}": float(band) for number, band in enumerate(bands - bands.max(), 1)}
    return {"level": dbfs(rms(to_float(pcm)))} | figures


def figures_of_motion(channels: NDArray[np.float64]) -> dict[str, float]:
    """Return mean and standard deviation of each axis of an (n, 3) recording, in m/s^2; of an (n, 6) one of turns, too.

    Turns are in degrees per second.
    """
    means, deviations = channels.mean(axis=0), channels.std(axis=0)
    return {f"{what} {axis}": float(values[at]) for what, values in (("mean", means), ("deviation", deviations))
            for at, axis in enumerate(_AXES[: channels.shape[1]])}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FeatureDrift:
    """A feature whose distribution differs from an earlier one."""

    feature: str
    median: float
    """of the new samples"""
    median_before: float
    distance: float
    """Kolmogorov and Smirnov's"""
    limit: float
    """a distance that chance exceeds once in 1,000 comparisons of all features"""
    stability_index: float
    """population stability index"""

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f"{self.feature}: median {self.median:.3g}, it was {self.median_before:.3g}; Kolmogorov-Smirnov distance "
            f"{self.distance:.2f}, expected at most {self.limit:.2f}; population stability index "
            f"{self.stability_index:.2f}"
        )


Distributions = Mapping[str, NDArray[np.float64]]
"""the sorted figures of samples, by feature"""


def distributions(samples: Sequence[Mapping[str, float]]) -> Distributions:
    """Return the figures of samples, each feature's in order; only of the features that all samples have."""
    names = [name for name in samples[0] if all(name in figures for figures in samples)] if samples else []
    return {name: np.sort([figures[name] for figures in samples]) for name in names}


def feature_drift(now: Sequence[Mapping[str, float]], before: Distributions) -> tuple[FeatureDrift, ...]:
    """Return the features whose distribution differs by the Kolmogorov-Smirnov test, and not a little.

    The test is corrected for the number of features (Bonferroni). Both sets have LEAST_SAMPLES or more, of one kind;
    compared is what all samples have.
    """
    own = distributions(now)
    names = [name for name in own if name in before]
    found = []
    for name in names:
        new, old = own[name], before[name]
        distance, index = _distance(new, old), _stability(new, old)
        limit = _limit(len(new), len(old), _CHANCE / len(names))
        if distance > limit and index > _LEAST_PSI:
            found.append(
                FeatureDrift(
                    feature=name,
                    median=float(np.median(new)),
                    median_before=float(np.median(old)),
                    distance=distance,
                    limit=limit,
                    stability_index=index,
                )
            )
    return tuple(found)


def drifted(now: Sequence[CheckedSample], before: Sequence[CheckedSample]) -> Iterator[DataFinding]:
    """Yield the features whose distribution differs from `before`, as feature_drift has it."""
    for found in feature_drift([item.figures for item in now], distributions([item.figures for item in before])):
        yield DataFinding(issue="drift", level="look", text=str(found))


def _distance(new: NDArray[np.float64], old: NDArray[np.float64]) -> float:
    """Return the largest difference between two distributions; both samples are sorted."""
    at = np.concatenate((new, old))
    below = [np.searchsorted(values, at, "right") / len(values) for values in (new, old)]
    return float(np.abs(below[0] - below[1]).max())


def _limit(n_new: int, n_old: int, chance: float) -> float:
    """Return the distance that large samples exceed by chance with this probability (Smirnov, 1948)."""
    return float(np.sqrt(-np.log(chance / 2) / 2 * (n_new + n_old) / (n_new * n_old)))


def _stability(new: NDArray[np.float64], old: NDArray[np.float64]) -> float:
    """Return the population stability index over the old sample's deciles; an empty bin counts as half a sample."""
    edges = np.unique(np.quantile(old, np.linspace(0, 1, _BINS + 1)[1:-1]))
    shares: list[NDArray[np.float64]] = []
    for values in (new, old):
        counts = np.bincount(np.searchsorted(edges, values, "right"), minlength=len(edges) + 1)
        shares.append(np.maximum(counts, 0.5) / len(values))
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
