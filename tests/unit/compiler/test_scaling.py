"""The numbers of scaled channels, against TFLM's arithmetic for every sum."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from tinyhost.compiler.arithmetic import requantized
from tinyhost.compiler.fixed_point import quantize_multiplier
from tinyhost.compiler.image_format import SCALED_SHIFT
from tinyhost.compiler.lower.scaling import MAX_BIAS, Scaling, find_scaling


@given(
    real=st.floats(2**-14, 2**-3),
    zero_point=st.integers(-128, 127),
    low=st.integers(-128, 126),
    high=st.integers(-127, 127),
    middle=st.integers(-(2**18), 2**18),
    reach=st.integers(1, 2**18),
)
@example(real=0.0043, zero_point=-128, low=-128, high=127, middle=0, reach=2**17)
@example(real=1 / 219.13465881347656, zero_point=0, low=0, high=127, middle=1539, reach=2295)  # 18 for the greatest sum
def test_scaled_outputs_are_those_of_two_roundings(
    real: float, zero_point: int, low: int, high: int, middle: int, reach: int
) -> None:
    multiplier, shift = quantize_multiplier(real)
    outputs = (min(low, high), max(low, high, low + 1))
    found = find_scaling(
        multiplier,
        shift,
        zero_point=zero_point,
        outputs=outputs,
        sums=(middle - reach, middle + reach),
        max_bias=MAX_BIAS,
    )
    if found is None:
        return
    sums = np.arange(middle - reach, middle + reach + 1)
    expected = np.clip(requantized(sums, multiplier, shift) + zero_point, *outputs)
    scaled = ((sums + found.bias) * found.multiplier >> 32) + found.constant
    assert np.array_equal(np.clip(scaled >> SCALED_SHIFT, *outputs), expected)
    # A carried second filter's sums are shifted when they are scaled.
    carried = (256 * (sums + found.bias) * found.multiplier >> 32) + 256 * found.constant
    assert np.array_equal(np.clip(carried >> (8 + SCALED_SHIFT), *outputs), expected)
    assert np.abs(carried).max() < 2**31


def test_numbers_are_found_for_nearly_all_channels_behind_a_relu() -> None:
    reals = np.exp2(np.linspace(-11, -4.1, 300))
    assert sum(_behind_relu(real, (-(2**20), 2**20)) is not None for real in reals) >= 285


def test_a_channel_that_is_too_large_or_never_crosses_an_output_has_none() -> None:
    assert _behind_relu(2**-4, (0, 2**16)) is None
    assert _behind_relu(2**-8, (0, 100)) is None


def _behind_relu(real: float, sums: tuple[int, int]) -> Scaling | None:
    multiplier, shift = quantize_multiplier(real)
    return find_scaling(multiplier, shift, zero_point=-128, outputs=(-128, 127), sums=sums, max_bias=MAX_BIAS)
