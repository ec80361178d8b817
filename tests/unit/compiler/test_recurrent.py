"""LSTMs, and the empty tensors that converters write."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tinyhost.compiler import CompiledModel, compile_tflite
from tinyhost.compiler.image_format import LstmParams, OperatorCode
from tinyhost.errors import ModelError, UnsupportedModelError

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import run_compiled
from tests.unit.compiler.models import LSTM, sequence_model


def _params(compiled: CompiledModel) -> LstmParams:
    image = compiled.parsed
    [record] = image.operators
    assert record.code == OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM
    return LstmParams.unpack(image.constants, record.params_offset)


def test_lstm_with_empty_intermediates_is_one_operator() -> None:
    compiled = compile_tflite(sequence_model(), name="motion")
    [operator] = compiled.report.operators
    assert (operator.code, operator.output_shape) == (LSTM, (1, 7, 6))
    assert operator.macs == 7 * 4 * 6 * (5 + 6)
    assert operator.weight_bytes == 4 * 6 * (5 + 6)
    assert compiled.report.n_params == 4 * 6 * (5 + 6) + 4 * 6


def test_output_takes_the_place_of_the_input_it_has_read() -> None:
    report = compile_tflite(sequence_model(shape=(1, 100, 12), n_units=6), name="motion").report
    [scratch] = (buffer for buffer in report.buffers if buffer.tensor < 0)
    assert scratch.n_bytes == 2 * 12 + 2 * 8 + 2 * 6  # input and hidden state in 16 bits, whole words; cell state
    assert report.arena_bytes < 100 * 12 + 6 + scratch.n_bytes + 3 * 16


def test_cell_state_is_clipped_in_its_own_units() -> None:
    assert _params(compile_tflite(sequence_model(), name="m")).cell_clip == 32767  # 10 * 4096 does not fit 16 bits


def test_time_major_sequence_has_the_same_bytes() -> None:
    batch_major = compile_tflite(sequence_model(shape=(1, 7, 5)), name="m")
    time_major = compile_tflite(sequence_model(shape=(7, 1, 5), time_major=True), name="m")
    values = np.random.default_rng(3).integers(-128, 128, (7, 5)).astype(np.int8)
    outputs = []
    for compiled in (batch_major, time_major):
        [output] = run_compiled(compiled, [values.reshape(compiled.parsed.input.shape)], simd=False)
        outputs.append(output.reshape(7, 6))
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_every_inference_starts_from_a_state_of_0() -> None:
    compiled = compile_tflite(sequence_model(), name="m")
    values = np.random.default_rng(4).integers(-128, 128, (1, 7, 5)).astype(np.int8)
    outputs = run_compiled(compiled, [values, values], simd=False)
    np.testing.assert_array_equal(outputs[0], outputs[1])


def _peephole(b: ModelBuilder, inputs: list[int]) -> None:
    inputs[9] = b.tensor((6,), dtype="int16", scale=0.01, data=np.ones(6))


def _projection(b: ModelBuilder, inputs: list[int]) -> None:
    inputs[16] = b.tensor((3, 6), scale=0.01, data=np.ones((3, 6)))


def _normalization(b: ModelBuilder, inputs: list[int]) -> None:
    inputs[20] = b.tensor((6,), dtype="int16", scale=0.01, data=np.ones(6))


def _coupled_gates(b: ModelBuilder, inputs: list[int]) -> None:
    inputs[1] = inputs[5] = inputs[12] = -1


def _scale_per_unit(b: ModelBuilder, inputs: list[int]) -> None:
    inputs[2] = b.tensor((6, 5), scale=[0.01] * 6, data=np.ones((6, 5)))


def _cell_of_8_bits(b: ModelBuilder, inputs: list[int]) -> None:
    inputs[19] = b.tensor((1, 6), scale=2**-7, is_variable=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_peephole, "an LSTM with peephole connections"),
        (_projection, "an LSTM with a projection"),
        (_normalization, "an LSTM with layer normalization"),
        (_coupled_gates, "an LSTM with fewer than four gates"),
        (_scale_per_unit, "have a scale for each unit"),
        (_cell_of_8_bits, "is int8; supported: int16"),
    ],
)
def test_variants_that_tflm_has_not_are_refused_by_name(
    change: Callable[[ModelBuilder, list[int]], None], message: str
) -> None:
    with pytest.raises(UnsupportedModelError, match=message):
        compile_tflite(sequence_model(change=change), name="m")


def test_an_empty_tensor_is_as_good_as_none() -> None:
    def empty_projection(b: ModelBuilder, inputs: list[int]) -> None:
        inputs[16] = b.tensor((0, 6), scale=0.01)

    assert compile_tflite(sequence_model(change=empty_projection), name="m").report.operators[0].code == LSTM


def test_two_sequences_at_once_are_refused() -> None:
    def states_of_two(b: ModelBuilder, inputs: list[int]) -> None:
        inputs[18] = b.tensor((2, 6), scale=1 / 128, zero_point=-3, is_variable=True)

    with pytest.raises(UnsupportedModelError, match="a batch of 2; supported: 1"):
        compile_tflite(sequence_model(shape=(2, 7, 5), change=states_of_two), name="m")


def test_another_activation_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="only supported activation of an LSTM is tanh"):
        compile_tflite(sequence_model(activation=1), name="m")


@pytest.mark.parametrize("shape", [(6, 4), (5, 6)])
def test_weights_of_another_shape_are_a_damaged_file(shape: tuple[int, int]) -> None:
    def change(b: ModelBuilder, inputs: list[int]) -> None:
        inputs[3] = b.tensor(shape, scale=0.01, data=np.ones(shape))

    with pytest.raises(ModelError, match="expected \\(6, 5\\)"):
        compile_tflite(sequence_model(change=change), name="m")


def test_operator_on_an_empty_tensor_is_unsupported_not_damaged() -> None:
    b = ModelBuilder()
    x, empty, y = b.tensor((1, 4), scale=1.0), b.tensor((1, 0), scale=1.0), b.tensor((1, 4), scale=1.0)
    b.operator("ADD", [x, empty], y, FusedActivationFunction=0)
    with pytest.raises(UnsupportedModelError, match=r"input 1 't1' has no elements \(shape \(1, 0\)\)"):
        compile_tflite(b.build([x], [y]), name="m")


def test_empty_input_of_a_model_is_unsupported_not_damaged() -> None:
    b = ModelBuilder()
    x, y = b.tensor((0, 4), scale=1.0), b.tensor((0, 4), scale=1.0)
    b.operator("RELU", [x], y)
    with pytest.raises(UnsupportedModelError, match=r"its input has no elements \(shape \(0, 4\)\)") as caught:
        compile_tflite(b.build([x], [y]), name="m")
    assert "a batch of 1" in caught.value.hint


def test_bias_that_is_an_empty_tensor_is_no_bias() -> None:
    images = []
    for has_empty in (False, True):
        b = ModelBuilder()
        x, y = b.tensor((1, 4), scale=1.0), b.tensor((1, 3), scale=1.0)
        weights = b.tensor((3, 4), scale=0.5, data=np.random.default_rng(5).integers(-9, 9, (3, 4)))
        bias = [b.tensor((0,), dtype="int32")] if has_empty else []
        b.operator("FULLY_CONNECTED", [x, weights, *bias], y, FusedActivationFunction=0)
        images.append(compile_tflite(b.build([x], [y]), name="m").parsed.constants)
    assert images[0] == images[1]


@pytest.mark.parametrize(("shape", "units"), [((), (1, 1)), ((1, 1), ())])
def test_an_svdf_of_a_single_number_without_dimensions_is_a_damaged_file(
    shape: tuple[int, ...], units: tuple[int, ...]
) -> None:
    b = ModelBuilder()
    x = b.tensor(shape, scale=0.1, zero_point=0)
    features = b.tensor((1, 1), scale=0.1, data=np.ones((1, 1)))
    times = b.tensor((1, 1), dtype="int16", scale=0.1, data=np.ones((1, 1)))
    bias = b.tensor((1,), dtype="int32", scale=0.01, data=np.ones(1))
    state = b.tensor((1, 1), dtype="int16", scale=0.1, is_variable=True)
    output = b.tensor(units, scale=0.1, zero_point=0)
    b.operator("SVDF", [x, features, times, bias, state], output, Rank=1, FusedActivationFunction=1)
    with pytest.raises(ModelError, match="expected rows, got a single number"):
        compile_tflite(b.build([x], [output]), name="m")
