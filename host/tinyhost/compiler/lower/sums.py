"""ADD and SUB in a form that is faster than TFLM's and has its bytes.

Wherever a linear function of both inputs' bytes has them for every pair, that is the form; else it is a table for the
input that is scaled before the sum.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.arithmetic import requantized
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import AddParams

__all__ = ["ADD_LEFT_SHIFT", "with_fast_form"]

ADD_LEFT_SHIFT = 20
_SHIFTS = range(22, 15, -1)
"""Bits behind the point of a sum: the more the better, as long as it fits in 32 bits."""
_STRETCHES = (
    *(2.0**-exponent for exponent in (21, 20, 19, 18, 22, 17, 23)),
    *(0.0, -(2.0**-21)),
    *(factor * 2.0**-exponent for exponent in range(24, 15, -1) for factor in (1.3, 1.7, -1.0, -1.4)),
)
"""By how much of itself a sum is made larger. Halves are rounded away from zero: a sum that is a little larger than it
should be, rounded down, comes to that on either side. What is little enough is tried out."""
_BYTES = np.arange(-128, 128, dtype=np.int64)


def with_fast_form(
    params: AddParams, inputs: tuple[Tensor, Tensor], output: Tensor, pool: ConstantPool, *, sign: int
) -> AddParams:
    """Return the parameters with the linear form if there is one, else with a table; sign: of the second input."""
    scaled = [
        requantized((_BYTES - tensor.zero_point) << ADD_LEFT_SHIFT, multiplier, shift)
        for tensor, multiplier, shift in zip(inputs, params.input_multiplier, params.input_shift, strict=True)
    ]
    sums = scaled[0][:, None] + sign * scaled[1]
    outputs = requantized(sums, params.output_multiplier, params.output_shift) + output.zero_point
    outputs = np.clip(outputs, -128, 127)
    ratios = [float(inputs[0].scale) / float(output.scale), sign * float(inputs[1].scale) / float(output.scale)]
    for shift, stretch in product(_SHIFTS, _STRETCHES):
        first, second = (round(ratio * (1 + stretch) * 2.0 ** (shift + 8)) for ratio in ratios)
        if max(abs(first), abs(second)) >= 2**31:
            continue
        terms = (first * (_BYTES << 8) >> 16)[:, None] + (second * (_BYTES << 8) >> 16)
        constant = _constant(outputs, terms, shift)
        if constant is not None:
            multipliers = (first, second)
            return replace(params, linear_shift=shift, linear_multiplier=multipliers, linear_constant=constant)
    wide = 0 if (params.input_multiplier[0], params.input_shift[0]) == (1 << 30, 0) else 1
    signs = (1, sign)
    table = 2 * signs[1 - wide] * scaled[1 - wide] - signs[wide] * (inputs[wide].zero_point << ADD_LEFT_SHIFT)
    offset = pool.add(np.roll(table, 128).astype("<i4").tobytes())
    return replace(params, has_table=1, table_offset=offset)


def _constant(outputs: NDArray[np.int64], terms: NDArray[np.int64], shift: int) -> int | None:
    """Return the constant with which all terms, shifted right and saturated, are the outputs; None if there is none."""
    lowest = (outputs << shift) - terms
    above = lowest[outputs > -128]
    below = lowest[outputs < 127] + (1 << shift) - 1
    low = int(above.max()) if above.size else -(2**31)
    high = int(below.min()) if below.size else 2**31 - 1
    constant = (low + high) // 2
    fits = constant + int(terms.min()) >= -(2**31) and constant + int(terms.max()) < 2**31
    return constant if low <= high and fits and -(2**31) <= constant < 2**31 else None
