"""The answers of the firmware's engine on this computer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.tasks.classes import real_values

__all__ = ["engine_scores"]


def engine_scores(image: bytes, samples: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return the real output values of a model image, (n, n_classes), for int8 samples (n, ...)."""
    engine, output = HostReference(image), summarize(image).output
    return np.stack([real_values(engine.run(sample.tobytes()), output) for sample in samples])
