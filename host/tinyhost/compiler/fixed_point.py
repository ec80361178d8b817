"""The fixed-point arithmetic of TFLM and gemmlowp, exactly, on Python integers.

Sources: gemmlowp's fixedpoint/fixedpoint.h; TensorFlow Lite's kernels/internal/common.cc and quantization_util.cc.
The firmware's half is firmware/lib/engine/src/kernels/fixed_point.h.
"""

from __future__ import annotations

import math

__all__ = [
    "exp_on_negative_values",
    "input_radius",
    "inverse_square_root",
    "logistic",
    "multiply_by_quantized_multiplier",
    "quantize_multiplier",
    "round_half_away",
    "rounding_divide_by_power_of_two",
    "rounding_doubling_high_mul",
    "tanh",
    "wrap32",
]

INT32_MAX = 2**31 - 1
INT32_MIN = -(2**31)


def wrap32(x: int) -> int:
    """Return x modulo 2^32 as a signed 32-bit value."""
    return (x + 2**31) % 2**32 - 2**31


def round_half_away(x: float) -> int:
    """Return the nearest integer, halves away from zero, as C's round(); x must be well inside double's precision."""
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Return (multiplier, shift) with real = multiplier / 2^31 * 2^shift, multiplier 0 or in [2^30, 2^31)."""
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * 2**31)
    if multiplier == 2**31:
        multiplier, shift = multiplier // 2, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def rounding_doubling_high_mul(a: int, b: int) -> int:
    """Return a * b / 2^31, halves rounded up."""
    return (a * b + 2**30) >> 31


def rounding_divide_by_power_of_two(x: int, exponent: int) -> int:
    """Return x / 2^exponent, halves rounded away from zero."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + int((x & mask) > (mask >> 1) + int(x < 0))


def multiply_by_quantized_multiplier(x: int, multiplier: int, shift: int) -> int:
    """Return x * multiplier / 2^31 * 2^shift, rounded twice as TFLM does."""
    high = rounding_doubling_high_mul(wrap32(x << max(shift, 0)), multiplier)
    return rounding_divide_by_power_of_two(high, max(-shift, 0))


def input_radius(integer_bits: int, left_shift: int) -> int:
    """Return the largest difference that, scaled, still fits in integer_bits."""
    return math.floor(((1 << integer_bits) - 1) * (1 << (31 - integer_bits)) / (1 << left_shift))


def inverse_square_root(x: int) -> tuple[int, int]:
    """Return 1 / sqrt(x) of an x of at least 0 as a Q31 and a shift; 0 counts as 1 (TFLM's common.h)."""
    if x <= 1:
        return INT32_MAX, 0
    mul = rounding_doubling_high_mul
    right_shift = 11
    while x >= 1 << 29:
        x //= 4
        right_shift += 1
    pairs = (31 - x.bit_length()) // 2 - 1
    right_shift -= pairs
    fraction = (x << 2 * pairs) >> 1  # Q3.28
    half, y = rounding_divide_by_power_of_two(fraction, 1), 1 << 28
    for _ in range(5):
        cube = _saturate(_saturate(mul(mul(y, y), y) << 3) << 3)
        y = _saturate((mul(3 << 27, y) - mul(half, cube)) << 3)
    y = mul(y, 1518500250)  # sqrt(2) / 2
    return (wrap32(y << -right_shift), 0) if right_shift < 0 else (y, -right_shift)


def _saturate(x: int) -> int:
    return min(max(x, INT32_MIN), INT32_MAX)


def _exp_near_zero(a: int) -> int:
    """Return exp(a) for a in [-1/4, 0), both Q0.31: a Taylor expansion around -1/8."""
    mul, divide = rounding_doubling_high_mul, rounding_divide_by_power_of_two
    exp_minus_eighth, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = mul(x, x)
    x3 = mul(x2, x)
    x4_over_4 = divide(mul(x2, x2), 2)
    tail = divide(mul(x4_over_4 + x3, third) + x2, 1)
    return exp_minus_eighth + mul(exp_minus_eighth, x + tail)


# exp(-2^k) as Q0.31, for k = -2, -1, ...
_EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def exp_on_negative_values(a: int, integer_bits: int) -> int:
    """Return exp(a) as Q0.31 for a <= 0 with `integer_bits` (4 or 5) bits before the point."""
    if a == 0:
        return INT32_MAX
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    remainder_of_quarter = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(_saturate(remainder_of_quarter << integer_bits))
    rest = remainder_of_quarter - a
    for exponent, factor in enumerate(_EXP_OF_POWERS, start=-2):
        if integer_bits > exponent and rest & (1 << (fractional_bits + exponent)):
            result = rounding_doubling_high_mul(result, factor)
    return result


def _twice_reciprocal(a: int) -> int:
    """Return 2 / (1 + a) as Q2.29 for a in [0, 1), Q0.31: three steps of Newton-Raphson."""
    mul = rounding_doubling_high_mul
    total = a + INT32_MAX
    half_denominator = (total + 1) // 2
    x = wrap32(1515870810 + mul(half_denominator, -1010580540))  # 48/17 - 32/17 d
    for _ in range(3):
        error = (1 << 29) - mul(half_denominator, x)
        x = wrap32(x + _saturate(mul(x, error) << 2))
    return x


def logistic(a: int, integer_bits: int) -> int:
    """Return 1 / (1 + exp(-a)) as Q0.31 of an `a` with `integer_bits` bits before the point."""
    if a == 0:
        return 1 << 30
    positive = _saturate(_twice_reciprocal(exp_on_negative_values(-abs(a), integer_bits)) << 1)
    return positive if a > 0 else INT32_MAX - positive


def tanh(a: int, integer_bits: int) -> int:
    """Return tanh(a) as Q0.31 of an `a` with `integer_bits` bits before the point."""
    if a == 0:
        return 0
    exponential = exp_on_negative_values(-abs(a), integer_bits + 1)  # of -2 |a|
    positive = _saturate((_twice_reciprocal(exponential) - (1 << 29)) << 2)
    return positive if a > 0 else -positive
