"""firmware/lib/vision against a reference in exact arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost import _firmware


def _frame(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)


def _area_weights(source: int, target: int) -> NDArray[np.int64]:
    """Return (target, source) overlaps of target with source pixels in units of 1 / target; each row sums to source."""
    starts, ends = np.arange(target)[:, None] * source, (np.arange(target)[:, None] + 1) * source
    edges = np.arange(source)[None, :] * target
    overlaps: NDArray[np.int64] = np.maximum(0, np.minimum(ends, edges + target) - np.maximum(starts, edges))
    return overlaps


def _area_average(gray: NDArray[np.uint8], target: tuple[int, int]) -> NDArray[np.int64]:
    """Return the exact area average, halves rounded up, minus 128."""
    rows, columns = gray.shape
    total = rows * columns
    sums: NDArray[np.int64] = (
        _area_weights(rows, target[0]) @ gray.astype(np.int64) @ _area_weights(columns, target[1]).T
    )
    average: NDArray[np.int64] = (2 * sums + total) // (2 * total)
    return average - 128


def test_same_size_is_a_copy_minus_128() -> None:
    gray = _frame(96, 96)
    picture = _firmware.preprocess_frame(gray, (96, 96, 1))
    np.testing.assert_array_equal(picture[:, :, 0], (gray.astype(int) - 128).astype(np.int8))


def test_three_channels_get_the_same_grey() -> None:
    picture = _firmware.preprocess_frame(_frame(40, 60), (20, 20, 3))
    np.testing.assert_array_equal(picture[:, :, 0], picture[:, :, 1])
    np.testing.assert_array_equal(picture[:, :, 0], picture[:, :, 2])


@settings(max_examples=40)
@given(st.integers(1, 24), st.integers(1, 24), st.data())
def test_shrinking_averages_the_area(height: int, width: int, data: st.DataObject) -> None:
    gray = _frame(height * data.draw(st.integers(1, 3)), width * data.draw(st.integers(1, 3)))
    rows, columns = gray.shape
    # A target of the frame's own aspect, so that nothing is cropped.
    divisor = data.draw(st.sampled_from([d for d in range(1, 25) if rows % d == 0 and columns % d == 0]))
    target = (rows // divisor, columns // divisor)
    np.testing.assert_array_equal(_firmware.preprocess_frame(gray, (*target, 1))[:, :, 0], _area_average(gray, target))


def test_uneven_shrinking_weighs_partial_pixels() -> None:
    gray = _frame(120, 160)
    picture = _firmware.preprocess_frame(gray, (96, 96, 1))[:, :, 0]
    np.testing.assert_array_equal(picture, _area_average(gray[:, 20:140], (96, 96)))


def test_wide_and_tall_frames_are_cropped_in_the_middle() -> None:
    gray = np.zeros((60, 100), dtype=np.uint8)
    gray[:, 20:80] = 200
    assert (_firmware.preprocess_frame(gray, (30, 30, 1)) == 200 - 128).all()
    assert (_firmware.preprocess_frame(np.ascontiguousarray(gray.T), (30, 30, 1)) == 200 - 128).all()


def test_growing_interpolates_between_neighbours() -> None:
    ramp = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (16, 1))
    picture = _firmware.preprocess_frame(ramp, (64, 64, 1)).astype(int) + 128
    assert (np.diff(picture[0, :, 0]) >= 0).all()
    assert (picture == picture[0]).all()
    position = np.clip((np.arange(64) + 0.5) / 4 - 0.5, 0, 15)
    assert np.abs(picture[0, :, 0] - 10 * position).max() <= 1


@settings(max_examples=60)
@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.integers(0, 255))
def test_a_flat_frame_stays_flat(height: int, width: int, out_height: int, out_width: int, grey: int) -> None:
    gray = np.full((height, width), grey, dtype=np.uint8)
    assert (_firmware.preprocess_frame(gray, (out_height, out_width, 1)) == grey - 128).all()


def test_pixel_map_scales_and_saturates() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = _firmware.preprocess_frame(gray, (16, 16, 1), (2 << 16, (-100 << 16) + (1 << 15)))
    np.testing.assert_array_equal(picture.reshape(-1), np.clip(2 * np.arange(256) - 100, -128, 127))


@pytest.mark.parametrize("shape", [(0, 8, 1), (8, 8, 2), (4096, 8, 1)])
def test_impossible_inputs_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(_firmware.StatusError):
        _firmware.preprocess_frame(_frame(8, 8), shape)
