"""Wraps a .tflite in a model image for TensorFlow Lite Micro (TFLM), the boards' second engine, and reads such images.

The file is in the image as it is, with what the firmware around the engine wants to know of it: metadata, labels, task
data, and a record of each operator and of what it reads and writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Tensor
from tinyhost.compiler.image_format import (
    MAX_RANK,
    TFLM_IMAGE_VERSION,
    ModelMetadata,
    OperatorCode,
    OperatorRecord,
    Storage,
    TensorRecord,
)
from tinyhost.compiler.lower import Step, lower_graph
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.compiler.writer import TENSOR_TYPES, assemble_image
from tinyhost.errors import UnsupportedModelError

__all__ = ["WrappedFile", "open_wrapped", "wrap_tflite"]

_OPERATORS = {code.name for code in OperatorCode if code <= OperatorCode.RESHAPE}
"""Those that firmware/engines/tflm registers."""


@dataclass(frozen=True, kw_only=True)
class WrappedFile:
    """A .tflite as its records in an image tell it."""

    graph: Graph
    steps: tuple[Step, ...]
    """one for each operator of the file"""
    metadata: ModelMetadata
    tensors: tuple[TensorRecord, ...]
    operators: tuple[OperatorRecord, ...]


def open_wrapped(tflite: bytes, metadata: ModelMetadata, *, where: str) -> WrappedFile:
    """Return the records of a .tflite; of `metadata`, the indices of tensors are set here and the arena is unknown.

    Raises what the compiler raises for a file that tinyhost's own engine would not run either.
    """
    graph = read_tflite(tflite, where=where)
    others = sorted({operator.code for operator in graph.operators} - _OPERATORS)
    if others:
        raise UnsupportedModelError(
            f"{where}: {', '.join(others)} cannot be in an image for TensorFlow Lite Micro",
            hint="use tinyhost's own engine, or export the model with a batch of 1",
        )
    if graph.more_inputs or graph.more_outputs:
        raise UnsupportedModelError(
            f"{where}: {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; an image for TensorFlow Lite Micro "
            "has one of each",
            hint="use tinyhost's own engine",
        )
    steps = lower_graph(graph, ConstantPool(), where=where)
    computed = [t for step in steps for t in (*step.inputs, step.output) if graph.tensors[t].data is None]
    used = sorted({graph.input, graph.output, *computed})
    indices = {tensor: index for index, tensor in enumerate(used)}
    return WrappedFile(
        graph=graph,
        steps=steps,
        metadata=replace(
            metadata, input_tensor=indices[graph.input], output_tensor=indices[graph.output], arena_bytes=0
        ),
        tensors=tuple(_tensor_record(graph.tensors[tensor]) for tensor in used),
        operators=tuple(
            _operator_record(OperatorCode[operator.code], step, indices)
            for operator, step in zip(graph.operators, steps, strict=True)
        ),
    )


def wrap_tflite(
    tflite: bytes, metadata: ModelMetadata, labels: Sequence[str], *, task_data: bytes, where: str
) -> bytes:
    """Return the image of a .tflite for TFLM; raises UnsupportedModelError for what the firmware's TFLM gets wrong."""
    file = open_wrapped(tflite, metadata, where=where)
    _check_dense(file.graph, where)
    return assemble_image(
        file.metadata.pack(),
        [record.pack() for record in file.tensors],
        [record.pack() for record in file.operators],
        labels=b"".join(label.encode() + b"\0" for label in labels),
        task_data=task_data,
        constants=tflite,
        version=TFLM_IMAGE_VERSION,
    )


def _check_dense(graph: Graph, where: str) -> None:
    """Refuse FULLY_CONNECTED with a scale for each output: TFLM of 2023 silently uses the first one."""
    for operator in graph.operators:
        if operator.code != "FULLY_CONNECTED":
            continue
        quantization = graph.tensors[operator.inputs[1]].quantization
        if quantization is not None and len(quantization.scales) > 1:
            raise UnsupportedModelError(
                f"{where}: operator {operator.index} (FULLY_CONNECTED) has a scale for each output; the firmware's "
                "TensorFlow Lite Micro (of 2023) uses the first one for all of them and gives wrong results",
                hint="convert with converter._experimental_disable_per_channel_quantization_for_dense_layers = True, "
                "or use tinyhost's own engine",
            )


def _tensor_record(tensor: Tensor) -> TensorRecord:
    """Return shape and quantization of a tensor, whose place only TFLM knows."""
    return TensorRecord(
        type=TENSOR_TYPES[tensor.dtype],
        rank=len(tensor.shape),
        storage=Storage.ARENA,
        dims=(*tensor.shape, *(1,) * (MAX_RANK - len(tensor.shape))),
        scale=0.0 if tensor.dtype == "float32" else float(tensor.scale),
        zero_point=0 if tensor.dtype == "float32" else tensor.zero_point,
    )


def _operator_record(code: OperatorCode, step: Step, indices: dict[int, int]) -> OperatorRecord:
    inputs = [indices[tensor] for tensor in step.inputs if tensor in indices]
    return OperatorRecord(
        code=code,
        n_inputs=len(inputs),
        output=indices[step.output],
        inputs=(*inputs, *(0,) * (len(OperatorRecord().inputs) - len(inputs))),
    )
