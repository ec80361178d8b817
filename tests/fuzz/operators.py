"""Valid files of nearly valid models: working models with one change or a few."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache

import numpy as np
from tinyhost.compiler.graph import Graph
from tinyhost.compiler.tflite_options import OPTIONS
from tinyhost.compiler.tflite_reader import read_tflite

from tests.oracle.builder import ModelBuilder, OperatorSpec, TensorSpec
from tests.oracle.recorded import recorded_models
from tests.oracle.strategies import OPERATOR_MODELS

__all__ = ["changed_model"]

_DIMS = (0, 1, 1, 2, 3, 4, 7, 16, 255, 2**16, 2**31 - 1)
_INTEGERS = (*range(-5, 10), -(2**31), 2**31 - 1, 2**16, 255)
_FLOATS = (0.0, -1.0, 1e-30, 1e30, math.inf, math.nan)
_DTYPES = ("int8", "int8", "int16", "int32", "int64", "uint8", "bool", "float32", "float16")
_SCALES = (1e-9, 1 / 256, 1 / 128, 1 / 32768, 0.05, 1.0, 3e4, 1e30)
_ZERO_POINTS = (0, 1, -128, 127, 128, 255)


def changed_model(seed: bytes) -> bytes:
    """Return a recorded model after one to three changes of its tensors and operators; equal seeds, equal files."""
    choices = random.Random(seed)
    graph = choices.choice(_graphs())
    builder = ModelBuilder(
        tensors=[_tensor(graph, i) for i in range(len(graph.tensors))],
        operators=[
            OperatorSpec(code=op.code, inputs=op.inputs, outputs=op.outputs, options=op.options)
            for op in graph.operators
        ],
    )
    for _ in range(choices.choice((1, 1, 2, 3))):
        items: list[TensorSpec] | list[OperatorSpec] = choices.choice((builder.tensors, builder.operators))
        at = choices.randrange(len(items))
        if items is builder.tensors:
            builder.tensors[at] = _changed_tensor(choices, builder.tensors[at])
        else:
            builder.operators[at] = _changed_operator(choices, builder.operators[at], len(graph.tensors))
    return builder.build(graph.inputs, graph.outputs)


@cache
def _graphs() -> list[Graph]:
    """Return some models of each operator that can be rebuilt."""
    files = [model.data for name in OPERATOR_MODELS for model in recorded_models(name)[:3]]
    graphs = [read_tflite(data, where="recorded") for data in (*files, _shapes(), _ranks())]
    return [graph for graph in graphs if not graph.variables]


def _shapes() -> bytes:
    """Return a model of the operators whose shapes files leave open."""
    b = ModelBuilder()
    x = b.tensor((1, 2, 3), scale=0.05)
    y = b.operator("EXPAND_DIMS", [x, b.integers(1)], b.tensor((1, 1, 2, 3), scale=0.05))
    y = b.operator("TILE", [y, b.integers([1, 2, 1, 1])], b.tensor((1, 2, 2, 3), scale=0.05))
    y = b.operator("RESHAPE", [y, b.integers([-1, 12])], b.tensor((1, 12), scale=0.05))
    weights = b.tensor((4, 12), scale=0.05, data=np.eye(4, 12))
    y = b.operator("FULLY_CONNECTED", [y, weights], b.tensor((1, 4), scale=0.05), FusedActivationFunction=0)
    seven = b.tensor((), scale=0.05, data=np.array(7))
    filled = b.operator("FILL", [b.integers([1, 4]), seven], b.tensor((1, 4), scale=0.05))
    return b.build([x], [b.operator("MUL", [y, filled], b.tensor((1, 4), scale=0.05), FusedActivationFunction=0)])


def _ranks() -> bytes:
    """Return a model of tensors of more dimensions than kernels have."""
    b = ModelBuilder()
    shape = (1, 2, 3, 2, 2)
    x = b.tensor(shape, scale=0.05)
    other = b.tensor((3, 1, 2), scale=0.05, data=np.arange(6).reshape(3, 1, 2))
    y = b.operator("SUB", [x, other], b.tensor(shape, scale=0.05), FusedActivationFunction=0)
    joined = b.tensor((1, 2, 6, 2, 2), scale=0.05)
    b.operator("CONCATENATION", [y, x], joined, Axis=2, FusedActivationFunction=0)
    return b.build([x], [b.operator("TANH", [joined], b.tensor((1, 2, 6, 2, 2), scale=1 / 128))])


def _tensor(graph: Graph, index: int) -> TensorSpec:
    tensor = graph.tensors[index]
    quantization = tensor.quantization
    return TensorSpec(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        scales=tuple(map(float, quantization.scales)) if quantization else (),
        zero_points=tuple(map(int, quantization.zero_points)) if quantization else (),
        axis=quantization.axis if quantization else 0,
        data=tensor.data or b"",
        sparse=tensor.is_sparse,
        is_variable=False,
    )


def _changed_tensor(choices: random.Random, tensor: TensorSpec) -> TensorSpec:
    match choices.randrange(6):
        case 0 | 1:
            return _of_shape(tensor, _changed_shape(choices, tensor.shape))
        case 2:
            return _of_shape(replace(tensor, dtype=choices.choice(_DTYPES)), tensor.shape)
        case 3:
            n = choices.choice((0, 1, 1, len(tensor.scales), *tensor.shape[:1]))
            scales = tuple(choices.choice(_SCALES) for _ in range(min(n, 64)))
            zero_points = tuple(choices.choice(_ZERO_POINTS) for _ in scales)
            return replace(tensor, scales=scales, zero_points=zero_points, axis=choices.choice((0, 0, 1, 3, -1, 9)))
        case 4 if tensor.data or math.prod(tensor.shape) > 64:
            return replace(tensor, data=b"")
        case _:
            dtype = np.dtype(tensor.dtype)
            values = np.zeros(min(64, math.prod(tensor.shape)), dtype)
            if len(tensor.data) >= dtype.itemsize:
                values = np.frombuffer(tensor.data[: len(tensor.data) // dtype.itemsize * dtype.itemsize], dtype).copy()
            if values.size:
                value = choices.choice((*_INTEGERS, *tensor.shape))
                with np.errstate(all="ignore"):
                    values[choices.randrange(values.size)] = np.array(value, np.int64).astype(dtype)
            return _of_shape(replace(tensor, data=values.tobytes()), tensor.shape)


def _changed_shape(choices: random.Random, shape: tuple[int, ...]) -> tuple[int, ...]:
    dims = list(shape)
    match choices.randrange(5):
        case 0:
            choices.shuffle(dims)
        case 1:
            dims = [math.prod(dims)]
        case 2:
            dims.insert(choices.randrange(len(dims) + 1), choices.choice((1, 1, 2)))
        case 3 if dims:
            del dims[choices.randrange(len(dims))]
        case _ if dims:
            dims[choices.randrange(len(dims))] = choices.choice(_DIMS)
    return tuple(dims)


def _of_shape(tensor: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
    """Return the tensor with as many bytes as its shape and type have, if it is a constant of not too many."""
    n_bytes = math.prod(shape) * np.dtype(tensor.dtype).itemsize
    if not tensor.data or n_bytes > 1 << 16:
        return replace(tensor, shape=shape, data=b"")
    return replace(tensor, shape=shape, data=(tensor.data * (n_bytes // len(tensor.data) + 1))[:n_bytes])


def _changed_operator(choices: random.Random, operator: OperatorSpec, n_tensors: int) -> OperatorSpec:
    inputs, outputs, options = list(operator.inputs), list(operator.outputs), dict(operator.options)
    match choices.randrange(6):
        case 0 if inputs:
            inputs[choices.randrange(len(inputs))] = choices.choice((-1, choices.randrange(n_tensors)))
        case 1:
            inputs.insert(choices.randrange(len(inputs) + 1), choices.randrange(-1, n_tensors))
        case 2 if inputs:
            del inputs[choices.randrange(len(inputs))]
        case 3:
            outputs = choices.choice(([], [*outputs, choices.randrange(n_tensors)], [choices.randrange(n_tensors)]))
        case 4:
            code = choices.choice([*OPTIONS, "EXPAND_DIMS", "FILL", "RESHAPE", "SPLIT", "TILE", "TRANSPOSE", "RELU"])
            return replace(
                operator, code=code, options=options if OPTIONS.get(code) == OPTIONS.get(operator.code) else {}
            )
        case _ if options:
            name = choices.choice(sorted(options))
            value = options[name]
            options[name] = (
                not value
                if isinstance(value, bool)
                else choices.choice(_FLOATS if isinstance(value, float) else range(-2, 10))
            )
    return replace(operator, inputs=tuple(inputs), outputs=tuple(outputs), options=options)
