"""The cost of listening, from the results of fed samples."""

from __future__ import annotations

import pytest
from tinyhost.device import FedResult
from tinyhost.protocol.messages import Prediction
from tinyhost.tasks.listening import summarize_listening


def result(position: int, n_strides: int, preprocess_ticks: int, invoke_ticks: int) -> FedResult:
    prediction = Prediction(
        position=position, n_strides=n_strides, preprocess_ticks=preprocess_ticks, invoke_ticks=invoke_ticks
    )
    return FedResult(prediction=prediction, scores=(), smoothed=())


def test_ticks_of_a_second_are_those_of_its_strides_and_inferences() -> None:
    results = [result(15_840, 49, 999_999, 1)]
    results += [result(15_840 + 320 * n, 1, 30_000 + n, 500_000) for n in (1, 2, 3)]
    listening = summarize_listening(results, rate_hz=16_000, unit="instructions")
    assert listening is not None
    assert listening.strides_per_s == 50
    assert (listening.per_stride.min, listening.per_stride.median, listening.per_stride.max) == (30_001, 30_002, 30_003)
    assert listening.per_s == 50 * 530_002
    assert listening.busy_share == pytest.approx(50 * 530_002 / 64e6)


def test_strides_between_inferences_are_counted_each() -> None:
    results = [result(15_840, 49, 0, 0), result(15_840 + 4 * 160, 4, 40_000, 600_000)]
    listening = summarize_listening(results, rate_hz=16_000, unit="ns")
    assert listening is not None
    assert listening.strides_per_s == 100
    assert listening.per_stride.median == 10_000
    assert listening.inferences_per_s == 25
    assert listening.per_s == 100 * 10_000 + 25 * 600_000
    assert listening.budget_per_s == 1_000_000_000


def test_one_result_tells_nothing() -> None:
    assert summarize_listening([result(15_840, 49, 1, 1)], rate_hz=16_000, unit="cycles") is None
