"""Sigmoid in a table, as TFLM's 16-bit LOGISTIC, TANH and LSTM interpolate it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sigmoid_table"]


def sigmoid_table() -> NDArray[np.uint16]:
    """Return sigmoid(i / 24) in Q16 for i in 0..255, the last one 1: TFLM's table.

    Between two entries the kernels interpolate, from below where sigmoid is concave. Half of that error, h^2 / 16 times
    the second derivative, is added to the entries.
    """
    p = 1 / (1 + np.exp(-np.arange(256) / 24))
    second_derivative = p * (1 - p) * (1 - 2 * p)
    table = np.floor(65536 * (p - second_derivative / 24**2 / 16) + 0.5)
    table[-1] = 65535
    return table.astype("<u2")
