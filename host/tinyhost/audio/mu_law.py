"""G.711's mu-law: 16-bit sound in one byte per sample, as stored on boards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["from_mu_law"]

_BIAS = 132


def from_mu_law(data: bytes) -> NDArray[np.int16]:
    """Return the samples, (n,), decoded from bytes of mu-law (ITU-T G.711, table 2a)."""
    code = ~np.frombuffer(data, np.uint8)
    magnitude = (((code & 15).astype(np.int32) << 3) + _BIAS << ((code >> 4) & 7)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)
