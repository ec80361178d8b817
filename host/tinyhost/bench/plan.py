"""A model image as people look at it: operators with their work, and who lives where in the arena and when."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import (
    ConvParams,
    OperatorCode,
    OperatorRecord,
    Storage,
    Task,
    TensorRecord,
    TensorType,
)

__all__ = [
    "ArenaSpan",
    "ModelSummary",
    "PlannedOperator",
    "TensorSummary",
    "operator_name",
    "summarize",
]

_ITEM_BYTES = {TensorType.INT8: 1, TensorType.UINT8: 1, TensorType.FLOAT32: 4}


@dataclass(frozen=True, kw_only=True)
class TensorSummary:
    """An input or output; real value = (q - zero_point) * scale."""

    type: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


@dataclass(frozen=True, kw_only=True)
class PlannedOperator:
    """One step of the plan."""

    index: int
    name: str
    """as in TensorFlow Lite, e.g. CONV_2D"""
    output_shape: tuple[int, ...]
    macs: int
    weights: int
    """weights and biases"""
    arena_bytes: int
    """of all tensors in the arena that are alive while it runs"""


@dataclass(frozen=True, kw_only=True)
class ArenaSpan:
    """A tensor in the arena: bytes [offset, offset + n_bytes), from operator `first` to operator `last`."""

    tensor: int
    first: int
    last: int
    offset: int
    n_bytes: int


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """A model image in figures."""

    name: str
    task: str
    labels: tuple[str, ...]
    sha256: str
    """of the .tflite file, hex"""
    image_sha256: str
    """of the model image, hex"""
    macs: int
    n_params: int
    arena_bytes: int
    flash_bytes: int
    """size of the model image"""
    input: TensorSummary
    output: TensorSummary
    operators: tuple[PlannedOperator, ...]
    arena: tuple[ArenaSpan, ...]


def operator_name(code: int) -> str:
    """Return the TensorFlow Lite name of an operator code."""
    return OperatorCode(code).name


def summarize(data: bytes) -> ModelSummary:
    """Return what a model image (the bytes of a .thm) holds; raises ModelError if it is none."""
    image = ModelImage.parse(data)
    metadata = image.metadata
    spans = _arena_spans(image)
    return ModelSummary(
        name=metadata.name,
        task=Task(metadata.task).name.lower(),
        labels=tuple(image.labels),
        sha256=metadata.source_sha256.hex(),
        image_sha256=hashlib.sha256(data).hexdigest(),
        macs=metadata.macs,
        n_params=metadata.n_params,
        arena_bytes=metadata.arena_bytes,
        flash_bytes=len(data),
        input=_tensor_summary(image.tensors[metadata.input_tensor]),
        output=_tensor_summary(image.tensors[metadata.output_tensor]),
        operators=tuple(_plan(image, index, record, spans) for index, record in enumerate(image.operators)),
        arena=spans,
    )


def _shape(tensor: TensorRecord) -> tuple[int, ...]:
    return tuple(tensor.dims[: tensor.rank])


def _n_bytes(tensor: TensorRecord) -> int:
    return math.prod(_shape(tensor)) * _ITEM_BYTES[TensorType(tensor.type)]


def _tensor_summary(tensor: TensorRecord) -> TensorSummary:
    return TensorSummary(
        type=TensorType(tensor.type).name.lower(),
        shape=_shape(tensor),
        scale=tensor.scale,
        zero_point=tensor.zero_point,
    )


def _arena_spans(image: ModelImage) -> tuple[ArenaSpan, ...]:
    """Return the tensors in the arena, by first use; the input lives from operator 0, the output to the last."""
    first: dict[int, int] = {image.metadata.input_tensor: 0}
    last: dict[int, int] = {image.metadata.input_tensor: 0}
    for index, record in enumerate(image.operators):
        for tensor in (*record.inputs[: record.n_inputs], record.output):
            if image.tensors[tensor].storage == Storage.ARENA:
                first.setdefault(tensor, index)
                last[tensor] = index
    last[image.metadata.output_tensor] = max(0, len(image.operators) - 1)
    first.setdefault(image.metadata.output_tensor, last[image.metadata.output_tensor])
    return tuple(
        ArenaSpan(
            tensor=tensor,
            first=first[tensor],
            last=last[tensor],
            offset=image.tensors[tensor].offset,
            n_bytes=_n_bytes(image.tensors[tensor]),
        )
        for tensor in sorted(first, key=lambda item: (first[item], image.tensors[item].offset))
    )


def _plan(
    image: ModelImage, index: int, record: OperatorRecord, spans: tuple[ArenaSpan, ...]
) -> PlannedOperator:
    output = _shape(image.tensors[record.output])
    macs, weights = _work(image, record, output)
    alive = [span for span in spans if span.first <= index <= span.last]
    return PlannedOperator(
        index=index,
        name=operator_name(record.code),
        output_shape=output,
        macs=macs,
        weights=weights,
        arena_bytes=max((span.offset + span.n_bytes for span in alive), default=0),
    )


def _work(image: ModelImage, record: OperatorRecord, output: tuple[int, ...]) -> tuple[int, int]:
    """Return an operator's multiply-accumulates and its count of weights and biases; 0, 0 where it has no weights."""
    if record.code in (OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D):
        conv = ConvParams.unpack(image.constants, record.params_offset)
        depth = _shape(image.tensors[record.inputs[0]])[-1] if record.code == OperatorCode.CONV_2D else 1
        per_output = conv.filter_height * conv.filter_width * depth
        return math.prod(output) * per_output, output[-1] * (per_output + 1)
    if record.code == OperatorCode.FULLY_CONNECTED:
        n_inputs = math.prod(_shape(image.tensors[record.inputs[0]])) // max(1, math.prod(output[:-1]))
        return math.prod(output) * n_inputs, output[-1] * (n_inputs + 1)
    return 0, 0
