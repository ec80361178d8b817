"""What a model image costs: operators, multiply-accumulates, memory over the plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import (
    ConvParams,
    FloatConvParams,
    LstmParams,
    OperatorCode,
    OperatorRecord,
    Storage,
    SvdfParams,
    WeightLayout,
)
from tinyhost.compiler.tflm_image import open_wrapped

__all__ = ["BufferReport", "ModelReport", "OperatorReport", "report_image"]

_SCRATCH: dict[OperatorCode, type[ConvParams] | type[LstmParams]] = {
    OperatorCode.CONV_2D: ConvParams,
    OperatorCode.DEPTHWISE_CONV_2D: ConvParams,
    OperatorCode.WINOGRAD_CONV_2D: ConvParams,
    OperatorCode.FULLY_CONNECTED: ConvParams,
    OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM: LstmParams,
}
"""Parameters of the operators that take scratch memory."""


_WINOGRAD_BYTES = 16 * 2
"""of the points of 3x3 weights"""


@dataclass(frozen=True, kw_only=True)
class OperatorReport:
    """One step of the plan."""

    index: int
    code: str
    """TensorFlow Lite's name: CONV_2D, ..."""
    output_shape: tuple[int, ...]
    macs: int
    weight_bytes: int


@dataclass(frozen=True, kw_only=True)
class BufferReport:
    """The place in the arena of a tensor, or of an operator's scratch memory, alive from operator `first` to `last`."""

    tensor: int
    """index in the model image; -1: scratch memory"""
    offset: int
    """bytes from the arena's start"""
    n_bytes: int
    first: int
    """operator from which it lives"""
    last: int
    """operator to which it lives, inclusive"""


@dataclass(frozen=True, kw_only=True)
class ModelReport:
    """What a model image costs."""

    name: str
    task: str
    operators: tuple[OperatorReport, ...]
    buffers: tuple[BufferReport, ...]
    macs: int
    """of the network, as its file describes it"""
    live_macs: int
    """of what is left of it to compute: the sum over the operators"""
    n_params: int
    arena_bytes: int
    flash_bytes: int


def report_image(image: ModelImage) -> ModelReport:
    """Return the report of an image. Of one for TFLM, which alone knows what it needs of an arena, that is 0."""
    wraps_file = image.engine == "tflm"
    operators = tuple(_operators_of_file(image) if wraps_file else _operators(image))
    return ModelReport(
        name=image.name,
        task=image.task.name.lower(),
        operators=operators,
        buffers=() if wraps_file else _buffers(image),
        macs=image.metadata.macs,
        live_macs=sum(operator.macs for operator in operators),
        n_params=image.metadata.n_params,
        arena_bytes=image.metadata.arena_bytes,
        flash_bytes=len(image.data),
    )


def _operators_of_file(image: ModelImage) -> Iterator[OperatorReport]:
    """Yield the operators of the .tflite in an image for TFLM."""
    file = open_wrapped(image.constants, image.metadata, where=image.name)
    tensors = file.graph.tensors
    for index, (operator, step) in enumerate(zip(file.graph.operators, file.steps, strict=True)):
        yield OperatorReport(
            index=index,
            code=operator.code,
            output_shape=tensors[step.output].shape,
            macs=step.macs,
            weight_bytes=sum(len(tensors[t].data or b"") for t in operator.inputs if t >= 0),
        )


def _operators(image: ModelImage) -> Iterator[OperatorReport]:
    """Yield the operators of a plan."""
    for index, record in enumerate(image.operators):
        output_shape = image.tensor_info(record.output).shape
        per_output, weight_bytes = _weights(image, record, output_shape)
        yield OperatorReport(
            index=index,
            code=OperatorCode(record.code).name,
            output_shape=output_shape,
            macs=math.prod(output_shape) * per_output,
            weight_bytes=weight_bytes,
        )


