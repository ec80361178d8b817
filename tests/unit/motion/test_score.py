"""The firmware's anomaly scores against exact arithmetic, its alarm and its baseline against plain models."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.errors import UsageError
from tinyhost.motion.score import ONE, AlarmSettings, CentroidSet, Quantization, alarm_states, reconstruction_error

LIMIT = 2**31 - 1
INT8 = st.integers(-128, 127)
ROWS = st.integers(1, 24).flatmap(lambda n: st.tuples(*[st.lists(INT8, min_size=n, max_size=n)] * 2))
SCALES = st.floats(2.0**-14, 2.0**14, width=32)


def _row(values: list[int]) -> NDArray[np.int8]:
    return np.array([values], np.int8)


@settings(max_examples=300)
@given(rows=ROWS, input_is=st.tuples(SCALES, INT8), output_is=st.tuples(SCALES, INT8))
def test_the_reconstruction_error_is_the_exact_one_within_its_resolution(
    rows: tuple[list[int], list[int]], input_is: Quantization, output_is: Quantization
) -> None:
    inputs, outputs = rows
    score = int(_firmware.reconstruction_error(_row(inputs), _row(outputs), input_is, output_is)[0])
    errors = [
        (x - input_is[1]) * Fraction(input_is[0]) - (y - output_is[1]) * Fraction(output_is[0])
        for x, y in zip(inputs, outputs, strict=True)
    ]
    exact = sum(error * error for error in errors) / len(errors) * ONE
    # Multipliers have 16 bits: each term may be off by 2^-17 of the larger scale per unit, so by 255 * 2^-16 of it.
    slack = Fraction(255, 2**16) * Fraction(max(input_is[0], output_is[0]))
    largest = max(abs(error) for error in errors)
    bound = (2 * largest * slack + slack * slack) * ONE + 1
    assert abs(score - min(exact, LIMIT)) <= bound


def test_equal_tensors_have_no_error() -> None:
    rows = np.random.default_rng(0).integers(-128, 128, (50, 69)).astype(np.int8)
    assert (reconstruction_error(rows, rows, input_is=(0.0625, 3), output_is=(0.0625, 3)) == 0.0).all()


def test_the_error_of_a_real_sized_autoencoder_is_numpys() -> None:
    rng = np.random.default_rng(1)
    inputs, outputs = (rng.integers(-128, 128, (20, 640)).astype(np.int8) for _ in range(2))
    scores = reconstruction_error(inputs, outputs, input_is=(0.3910, 89), output_is=(0.3673, 94))
    expected = (((inputs - 89.0) * 0.3910 - (outputs - 94.0) * 0.3673) ** 2).mean(axis=1)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


@settings(max_examples=200)
@given(
    scores=st.lists(st.integers(0, 300), max_size=60),
    threshold=st.integers(0, 200),
    hysteresis=st.integers(0, 200),
    raise_windows=st.integers(1, 5),
    clear_windows=st.integers(1, 5),
)
def test_the_alarm_is_the_plain_rule(
    scores: list[int], threshold: int, hysteresis: int, raise_windows: int, clear_windows: int
) -> None:
    hysteresis = min(hysteresis, threshold)
    alarm = _firmware.Alarm()
    states = alarm.update(np.array(scores, np.int32), threshold, hysteresis, raise_windows, clear_windows)
    raised, since, n_alarms, expected = False, 0, 0, []
    for index, score in enumerate(scores):
        recent = scores[since : index + 1]
        if raised:
            low = [value < threshold - hysteresis for value in recent]
            if len(low) >= clear_windows and all(low[-clear_windows:]):
                raised, since = False, index + 1
        else:
            high = [value >= threshold for value in recent]
            if len(high) >= raise_windows and all(high[-raise_windows:]):
                raised, since, n_alarms = True, index + 1, n_alarms + 1
        pending = index >= since and (score < threshold - hysteresis if raised else score >= threshold)
        expected.append((2 if raised else 0) + pending)
    assert states.tolist() == expected  # normal, suspect, alarm, clearing
    assert alarm.n_alarms == n_alarms


def test_alarm_states_take_real_scores() -> None:
    settings_ = AlarmSettings(threshold=1.5, hysteresis=0.5, raise_windows=2, clear_windows=1)
    scores = np.array([1.49, 1.5, 1.51, 1.0, 0.99, 1e9, 1e9])
    assert alarm_states(scores, settings_).tolist() == [0, 1, 2, 2, 0, 1, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"threshold": 4e4},
        {"hysteresis": 2.0},
        {"hysteresis": -1.0},
        {"raise_windows": 0},
        {"clear_windows": 70_000},
    ],
)
def test_impossible_alarms_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        AlarmSettings(**{"threshold": 1.0, **change})  # type: ignore[arg-type]


@given(seed=st.integers(0, 2**31 - 1), shift=st.integers(0, 24), scores=st.lists(st.integers(0, LIMIT), max_size=40))
def test_the_baseline_is_an_exponential_mean(seed: int, shift: int, scores: list[int]) -> None:
    baseline = _firmware.ScoreBaseline(seed, shift)
    values = baseline.update(np.array(scores, np.int32))
    mean = Fraction(seed)
    for score, value in zip(scores, values.tolist(), strict=True):
        mean += (score - mean) / 2**shift
        assert abs(value - mean) <= 1
    assert baseline.drift == (values[-1] - seed if scores else 0)


@given(scale=st.floats(1e-4, 200.0))
def test_centroid_weights_keep_a_scales_precision(scale: float) -> None:
    centroids = CentroidSet.of_scale(np.zeros((1, 3), np.int8), scale)
    assert centroids.weights[0] / 2.0**centroids.weight_bits == pytest.approx(scale**2, rel=2e-5)
