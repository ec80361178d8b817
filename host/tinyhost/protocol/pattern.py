"""Bytes that host and device make alike from a seed (InferSource.PATTERN, Source.PATTERN)."""

from __future__ import annotations

import numpy as np

__all__ = ["pattern_bytes"]

_GOLDEN = 0x9E3779B9


def pattern_bytes(seed: int, n_bytes: int) -> bytes:
    """Return the first `n_bytes` of the pattern: byte i is the low byte of fmix32(seed + (i + 1) * 0x9E3779B9).

    fmix32 is the finalizer of MurmurHash3 (Appleby, smhasher, MurmurHash3.cpp).
    """
    with np.errstate(over="ignore"):
        h = np.uint32(seed & 0xFFFFFFFF) + np.arange(1, n_bytes + 1, dtype=np.uint32) * np.uint32(_GOLDEN)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.uint8).tobytes()
