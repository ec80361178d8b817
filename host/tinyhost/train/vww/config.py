"""How a picture classifier is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyhost.train.core.config import ClassifierConfig, option

__all__ = ["VwwTrainConfig"]


@dataclass(frozen=True, kw_only=True)
class VwwTrainConfig(ClassifierConfig):
    """How to train. The defaults suit a few hundred to some ten thousand pictures per class."""

    labels: tuple[str, ...] = option(
        "--labels", "Classes in the order of the outputs. Default: the data's folders, sorted.", ()
    )
    start_from: Path | None = option(
        "--start-from",
        "Start from a .tflite of the same network, or from the best.weights.h5 of an earlier run. Default: the "
        "model that ships.",
        None,
    )
    from_scratch: bool = False
    """start from random weights; wants ten thousand pictures"""
    alpha: float = 0.25
    batch_size: int = 64
    dropout: float = 0.1
    l2: float = 2e-5
    patience: int = 8
    min_per_class: int = 10
    min_steps_per_epoch: int = 30
    """small sets are gone through several times an epoch, augmented anew"""
