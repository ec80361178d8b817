"""The pattern is murmur3's finalizer, as a plain computation gives it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tinyhost.protocol.pattern import pattern_bytes


def fmix32(value: int) -> int:
    value ^= value >> 16
    value = value * 0x85EBCA6B & 0xFFFFFFFF
    value ^= value >> 13
    value = value * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


@given(st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_pattern_matches_its_definition(seed: int, n_bytes: int) -> None:
    expected = bytes(fmix32((seed + (i + 1) * 0x9E3779B9) & 0xFFFFFFFF) & 0xFF for i in range(n_bytes))
    assert pattern_bytes(seed, n_bytes) == expected
