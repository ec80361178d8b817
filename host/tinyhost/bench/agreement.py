"""Bit-exact comparison of the device with a reference."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from tinyhost.bench.result import Agreement, Mismatch
from tinyhost.models.io_tensors import unpack_tensors
from tinyhost.models.random_input import drawn_input, random_input
from tinyhost.models.reference import Reference
from tinyhost.models.summary import ModelSummary

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["measure_agreement"]

_FIRST_SEED = 1000


def measure_agreement(
    device: Device,
    model: ModelSummary,
    reference: Reference,
    *,
    n_samples: int,
    on_sample: Callable[[int], None] = lambda done: None,
) -> Agreement:
    """Return on how many of `n_samples` random inputs the device's bytes differ from the reference's.

    The CRC of the input that the device made or got is compared as well.
    """
    mismatches: list[Mismatch] = []
    for index in range(n_samples):
        seed = _FIRST_SEED + index
        data = random_input(model, seed)
        source, tensor = drawn_input(model, seed)
        got = device.infer(source, data=tensor, seed=seed)
        if got.input_crc32 != zlib.crc32(data):
            mismatches.append(Mismatch(seed=seed, what="input", n_different=0, max_abs_difference=0))
        else:
            mismatches += _mismatches(model, seed, reference.run(data), got.output)
        on_sample(index + 1)
    return Agreement(
        against=reference.name,
        compared=n_samples,
        mismatches=len(mismatches),
        first_mismatch=mismatches[0] if mismatches else None,
    )


def _mismatches(model: ModelSummary, seed: int, expected: bytes, got: bytes) -> list[Mismatch]:
    """Return the first output that differs, if any: an input is counted once."""
    if len(expected) != len(got):
        n_different = abs(len(expected) - len(got))
        return [Mismatch(seed=seed, what="output", n_different=n_different, max_abs_difference=0)]
    pairs = zip(model.outputs, unpack_tensors(expected, model.outputs), unpack_tensors(got, model.outputs), strict=True)
    for index, (end, theirs, ours) in enumerate(pairs):
        if theirs != ours:
            name = "output" if len(model.outputs) == 1 else f"output {index}"
            return [_mismatch(seed, name, theirs, ours, end.dtype)]
    return []


def _mismatch(seed: int, name: str, expected: bytes, got: bytes, type_name: str) -> Mismatch:
    item = np.dtype(type_name)
    difference = np.abs(np.frombuffer(expected, item).astype(np.float64) - np.frombuffer(got, item))
    return Mismatch(
        seed=seed,
        what=name,
        n_different=int(np.count_nonzero(difference)),
        max_abs_difference=int(difference.max(initial=0)),
    )
