"""Configuration of the training of a detector of unusual time series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyhost.datasets.ucr import ClassColumn
from tinyhost.train.core.config import TrainConfig, n_epochs, option

__all__ = ["SeriesTrainConfig"]


@dataclass(frozen=True, kw_only=True)
class SeriesTrainConfig(TrainConfig):
    """Configuration of training. The defaults suit some hundred series of some hundred values, such as ECG5000."""

    heartbeats: bool = option(
        "--heartbeats", "Use synthetic heartbeats, which are easier than ECG5000's, instead of --data.", False
    )
    normal: str = option("--normal", "The class of the normal series; only these are used for training.", "1")
    class_column: ClassColumn | None = option(
        "--class-column", "The column with the class. Default: detected automatically.", None
    )
    arch: Literal["dense", "lstm"] = option(
        "--arch", "The autoencoder: fully connected, or LSTMs over up to 10 equal steps of a series.", "dense"
    )
    embedding: int = option("--embedding", "Size of the embedding, the network's bottleneck.", 8, least=1, most=64)
    false_rate: float = option(
        "--false-rate", "Acceptable share of normal series reported as unusual.", 0.02, least=1e-6, most=0.5
    )
    n_epochs: int = n_epochs(40)
    hidden: tuple[int, ...] = (64, 32)
    """widths of the layers before the embedding; those after it mirror them"""
    l2: float = 1e-6
    min_normal: int = 100
