"""ADD and SUB in a form that is faster than TFLM's and has its bytes.

Wherever a linear function of both inputs' bytes has them for every pair, that is the form; else it is one of the wider
input's byte, and a table of what the other adds, or of what an input adds that repeats. Where halves leave no room for
either, as scales of round numbers may, that is so of the sum before TFLM's rounding, which then follows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.arithmetic import requantized
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import AddParams

__all__ = ["ADD_LEFT_SHIFT", "sums_of_bytes", "with_fast_form"]

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
_MAX_OUTPUT_SHIFT = 22
"""With which a zero point, shifted, fits in 32 bits."""
_FAR = 2**40
"""More than any constant that fits."""
_BYTES = np.arange(-128, 128, dtype=np.int64)


def with_fast_form(
    params: AddParams, inputs: tuple[Tensor, Tensor], output: Tensor, pool: ConstantPool, *, sign: int
) -> AddParams:
    """Return the parameters with the linear form if there is one, else with a table if that has the bytes.

    A compact pool gets no table.

    sign: of the second input.
    """
    first, second = (float(tensor.scale) / float(output.scale) for tensor in inputs)
    sizes = [tensor.n_elements for tensor in inputs]
    repeated = None if sizes[0] == sizes[1] else sizes.index(min(sizes))
    zero_points = (inputs[0].zero_point, inputs[1].zero_point, output.zero_point)
    found, table = _find_form(params, zero_points, (first, sign * second), sign, repeated)
    if table is not None and pool.compact:
        return params
    return found if table is None else replace(found, table_offset=pool.add(table))


@lru_cache(maxsize=256)
def _find_form(
    params: AddParams, zero_points: tuple[int, int, int], ratios: tuple[float, float], sign: int, repeated: int | None
) -> tuple[AddParams, bytes | None]:
    """Return the parameters and the table, of the repeated input where that is possible: the engine looks it up once.

    Passes ask for the same sum again and again.
    """
    low, high = params.activation_min, params.activation_max
    outputs = sums_of_bytes(params, zero_points, sign=sign)
    for shift, stretch in product(_SHIFTS, _STRETCHES):
        first, second = (round(ratio * (1 + stretch) * 2.0 ** (shift + 8)) for ratio in ratios)
        if max(abs(first), abs(second)) >= 2**31:
            continue
        terms = (first * (_BYTES << 8) >> 16)[:, None] + (second * (_BYTES << 8) >> 16)
        lowest, highest = _constants(outputs, terms, shift, low, high, axis=None)
        constant = (lowest + highest) // 2
        if lowest <= highest and _fit(constant) and _fit(terms + constant):
            multipliers = (first, second)
            form = replace(params, linear_shift=shift, linear_multiplier=multipliers, linear_constant=int(constant))
            return form, None
    widest = 0 if abs(ratios[0]) >= abs(ratios[1]) else 1
    orders = (widest,) if repeated in (None, 1 - widest) else (1 - widest, widest)
    for wide, shift, stretch in product(orders, _SHIFTS, _STRETCHES):
        multiplier = round(ratios[wide] * (1 + stretch) * 2.0**shift)
        terms = np.expand_dims(multiplier * _BYTES, 1 - wide)
        lowest, highest = _constants(outputs, terms, shift, low, high, axis=wide)
        table = (lowest + highest) // 2
        if (lowest <= highest).all() and _fit(table) and _fit(terms + np.expand_dims(table, wide)):
            return _with_table(params, wide, multiplier, shift, table, table_input=2 - wide)
    if not 0 < -params.output_shift <= _MAX_OUTPUT_SHIFT:
        return params, None
    return _before_rounding(params, zero_points, sign)


def _before_rounding(params: AddParams, zero_points: tuple[int, int, int], sign: int) -> tuple[AddParams, bytes]:
    """Return the form and the table of twice the sum of TFLM's inputs, brought to one scale.

    One of them is its byte, but for a shift and its zero point.
    """
    wide = 0 if (params.input_multiplier[0], params.input_shift[0]) == (1 << 30, 0) else 1
    signs = (1, sign)
    table = 2 * signs[1 - wide] * _scaled_bytes(params, zero_points, 1 - wide)
    table -= signs[wide] * (zero_points[wide] << ADD_LEFT_SHIFT)
    multiplier = signs[wide] << ADD_LEFT_SHIFT
    shift = -params.output_shift
    rounded = replace(params, linear_constant=zero_points[2] * (1 << shift) + (1 << (shift - 1)))
    return _with_table(rounded, wide, multiplier, shift, table, table_input=4 - wide)


def _with_table(
    params: AddParams, wide: int, multiplier: int, shift: int, table: NDArray[np.int64], *, table_input: int
) -> tuple[AddParams, bytes]:
    """Return the form with the wider input's multiplier, and the table in the engine's order: of bytes from 0 on."""
    multipliers = (multiplier, 0) if wide == 0 else (0, multiplier)
    form = replace(params, linear_shift=shift, linear_multiplier=multipliers, table_input=table_input)
    return form, np.roll(table, 128).astype("<i4").tobytes()


def _scaled_bytes(params: AddParams, zero_points: tuple[int, int, int], number: int) -> NDArray[np.int64]:
    """Return each byte of an input, from -128 on, at the scale of the sum."""
    shifted = (_BYTES - zero_points[number]) << ADD_LEFT_SHIFT
    return requantized(shifted, params.input_multiplier[number], params.input_shift[number])


def sums_of_bytes(params: AddParams, zero_points: tuple[int, int, int], *, sign: int) -> NDArray[np.int64]:
    """Return TFLM's output for every pair of input values from -128 on: (256, 256), first input by second."""
    first, second = (_scaled_bytes(params, zero_points, number) for number in (0, 1))
    sums = first[:, None] + sign * second
    outputs = requantized(sums, params.output_multiplier, params.output_shift) + zero_points[2]
    return np.clip(outputs, params.activation_min, params.activation_max)


def _constants(
    outputs: NDArray[np.int64], terms: NDArray[np.int64], shift: int, low: int, high: int, *, axis: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the least and the greatest constant with which the terms, shifted right and clamped, give the outputs."""
    needed = (outputs << shift) - terms
    lowest = np.where(outputs > low, needed, -_FAR).max(axis)
    highest = np.where(outputs < high, needed + (1 << shift) - 1, _FAR).min(axis)
    return np.where(lowest == -_FAR, highest, lowest), np.where(highest == _FAR, lowest, highest)


def _fit(values: NDArray[np.int64]) -> bool:
    return bool((np.abs(values) < 2**31).all())
