"""Writes a model image: plans the arena of lowered steps and lays out the sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinyhost.compiler.arena import ArenaPlan, ArenaPlanner
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Tensor
from tinyhost.compiler.image_format import (
    IMAGE_ALIGNMENT,
    IMAGE_MAGIC,
    IMAGE_VERSION,
    MAX_IO_TENSORS,
    MAX_OPERATORS,
    MAX_RANK,
    MAX_TENSORS,
    ConvParams,
    ImageHeader,
    LstmParams,
    ModelMetadata,
    OperatorRecord,
    Storage,
    TensorRecord,
    TensorType,
)
from tinyhost.compiler.lower.context import Step
from tinyhost.errors import ModelError, UnsupportedModelError

__all__ = ["TENSOR_TYPES", "assemble_image", "write_image"]

TENSOR_TYPES = {
    "int8": TensorType.INT8,
    "uint8": TensorType.UINT8,
    "float32": TensorType.FLOAT32,
    "int32": TensorType.INT32,
    "int16": TensorType.INT16,
}
"""By TensorFlow Lite's names."""
_UNQUANTIZED = ("float32", "int32")
"""Types without a scale."""
_MAX_SCALE = 1e29
"""Far below what the engine takes for damaged."""


def write_image(
    graph: Graph,
    steps: Sequence[Step],
    pool: ConstantPool,
    metadata: ModelMetadata,
    labels: Sequence[str],
    *,
    task_data: bytes,
    where: str,
) -> bytes:
    """Return the image of `steps`, whose order was checked; metadata's tensor indices and arena size are set here."""
    run = [step for step in steps if step.code is not None]
    _check_count(where, "operators", len(run), MAX_OPERATORS)
    plan = ArenaPlanner(graph, steps, where).plan()
    _check_count(where, "tensors", len(plan.tensors) + MAX_IO_TENSORS, MAX_TENSORS)
    indices = {tensor: i for i, tensor in enumerate(plan.tensors)}
    records = [_tensor_record(graph.tensors[t], plan, pool, where) for t in plan.tensors]
    operators = [
        _operator_record(_placed(step, offset), indices, pool) for step, offset in zip(run, plan.scratch, strict=True)
    ]
    n_inputs, input_tensor, input_tensors = _end_fields(graph.inputs, indices, plan, records)
    n_outputs, output_tensor, output_tensors = _end_fields(graph.outputs, indices, plan, records)
    metadata = replace(
        metadata,
        input_tensor=input_tensor,
        output_tensor=output_tensor,
        arena_bytes=plan.arena_bytes,
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        input_tensors=input_tensors,
        output_tensors=output_tensors,
    )
    return assemble_image(
        metadata.pack(),
        [record.pack() for record in records],
        [record.pack() for record in operators],
        labels=b"".join(label.encode() + b"\0" for label in labels),
        task_data=task_data,
        constants=pool.to_bytes(),
    )


def _check_count(where: str, what: str, n: int, limit: int) -> None:
    if n > limit:
        raise UnsupportedModelError(
            f"{where}: it comes to {n:,} {what}, and an image holds {limit:,}",
            hint="if recurrent layers are unrolled, give the model a shorter window, or convert an LSTM from tf_keras, "
            "which is one operator (docs/guides/keras.md); else split the model",
        )


def _end_fields(
    ends: tuple[int, ...], indices: dict[int, int], plan: ArenaPlan, records: list[TensorRecord]
) -> tuple[int, int, tuple[int, ...]]:
    """Return n_inputs, input_tensor and input_tensors of the metadata, or those of outputs.

    Appends a record of bytes that holds several.
    """
    tensors = tuple(indices[end] for end in ends)
    if len(ends) == 1:
        return 0, tensors[0], (0,) * MAX_IO_TENSORS
    offset, size = plan.joined[ends[0]]
    record = TensorRecord(
        type=TensorType.UINT8, rank=1, storage=Storage.ARENA, offset=offset, dims=(size, 1, 1, 1), scale=1.0
    )
    records.append(record)
    return len(ends), len(records) - 1, (*tensors, *(0,) * (MAX_IO_TENSORS - len(tensors)))


