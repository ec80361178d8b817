"""How a detector of unusual time series is trained."""

from __future__ import annotations

from dataclasses import dataclass

from tinyhost.datasets.ucr import ClassColumn
from tinyhost.train.core.config import TrainConfig, n_epochs, option

__all__ = ["SeriesTrainConfig"]


@dataclass(frozen=True, kw_only=True)
class SeriesTrainConfig(TrainConfig):
    """How to train. The defaults suit some hundred series of some hundred values, such as ECG5000."""

    heartbeats: bool = option(
        "--heartbeats", "Learn made-up heartbeats, easier ones than ECG5000's, instead of --data.", False
    )
    normal: str = option("--normal", "Class of the normal series, which alone are learnt from.", "1")
    class_column: ClassColumn | None = option(
        "--class-column", "Where a line's class stands. Default: it is found out.", None
    )
    embedding: int = option("--embedding", "Size of the network's middle.", 8, least=1, most=64)
    false_rate: float = option(
        "--false-rate", "Share of normal series that may be called unusual.", 0.02, least=1e-6, most=0.5
    )
    n_epochs: int = n_epochs(40)
    hidden: tuple[int, ...] = (64, 32)
    """widths of the layers before the embedding; those after it mirror them"""
    l2: float = 1e-6
    min_normal: int = 100