def _scratch(image: ModelImage) -> Iterator[BufferReport]:
    """Yield the memory that operators use while they run, beside their tensors."""
    for i, record in enumerate(image.operators):
        kind = _SCRATCH.get(OperatorCode(record.code))
        if kind is not None:
            params = kind.unpack(image.data, image.header.constants_offset + record.params_offset)
            if params.scratch_bytes:
                yield BufferReport(
                    tensor=-1, offset=params.scratch_offset, n_bytes=params.scratch_bytes, first=i, last=i
                )


def _weights(image: ModelImage, record: OperatorRecord, output_shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (multiply-accumulates per output element, bytes of weights) of an operator; 0, 0 without weights."""
    n_inputs = math.prod(image.tensor_info(record.inputs[0]).shape)
    depth = output_shape[-1] if output_shape else 1
    if record.code in (OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D, OperatorCode.WINOGRAD_CONV_2D):
        params = ConvParams.unpack(image.data, image.header.constants_offset + record.params_offset)
        per_output = params.filter_height * params.filter_width
        if record.code != OperatorCode.DEPTHWISE_CONV_2D:
            per_output *= image.tensor_info(record.inputs[0]).shape[-1] // max(1, params.groups)
        points = _WINOGRAD_BYTES if record.code == OperatorCode.WINOGRAD_CONV_2D else 9
        return per_output, per_output * points // 9 * depth
    if record.code == OperatorCode.FULLY_CONNECTED:
        per_output = n_inputs * depth // math.prod(output_shape)
        return per_output, per_output * depth
    if record.code == OperatorCode.FLOAT_CONV_2D:
        floats = FloatConvParams.unpack(image.data, image.header.constants_offset + record.params_offset)
        per_output = _float_taps(floats, image.tensor_info(record.inputs[0]).shape, output_shape)
        return per_output, 4 * per_output * depth
    if record.code == OperatorCode.BATCH_MATMUL:
        return image.tensor_info(record.inputs[0]).shape[-1], 0
    if record.code in (OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM, OperatorCode.SVDF):
        return _recurrent_weights(image, record, output_shape)
    return 0, 0


def _recurrent_weights(image: ModelImage, record: OperatorRecord, output_shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the same of an operator that goes along steps of time."""
    depth, row = output_shape[-1], image.tensor_info(record.inputs[0]).shape[-1]
    if record.code == OperatorCode.SVDF:
        svdf = SvdfParams.unpack(image.data, image.header.constants_offset + record.params_offset)
        return svdf.rank * (row + svdf.memory), svdf.rank * (row + 2 * svdf.memory) * depth
    steps = math.prod(image.tensor_info(record.inputs[0]).shape[:-1])
    n_rows = math.prod(output_shape) // depth
    return 4 * (row + depth) * steps // n_rows, 4 * (row + depth) * depth


def _float_taps(params: FloatConvParams, data: tuple[int, ...], output: tuple[int, ...]) -> int:
    """Return how many products are added for an output element."""
    if params.is_dense:
        return math.prod(data) * output[-1] // math.prod(output)
    depth = data[-1] // max(1, params.groups) if params.layout == WeightLayout.QUADS else 1
    return params.filter_height * params.filter_width * depth


def _buffers(image: ModelImage) -> tuple[BufferReport, ...]:
    """Return the arena's buffers by first use; inputs live from the start, outputs to the end."""
    end = max(0, len(image.operators) - 1)
    first = dict.fromkeys(image.input_tensors, 0)
    last = dict(first)
    for i, record in enumerate(image.operators):
        for tensor in (*record.inputs[: record.n_inputs], record.output):
            if image.tensors[tensor].storage != Storage.CONSTANT:
                first.setdefault(tensor, i)
                last[tensor] = i
    for tensor, kept in enumerate(image.tensors):
        if kept.storage == Storage.STATE:
            first[tensor], last[tensor] = 0, end
    for output in image.output_tensors:
        first.setdefault(output, end)
        last[output] = end
    tensors = [
        BufferReport(
            tensor=t, offset=image.tensors[t].offset, n_bytes=image.tensor_info(t).n_bytes, first=first[t], last=last[t]
        )
        for t in first
    ]
    return tuple(sorted([*tensors, *_scratch(image)], key=lambda buffer: (buffer.first, buffer.tensor)))