def _tensor_record(tensor: Tensor, plan: ArenaPlan, pool: ConstantPool, where: str) -> TensorRecord:
    if tensor.dtype not in TENSOR_TYPES:
        raise UnsupportedModelError(
            f"{where}: tensor {tensor.name!r} is {tensor.dtype}; the engine supports {', '.join(TENSOR_TYPES)}"
        )
    if len(tensor.shape) > MAX_RANK:
        raise UnsupportedModelError(
            f"{where}: tensor {tensor.name!r} has shape {tensor.shape}; supported: up to {MAX_RANK} dimensions",
            hint="use at most four dimensions for inputs and outputs, and reshape inside: keras.layers.Reshape",
        )
    quantized = tensor.dtype not in _UNQUANTIZED
    if quantized and (tensor.quantization is None or len(tensor.quantization.scales) != 1):
        raise UnsupportedModelError(f"{where}: tensor {tensor.name!r} has no per-tensor quantization")
    if quantized and not np.iinfo(tensor.dtype).min <= tensor.zero_point <= np.iinfo(tensor.dtype).max:
        raise ModelError(
            f"{where}: tensor {tensor.name!r}: expected a zero point of {tensor.dtype}, got {tensor.zero_point}",
            hint="convert the model again",
        )
    if quantized and tensor.scale > _MAX_SCALE:
        raise UnsupportedModelError(
            f"{where}: tensor {tensor.name!r} has scale {tensor.scale:.3g}: its other values are all 0",
            hint="leave out what adds a number as good as infinite, such as an attention's mask, or convert to float32",
        )
    storage = Storage.ARENA if tensor.data is None else Storage.CONSTANT
    return TensorRecord(
        type=TENSOR_TYPES[tensor.dtype],
        rank=len(tensor.shape),
        storage=Storage.STATE if tensor.index in plan.states else storage,
        offset=plan.offsets[tensor.index] if tensor.data is None else pool.add(tensor.data),
        dims=(*tensor.shape, *(1,) * (MAX_RANK - len(tensor.shape))),
        scale=float(tensor.scale) if quantized else 0.0,
        zero_point=tensor.zero_point if quantized else 0,
    )


def _placed(step: Step, scratch_offset: int) -> Step:
    """Return the step with the place of its scratch memory in its parameters."""
    if not isinstance(step.params, (ConvParams, LstmParams)):
        return step
    return replace(step, params=replace(step.params, scratch_offset=scratch_offset))


def _operator_record(step: Step, indices: dict[int, int], pool: ConstantPool) -> OperatorRecord:
    assert step.code is not None and step.params is not None
    inputs = [indices[tensor] for tensor in step.inputs]
    return OperatorRecord(
        code=step.code,
        n_inputs=len(inputs),
        output=indices[step.output],
        params_offset=pool.add(step.params.pack()),
        inputs=(*inputs, *(0,) * (len(OperatorRecord().inputs) - len(inputs))),
    )


def assemble_image(
    metadata: bytes,
    tensors: Sequence[bytes],
    operators: Sequence[bytes],
    *,
    labels: bytes,
    task_data: bytes,
    constants: bytes,
    version: int = IMAGE_VERSION,
) -> bytes:
    """Return the image: header, then the sections in the order that the loader requires, each aligned."""
    offsets: list[int] = []
    body = bytearray(ImageHeader.SIZE)
    for section in (metadata, b"".join(tensors), b"".join(operators), labels, task_data, constants):
        body += bytes(-len(body) % IMAGE_ALIGNMENT)
        offsets.append(len(body))
        body += section
    body += bytes(-len(body) % IMAGE_ALIGNMENT)
    header = ImageHeader(
        magic=IMAGE_MAGIC,
        version=version,
        header_bytes=ImageHeader.SIZE,
        total_bytes=len(body),
        metadata_offset=offsets[0],
        tensors_offset=offsets[1],
        operators_offset=offsets[2],
        n_tensors=len(tensors),
        n_operators=len(operators),
        labels_offset=offsets[3],
        labels_bytes=len(labels),
        task_data_offset=offsets[4],
        task_data_bytes=len(task_data),
        constants_offset=offsets[5],
        constants_bytes=len(constants),
    )
    body[: ImageHeader.SIZE] = header.pack()
    crc = image_crc32(body)
    body[: ImageHeader.SIZE] = replace(header, crc32=crc).pack()
    return bytes(body)
