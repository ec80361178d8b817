"""Variables of streaming models: each state has one place in the arena; unsupported uses are rejected."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.compiler import CompiledModel, compile_tflite
from tinyhost.compiler.image_format import KwsParams, Storage, Task
from tinyhost.errors import UnsupportedModelError

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import run_sequence

SCALE, ZERO_POINT = 0.1, -128
KEPT = (1, 2, 1, 40)


class Stream(ModelBuilder):
    """A wake word's first layer: the last two strides of features are kept, in front of three new ones."""

    def __init__(self, *, starts_from: int = ZERO_POINT) -> None:
        super().__init__()
        self.initial = ModelBuilder()
        zeros = np.full(KEPT, starts_from)
        first = self.initial.tensor(KEPT, scale=SCALE, zero_point=ZERO_POINT, data=zeros)
        self.custom_operator("CALL_ONCE", [], [], InitSubgraphIndex=1)
        handles = []
        for builder in (self, self.initial):
            handles.append(builder.tensor((), dtype="resource"))
            builder.custom_operator("VAR_HANDLE", [], handles[-1:], SharedName="stream")
        self.handle = handles[0]
        self.initial.custom_operator("ASSIGN_VARIABLE", [handles[1], first], [])
        self.input = self.activation(1, 3, 1, 40)

    def activation(self, *shape: int) -> int:
        return self.tensor(shape, scale=SCALE, zero_point=ZERO_POINT)

    def read(self) -> int:
        kept = self.activation(*KEPT)
        self.custom_operator("READ_VARIABLE", [self.handle], [kept])
        return kept

    def joined(self, kept: int) -> int:
        options = {"Axis": 1, "FusedActivationFunction": 0}
        return self.operator("CONCATENATION", [kept, self.input], self.activation(1, 5, 1, 40), **options)

    def last_two(self, rows: int) -> int:
        bounds = [self.integers(values) for values in ([0, 3, 0, 0], [1, 5, 1, 40], [1, 1, 1, 1])]
        return self.operator("STRIDED_SLICE", [rows, *bounds], self.activation(*KEPT))

    def assign(self, value: int) -> None:
        self.custom_operator("ASSIGN_VARIABLE", [self.handle, value], [])

    def model(self, output: int) -> bytes:
        return self.build([self.input], [output], called=self.initial)


def scored(stream: Stream, rows: int) -> int:
    """Return the largest of all rows as a score of uint8."""
    shape = stream.activation(1, 1)
    most = stream.operator("REDUCE_MAX", [rows, stream.integers([1, 2, 3])], shape)
    score = stream.operator("LOGISTIC", [most], stream.tensor((1, 1), scale=1 / 256, zero_point=-128))
    return stream.operator("QUANTIZE", [score], stream.tensor((1, 1), dtype="uint8", scale=1 / 256))


def wake_word() -> bytes:
    stream = Stream()
    rows = stream.joined(stream.read())
    stream.assign(stream.last_two(rows))
    return stream.model(scored(stream, rows))


def strides(n: int) -> list[NDArray[np.int8]]:
    rng = np.random.default_rng(0)
    return [rng.integers(-128, 128, (1, 3, 1, 40)).astype(np.int8) for _ in range(n)]


def codes(compiled: CompiledModel) -> list[str]:
    return [operator.code for operator in compiled.report.operators]


def test_what_is_kept_is_written_in_place_without_a_copy_of_its_own() -> None:
    compiled = compile_tflite(wake_word(), name="m")
    assert codes(compiled) == ["CONCATENATION", "STRIDED_COPY", "MAX_POOL_2D", "LOGISTIC"]
    (state,) = [tensor for tensor in compiled.parsed.tensors if tensor.storage == Storage.STATE]
    (copy,) = [record for record in compiled.parsed.operators if compiled.parsed.tensors[record.output].dims[1] == 2]
    assert compiled.parsed.tensors[copy.output].offset == state.offset


