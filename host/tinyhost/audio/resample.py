"""Change of sample rate with a windowed-sinc polyphase filter."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

__all__ = ["resample"]

_ZERO_CROSSINGS = 24
"""On each side of the middle; with this and the window below, aliases are more than 70 dB down."""
_KAISER_BETA = 8.0
_ROLL_OFF = 0.94
"""The filter's 6 dB point, as a share of the lower Nyquist frequency."""
_BLOCK_TAPS = 1 << 21
_MAX_PHASES = 1 << 12
_PHASES_AT_ONCE = 1 << 7


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Return ceil(n * to_hz / from_hz) samples at the new rate; frequencies above its Nyquist limit are filtered out.

    samples: (n,). The first sample stays at time 0; outside there is silence.
    """
    if from_hz == to_hz or len(samples) == 0:
        return samples.astype(np.float32)
    divisor = gcd(from_hz, to_hz)
    up, down = to_hz // divisor, from_hz // divisor
    n_phases = min(up, _MAX_PHASES)  # odd rates: the nearest phase, off by less than 1/4096 of a sample
    filters = _filters(n_phases, min(1.0, up / down))
    n_taps = filters.shape[1]
    n_out = ceil(len(samples) * up / down)
    padded = np.pad(samples.astype(np.float32), (n_taps // 2 - 1, n_taps))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n_taps)
    out = np.empty(n_out, np.float32)
    block = max(1, _BLOCK_TAPS // n_taps)
    for begin in range(0, n_out, block):
        at = np.arange(begin, min(begin + block, n_out), dtype=np.int64) * down
        out[begin : begin + len(at)] = np.einsum("ij,ij->i", windows[at // up], filters[at % up * n_phases // up])
    return out


@lru_cache(maxsize=16)
def _filters(n_phases: int, bandwidth: float) -> NDArray[np.float32]:
    """Return (n_phases, n_taps): for each phase the weights of the input samples around it, of sum 1."""
    cutoff = _ROLL_OFF * bandwidth
    half = ceil(_ZERO_CROSSINGS / cutoff)
    weights = np.empty((n_phases, 2 * half), np.float32)
    for begin in range(0, n_phases, _PHASES_AT_ONCE):  # odd rates have many, and each value in between is 8 bytes
        phases = np.arange(begin, min(begin + _PHASES_AT_ONCE, n_phases))
        offsets = np.arange(-half + 1, half + 1)[None, :] - phases[:, None] / n_phases
        inside = np.clip(1.0 - np.square(offsets / half), 0.0, None)
        taps = np.sinc(cutoff * offsets) * np.i0(_KAISER_BETA * np.sqrt(inside))
        weights[begin : begin + len(phases)] = taps / taps.sum(axis=1, keepdims=True)
    return weights
