"""firmware/lib/vision's objects in a heat map against a reference that merges boxes until none touch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from tinyhost import _firmware

Found = tuple[int, int, int, int, int, int]


def find(scores: NDArray[np.int8], threshold: int = 0) -> tuple[list[Found], int]:
    """Return the objects in a map of 8-pixel cells."""
    sides = (8 * scores.shape[0], 8 * scores.shape[1])
    return _firmware.find_objects(scores, threshold, sides, sides)


def merged(scores: NDArray[np.int8], threshold: int) -> list[Found]:
    """Return the same by definition: boxes of one class that touch are one."""
    boxes = [(x, y, x + 1, y + 1, int(scores[y, x, c]), int(c)) for y, x, c in np.argwhere(scores >= threshold) if c]
    while True:
        pair = next(((a, b) for i, a in enumerate(boxes) for b in boxes[:i] if touch(a, b)), None)
        if pair is None:
            break
        a, b = pair
        boxes.remove(a)
        boxes.remove(b)
        joined = (*map(min, a[:2], b[:2]), *map(max, a[2:5], b[2:5]), a[5])
        boxes.append(joined)
    return [(4 * (a + c), 4 * (b + d), 8 * (c - a), 8 * (d - b), score, label) for a, b, c, d, score, label in boxes]


def touch(a: Found, b: Found) -> bool:
    return a[5] == b[5] and a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


@given(
    scores=arrays.arrays(np.int8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))),
    threshold=st.integers(-128, 127),
)
def test_objects_are_the_cells_that_touch(scores: NDArray[np.int8], threshold: int) -> None:
    found, n_left_out = find(scores, threshold)
    assert [each[4] for each in found] == sorted((each[4] for each in found), reverse=True)
    if n_left_out == 0:
        assert sorted(found) == sorted(merged(scores, threshold))


def test_a_cell_joins_at_a_corner_and_classes_stay_apart() -> None:
    scores = np.full((6, 6, 3), -128, np.int8)
    scores[0, 0, 1], scores[1, 1, 1], scores[1, 1, 2], scores[5, 5, 0] = 10, 20, 30, 127
    assert find(scores) == ([(12, 12, 8, 8, 30, 2), (8, 8, 16, 16, 20, 1)], 0)


def test_of_too_many_objects_the_best_are_kept_and_the_others_counted() -> None:
    scores = np.full((15, 15, 2), -128, np.int8)
    scores[::3, ::3, 1] = np.arange(25, dtype=np.int8).reshape(5, 5)
    found, n_left_out = find(scores)
    assert [each[4] for each in found] == list(range(24, 8, -1))
    assert n_left_out == 9


def test_places_are_those_of_the_picture_around_what_the_model_saw() -> None:
    scores = np.full((12, 12, 2), -128, np.int8)
    scores[3, 4, 1] = 1
    assert _firmware.seen_window((120, 160), (96, 96)) == (20, 0, 120, 120)
    assert _firmware.find_objects(scores, 0, (120, 160), (96, 96)) == ([(65, 35, 10, 10, 1, 1)], 0)


@pytest.mark.parametrize("frame", [(0, 96), (96, 2049)])
def test_a_frame_that_cannot_be_is_refused(frame: tuple[int, int]) -> None:
    with pytest.raises(_firmware.StatusError):
        _firmware.find_objects(np.zeros((2, 2, 2), np.int8), 0, frame, (96, 96))
