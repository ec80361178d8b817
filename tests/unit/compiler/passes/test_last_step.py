"""The pass that keeps one row of an LSTM's output."""

from __future__ import annotations

import pytest
from tinyhost.compiler import compile_tflite

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import Model
from tests.unit.compiler.models import LSTM, lstm_operator
from tests.unit.compiler.passes.networks import assert_same, inputs_of

_STEPS, _UNITS = 50, 6


def _sliced(*, steps: tuple[int, int], shrink: bool = True, reads_twice: bool = False) -> Model:
    """Return an LSTM and a STRIDED_SLICE of some of its steps, which perhaps a second reader needs too."""
    b = ModelBuilder()
    x = b.tensor((1, _STEPS, 3), scale=0.02, zero_point=4)
    options = {"FusedActivationFunction": 4, "CellClip": 0.0, "TimeMajor": False}
    sequence = b.tensor((1, _STEPS, _UNITS), scale=1 / 128, zero_point=-3)
    b.operator(LSTM, lstm_operator(b, x, n_units=_UNITS), sequence, **options)
    n = steps[1] - steps[0]
    y = b.tensor((1, _UNITS) if shrink else (1, n, _UNITS), scale=1 / 128, zero_point=-3)
    bounds = [b.integers([0, step, 0]) for step in steps]
    strides = b.integers([1, 1, 1])
    masks = {"BeginMask": 5, "EndMask": 5, "EllipsisMask": 0, "NewAxisMask": 0, "ShrinkAxisMask": 2 * shrink}
    b.operator("STRIDED_SLICE", [sequence, *bounds, strides], y, **masks)
    if reads_twice:
        both = b.tensor((1, _STEPS, _UNITS), scale=1 / 64)
        row = b.tensor((1, 1, _UNITS), scale=1 / 128, zero_point=-3)
        b.operator("RESHAPE", [y, b.integers([1, 1, _UNITS])], row)
        b.operator("ADD", [sequence, row], both, FusedActivationFunction=0)
        y = both
    return Model(data=b.build([x], [y]), shape=(1, _STEPS, 3), dtype="int8", seed=1)


@pytest.mark.parametrize("shrink", [True, False])
def test_an_lstm_whose_last_step_is_read_keeps_that_row_alone(shrink: bool) -> None:
    model = _sliced(steps=(_STEPS - 1, _STEPS), shrink=shrink)
    report = compile_tflite(model.data, name="m").report
    assert [(op.code, op.output_shape) for op in report.operators] == [(LSTM, (1, 1, _UNITS))]
    assert report.live_macs == report.macs == _STEPS * 4 * _UNITS * (3 + _UNITS)
    assert report.operators[0].weight_bytes == 4 * _UNITS * (3 + _UNITS)
    assert_same(model.data, inputs_of(model), recorded_as=f"last step of an LSTM, {shrink}")


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("first", _sliced(steps=(0, 1))),
        ("last but one", _sliced(steps=(_STEPS - 2, _STEPS - 1))),
        ("last two", _sliced(steps=(_STEPS - 2, _STEPS), shrink=False)),
        ("read twice", _sliced(steps=(_STEPS - 1, _STEPS), reads_twice=True)),
    ],
)
def test_other_steps_are_kept_where_they_are_read(name: str, model: Model) -> None:
    report = compile_tflite(model.data, name="m").report
    assert report.operators[0].output_shape == (1, _STEPS, _UNITS)
    assert_same(model.data, inputs_of(model), recorded_as=f"steps of an LSTM, {name}")