def test_the_buffer_of_a_state_lives_all_along() -> None:
    report = compile_tflite(wake_word(), name="m").report
    (state,) = [buffer for buffer in report.buffers if (buffer.n_bytes, buffer.first) == (80, 0)]
    assert state.last == len(report.operators) - 1


def test_a_model_that_streams_features_is_a_keyword_model_of_int8_scores() -> None:
    compiled = compile_tflite(wake_word(), name="m", labels=["okay"])
    assert compiled.parsed.task == Task.KWS
    assert compiled.parsed.output.dtype == "int8"
    params = KwsParams.unpack(compiled.parsed.task_data)
    assert (params.stride_ms, params.n_strides, params.n_channels) == (10, 3, 40)


def test_what_is_read_after_an_assignment_is_what_was_assigned() -> None:
    stream = Stream()
    rows = stream.joined(stream.read())
    stream.assign(stream.last_two(rows))
    again = stream.read()
    compiled = compile_tflite(stream.model(again), name="m", task=Task.GENERIC)
    (values,) = strides(1)
    assert run_sequence(compiled, [values], simd=False) == [values[:, 1:].tobytes()]


def test_what_is_read_after_it_was_overwritten_is_kept_until_then() -> None:
    stream = Stream()
    before = stream.read()
    stream.assign(stream.last_two(stream.joined(before)))
    options = {"Axis": 1, "FusedActivationFunction": 0}
    late = stream.operator("CONCATENATION", [before, stream.input], stream.activation(1, 5, 1, 40), **options)
    compiled = compile_tflite(stream.model(late), name="m", task=Task.GENERIC)
    first, second = strides(2)
    answers = run_sequence(compiled, [first, second], simd=False)
    assert answers[1] == np.concatenate([first[:, 1:], second], axis=1).tobytes()


def test_an_input_can_be_kept() -> None:
    stream = Stream()
    stream.input = stream.activation(*KEPT)
    before = stream.read()
    stream.assign(stream.input)
    total = stream.operator("ADD", [before, stream.input], stream.activation(*KEPT), FusedActivationFunction=0)
    compiled = compile_tflite(stream.model(total), name="m", task=Task.GENERIC)
    first, second = (values[:, :2] for values in strides(2))
    answers = run_sequence(compiled, [first, second], simd=False)
    assert answers[0] == first.tobytes()
    assert answers[1] == np.clip(first.astype(int) + second + 128, -128, 127).astype(np.int8).tobytes()


def test_a_variable_that_does_not_start_from_zeros_is_refused_by_name() -> None:
    stream = Stream(starts_from=7)
    rows = stream.joined(stream.read())
    stream.assign(stream.last_two(rows))
    with pytest.raises(UnsupportedModelError, match=r"READ_VARIABLE.*ASSIGN_VARIABLE"):
        compile_tflite(stream.model(rows), name="m")


def test_a_subgraph_that_is_called_once_and_does_more_is_refused() -> None:
    stream = Stream()
    x = stream.initial.tensor((1, 4), scale=SCALE)
    stream.initial.operator("RELU", [x], stream.initial.tensor((1, 4), scale=SCALE))
    rows = stream.joined(stream.read())
    with pytest.raises(UnsupportedModelError, match="2 subgraphs"):
        compile_tflite(stream.model(rows), name="m")


def test_a_variable_that_no_output_depends_on_is_left_out() -> None:
    stream = Stream(starts_from=7)  # as the seed of a recurrent layer's dropout
    kept = stream.read()
    stream.assign(stream.operator("ADD", [kept, kept], stream.activation(*KEPT), FusedActivationFunction=0))
    y = stream.operator("RELU", [stream.input], stream.activation(1, 3, 1, 40))
    compiled = compile_tflite(stream.model(y), name="m")
    values = strides(1)[0]
    assert run_sequence(compiled, [values, values], simd=False) == [values.tobytes()] * 2
