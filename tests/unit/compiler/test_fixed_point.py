from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tinyhost.compiler.fixed_point import (
    exp_on_negative_values,
    logistic,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
    rounding_doubling_high_mul,
    wrap32,
)

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(st.floats(1e-9, 1e9))
def test_quantized_multiplier_is_within_one_part_in_2_to_the_31(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    assert abs(Fraction(multiplier, 2**31) * Fraction(2) ** shift / Fraction(real) - 1) <= Fraction(1, 2**30)


def test_multipliers_too_small_for_32_bits_become_zero() -> None:
    assert quantize_multiplier(0.0) == (0, 0)
    assert quantize_multiplier(2.0**-40) == (0, 0)


@given(INT32, st.integers(0, 31))
def test_division_rounds_halves_away_from_zero(x: int, exponent: int) -> None:
    exact = Fraction(x, 2**exponent)
    expected = math.floor(abs(exact) + Fraction(1, 2)) * (1 if x >= 0 else -1)
    assert rounding_divide_by_power_of_two(x, exponent) == expected


@given(INT32, st.integers(0, 2**31 - 1))
def test_high_mul_is_within_half_of_the_product(a: int, b: int) -> None:
    assert abs(Fraction(a * b, 2**31) - rounding_doubling_high_mul(a, b)) <= Fraction(1, 2)


@given(st.integers(-(2**20), 2**20), st.floats(1e-4, 8.0))
def test_scaling_is_within_one_of_the_real_product(x: int, real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    assert abs(multiply_by_quantized_multiplier(x, multiplier, shift) - x * real) <= 1.01 * max(1.0, 2.0**shift)


@given(INT32)
def test_wrap32_keeps_what_fits(x: int) -> None:
    assert wrap32(x) == x == wrap32(x + 2**32)


def test_exponential_and_logistic_follow_the_real_functions() -> None:
    for step in range(0, 16 * 64):
        x = step / 64
        assert abs(exp_on_negative_values(int(-x * 2**26), 5) / 2**31 - math.exp(-x)) < 1e-6
        if x < 16:
            assert abs(logistic(int(x * 2**27) if x < 15.9 else 2**31 - 1, 4) / 2**31 - 1 / (1 + math.exp(-x))) < 1e-6
