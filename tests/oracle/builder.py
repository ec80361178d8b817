"""Builds small .tflite models from scratch, for tests: any operator, shape, padding and quantization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite
from flatbuffers import flexbuffers
from numpy.typing import ArrayLike, NDArray

__all__ = ["ModelBuilder", "OperatorSpec", "TensorSpec"]

_DTYPES = {
    "int8": tflite.TensorType.INT8,
    "uint8": tflite.TensorType.UINT8,
    "int16": tflite.TensorType.INT16,
    "uint32": tflite.TensorType.UINT32,
    "uint64": tflite.TensorType.UINT64,
    "bool": tflite.TensorType.BOOL,
    "int32": tflite.TensorType.INT32,
    "int64": tflite.TensorType.INT64,
    "float16": tflite.TensorType.FLOAT16,
    "float32": tflite.TensorType.FLOAT32,
    "resource": tflite.TensorType.RESOURCE,
}
_OPTION_CLASSES = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "ADD": "AddOptions",
    "MUL": "MulOptions",
    "CONCATENATION": "ConcatenationOptions",
    "SOFTMAX": "SoftmaxOptions",
    "RESHAPE": "ReshapeOptions",
    "PAD": "PadOptions",
    "QUANTIZE": "QuantizeOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "ARG_MAX": "ArgMaxOptions",
    "ARG_MIN": "ArgMinOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "BATCH_TO_SPACE_ND": "BatchToSpaceNDOptions",
    "ASSIGN_VARIABLE": "AssignVariableOptions",
    "BROADCAST_TO": "BroadcastToOptions",
    "CALL_ONCE": "CallOnceOptions",
    "CAST": "CastOptions",
    "CUMSUM": "CumsumOptions",
    "DIV": "DivOptions",
    "EQUAL": "EqualOptions",
    "EXP": "ExpOptions",
    "GELU": "GeluOptions",
    "GREATER": "GreaterOptions",
    "GREATER_EQUAL": "GreaterEqualOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "LESS": "LessOptions",
    "LESS_EQUAL": "LessEqualOptions",
    "LOGICAL_AND": "LogicalAndOptions",
    "LOGICAL_NOT": "LogicalNotOptions",
    "LOGICAL_OR": "LogicalOrOptions",
    "MIRROR_PAD": "MirrorPadOptions",
    "NOT_EQUAL": "NotEqualOptions",
    "PADV2": "PadV2Options",
    "READ_VARIABLE": "ReadVariableOptions",
    "REDUCE_ALL": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "RESIZE_BILINEAR": "ResizeBilinearOptions",
    "REVERSE_V2": "ReverseV2Options",
    "SELECT_V2": "SelectV2Options",
    "SPACE_TO_BATCH_ND": "SpaceToBatchNDOptions",
    "SQUARED_DIFFERENCE": "SquaredDifferenceOptions",
    "EXPAND_DIMS": "ExpandDimsOptions",
    "GATHER": "GatherOptions",
    "GATHER_ND": "GatherNdOptions",
    "HARD_SWISH": "HardSwishOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "NEG": "NegOptions",
    "PACK": "PackOptions",
    "REDUCE_PROD": "ReducerOptions",
    "SHAPE": "ShapeOptions",
    "SQUARE": "SquareOptions",
    "ABS": "AbsOptions",
    "SQUEEZE": "SqueezeOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "SUB": "SubOptions",
    "SUM": "ReducerOptions",
    "DEPTH_TO_SPACE": "DepthToSpaceOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
    "SLICE": "SliceOptions",
    "SPACE_TO_DEPTH": "SpaceToDepthOptions",
    "SPLIT": "SplitOptions",
    "SPLIT_V": "SplitVOptions",
    "TRANSPOSE": "TransposeOptions",
    "TRANSPOSE_CONV": "TransposeConvOptions",
    "SVDF": "SVDFOptions",
    "UNPACK": "UnpackOptions",
    "VAR_HANDLE": "VarHandleOptions",
    "WHILE": "WhileOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    name: str
    dtype: str
    shape: tuple[int, ...]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    data: bytes
    sparse: bool
    is_variable: bool


@dataclass(frozen=True, kw_only=True)
class OperatorSpec:
    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any]
    intermediates: tuple[int, ...] = ()


@dataclass(kw_only=True)
class ModelBuilder:
    """Collects tensors and operators; build() returns the bytes of a .tflite file."""

    tensors: list[TensorSpec] = field(default_factory=list)
    operators: list[OperatorSpec] = field(default_factory=list)

    def tensor(
        self,
        shape: Sequence[int],
        *,
        dtype: str = "int8",
        scale: float | Sequence[float] = (),
        zero_point: int = 0,
        axis: int = 0,
        data: NDArray[Any] | None = None,
        name: str | None = None,
        sparse: bool = False,
        is_variable: bool = False,
    ) -> int:
        """Add a tensor, a constant if it has data; return its index.

        Several scales: quantized along `axis`. sparse: the data are some of its elements. is_variable: an operator
        keeps its state there.
        """
        scales = tuple(scale) if isinstance(scale, Sequence) else (scale,)
        spec = TensorSpec(
            name=name or f"t{len(self.tensors)}",
            dtype=dtype,
            shape=tuple(shape),
            scales=scales,
            zero_points=(zero_point,) * len(scales),
            axis=axis,
            data=b"" if data is None else np.ascontiguousarray(data, dtype=np.dtype(dtype)).tobytes(),
            sparse=sparse,
            is_variable=is_variable,
        )
        self.tensors.append(spec)
        return len(self.tensors) - 1

    def integers(self, values: ArrayLike) -> int:
        """Add a constant of int32 in the shape of `values`, such as axes, sizes or a shape; return its index."""
        data = np.array(values)
        return self.tensor(data.shape, dtype="int32", data=data)

    def operator(
        self, code: str, inputs: Sequence[int], output: int, intermediates: Sequence[int] = (), /, **options: Any
    ) -> int:
        """Add an operator with the given option fields (TensorFlow Lite's names); return its output tensor."""
        spec = OperatorSpec(
            code=code, inputs=tuple(inputs), outputs=(output,), options=options, intermediates=tuple(intermediates)
        )
        self.operators.append(spec)
        return output

    def custom_operator(self, code: str, inputs: Sequence[int], outputs: Sequence[int], **options: Any) -> None:
        """Add an operator of any number of outputs; one that is not in the schema has the options its kernel reads."""
        self.operators.append(OperatorSpec(code=code, inputs=tuple(inputs), outputs=tuple(outputs), options=options))

    def build(
        self,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        n_subgraphs: int = 1,
        called: ModelBuilder | None = None,
        loop: Sequence[tuple[ModelBuilder, Sequence[int], Sequence[int]]] = (),
    ) -> bytes:
        """Return the .tflite file with the given graph inputs and outputs; of several subgraphs, all alike.

        called: the second subgraph, without inputs and outputs, which a CALL_ONCE runs. loop: the condition and the
        body that a WHILE runs, each with its inputs and outputs.
        """
        b = flatbuffers.Builder(4096)
        others = [*([] if called is None else [(called, (), ())]), *loop]
        parts = [self, *(other for other, _, _ in others)]
        buffers = [self._buffer(b, b"")] + [self._buffer(b, t.data) for part in parts for t in part.tensors]
        codes = sorted({op.code for part in parts for op in part.operators})
        subgraphs_made = [self._subgraph(b, codes, inputs, outputs, 1)] * n_subgraphs
        first_buffer = 1 + len(self.tensors)
        for other, *ends in others:
            subgraphs_made.append(other._subgraph(b, codes, ends[0], ends[1], first_buffer))
            first_buffer += len(other.tensors)
        opcodes = [self._opcode(b, code) for code in codes]
        subgraphs = _offsets(b, tflite.ModelStartSubgraphsVector, subgraphs_made)
        opcode_vector = _offsets(b, tflite.ModelStartOperatorCodesVector, opcodes)
        buffer_vector = _offsets(b, tflite.ModelStartBuffersVector, buffers)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, opcode_vector)
        tflite.ModelAddSubgraphs(b, subgraphs)
        tflite.ModelAddBuffers(b, buffer_vector)
        b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
        return bytes(b.Output())

    def _subgraph(
        self, b: Any, codes: Sequence[str], inputs: Sequence[int], outputs: Sequence[int], first_buffer: int
    ) -> int:
        tensors = [self._tensor(b, t, i + first_buffer) for i, t in enumerate(self.tensors)]
        operators = [self._operator(b, op, codes.index(op.code)) for op in self.operators]
        subgraph_parts = (
            _offsets(b, tflite.SubGraphStartTensorsVector, tensors),
            _ints(b, tflite.SubGraphStartInputsVector, inputs),
            _ints(b, tflite.SubGraphStartOutputsVector, outputs),
            _offsets(b, tflite.SubGraphStartOperatorsVector, operators),
        )
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, subgraph_parts[0])
        tflite.SubGraphAddInputs(b, subgraph_parts[1])
        tflite.SubGraphAddOutputs(b, subgraph_parts[2])
        tflite.SubGraphAddOperators(b, subgraph_parts[3])
        return int(tflite.SubGraphEnd(b))

    @staticmethod
    def _buffer(b: Any, data: bytes) -> int:
        vector = 0
        if data:
            b.StartVector(1, len(data), 16)
            b.head -= len(data)
            b.Bytes[b.head : b.head + len(data)] = data
            vector = b.EndVector()
        tflite.BufferStart(b)
        if data:
            tflite.BufferAddData(b, vector)
        return int(tflite.BufferEnd(b))

    @staticmethod
    def _tensor(b: Any, spec: TensorSpec, buffer: int) -> int:
        name = b.CreateString(spec.name)
        shape = _ints(b, tflite.TensorStartShapeVector, spec.shape)
        quantization = 0
        if spec.scales:
            tflite.QuantizationParametersStartScaleVector(b, len(spec.scales))
            for scale in reversed(spec.scales):
                b.PrependFloat32(float(np.float32(scale)))
            scales = b.EndVector()
            tflite.QuantizationParametersStartZeroPointVector(b, len(spec.zero_points))
            for zero_point in reversed(spec.zero_points):
                b.PrependInt64(zero_point)
            zero_points = b.EndVector()
            tflite.QuantizationParametersStart(b)
            tflite.QuantizationParametersAddScale(b, scales)
            tflite.QuantizationParametersAddZeroPoint(b, zero_points)
            tflite.QuantizationParametersAddQuantizedDimension(b, spec.axis)
            quantization = tflite.QuantizationParametersEnd(b)
        sparsity = 0
        if spec.sparse:
            tflite.SparsityParametersStart(b)
            sparsity = tflite.SparsityParametersEnd(b)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, shape)
        tflite.TensorAddType(b, _DTYPES[spec.dtype])
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, name)
        tflite.TensorAddIsVariable(b, spec.is_variable)
        if quantization:
            tflite.TensorAddQuantization(b, quantization)
        if sparsity:
            tflite.TensorAddSparsity(b, sparsity)
        return int(tflite.TensorEnd(b))

    @staticmethod
    def _operator(b: Any, spec: OperatorSpec, code_index: int) -> int:
        inputs = _ints(b, tflite.OperatorStartInputsVector, spec.inputs)
        outputs = _ints(b, tflite.OperatorStartOutputsVector, spec.outputs)
        intermediates = _ints(b, tflite.OperatorStartIntermediatesVector, spec.intermediates)
        class_name = _OPTION_CLASSES.get(spec.code)
        options = custom_options = 0
        if not hasattr(tflite.BuiltinOperator, spec.code):
            custom_options = b.CreateByteVector(bytes(flexbuffers.Dumps(spec.options)))
        if class_name:
            values = {n: b.CreateString(v) if isinstance(v, str) else v for n, v in spec.options.items()}
            getattr(tflite, f"{class_name}Start")(b)
            for name, value in values.items():
                getattr(tflite, f"{class_name}Add{name}")(b, value)
            options = getattr(tflite, f"{class_name}End")(b)
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, code_index)
        tflite.OperatorAddInputs(b, inputs)
        tflite.OperatorAddOutputs(b, outputs)
        tflite.OperatorAddIntermediates(b, intermediates)
        if class_name:
            tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, class_name))
            tflite.OperatorAddBuiltinOptions(b, options)
        if custom_options:
            tflite.OperatorAddCustomOptions(b, custom_options)
        return int(tflite.OperatorEnd(b))

    @staticmethod
    def _opcode(b: Any, code: str) -> int:
        value = getattr(tflite.BuiltinOperator, code, tflite.BuiltinOperator.CUSTOM)
        custom_code = b.CreateString(code) if value == tflite.BuiltinOperator.CUSTOM else 0
        tflite.OperatorCodeStart(b)
        if custom_code:
            tflite.OperatorCodeAddCustomCode(b, custom_code)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(value, 127))
        tflite.OperatorCodeAddBuiltinCode(b, value)
        tflite.OperatorCodeAddVersion(b, 1)
        return int(tflite.OperatorCodeEnd(b))


def _offsets(b: Any, start: Any, items: Sequence[int]) -> int:
    start(b, len(items))
    for item in reversed(items):
        b.PrependUOffsetTRelative(item)
    return int(b.EndVector())


def _ints(b: Any, start: Any, items: Sequence[int]) -> int:
    start(b, len(items))
    for item in reversed(items):
        b.PrependInt32(item)
    return int(b.EndVector())
