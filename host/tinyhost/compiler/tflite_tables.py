"""The tables of a .tflite flatbuffer as plain values, trusting none of its bytes."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np

from tinyhost.compiler.graph import Obstacle, Operator, OptionValue, Quantization, Tensor
from tinyhost.compiler.image_format import MAX_TENSOR_BYTES
from tinyhost.compiler.tflite_options import OPTIONS
from tinyhost.errors import ModelError, UnsupportedModelError

__all__ = ["DECODING_ERRORS", "TableReader"]

_T = TypeVar("_T")
_HINT = "convert or download the model again"
_MAX_NAME = 200
_MAX_TENSORS = 16384
_MAX_OPERATORS = 8192
"""Of a file; an image holds image_format.MAX_OPERATORS at most, when the compiler is done."""
_MAX_RANK = 8
"""Dimensions of a tensor in a file; those that run have image_format.MAX_RANK at most."""

# What the flatbuffers runtime raises when offsets and lengths lead outside of the file.
DECODING_ERRORS = (struct.error, IndexError, ValueError, TypeError, OverflowError, AttributeError, AssertionError)


class TableReader:
    """Reads tensors and operators; errors name the file by `where`."""

    def __init__(self, data: bytes, where: str) -> None:
        import tflite  # not needed before a model is read

        self._tflite: Any = tflite
        self._where = where
        self._sha256 = hashlib.sha256(data).digest()
        self._size = len(data)
        self._codes = _names(tflite.BuiltinOperator)
        self._types = _names(tflite.TensorType)
        self._obstacles: list[Obstacle] = []
        self._variables: dict[tuple[str, str], int] = {}  # by container and name
        self._model = self._decode("root table", lambda: tflite.Model.GetRootAs(data, 0))

    def _tensors(self, subgraph: Any) -> tuple[Tensor, ...]:
        n_tensors = self._count("tensors", subgraph.TensorsLength, _MAX_TENSORS)
        return tuple(self._tensor(i, subgraph) for i in range(n_tensors))

    def _operators(self, subgraph: Any) -> tuple[Operator, ...]:
        n_tensors = self._count("tensors", subgraph.TensorsLength, _MAX_TENSORS)
        n_operators = self._count("operators", subgraph.OperatorsLength, _MAX_OPERATORS)
        return tuple(self._operator(i, subgraph, n_tensors) for i in range(n_operators))

    def _tensor(self, index: int, subgraph: Any) -> Tensor:
        what = f"tensor {index}"
        table = self._decode(what, lambda: subgraph.Tensors(index))
        code = self._decode(f"{what}: type", table.Type)
        if code not in self._types:
            raise self._corrupt(f"{what}: type", "a TensorType", str(code))
        dtype = self._types[code].lower()
        shape = self._shape(what, table)
        is_sparse = self._decode(f"{what}: sparsity", table.Sparsity) is not None
        return Tensor(
            index=index,
            name=_name(self._decode(f"{what}: name", table.Name)),
            dtype=dtype,
            shape=shape,
            quantization=self._quantization(what, table, shape),
            data=None if is_sparse else self._data(what, table, dtype, shape),
            is_sparse=is_sparse,
        )

    def _shape(self, what: str, table: Any) -> tuple[int, ...]:
        rank = self._decode(f"{what}: rank", table.ShapeLength)
        if rank > _MAX_RANK:
            raise UnsupportedModelError(f"{self._where}: {what}: rank {rank}; the compiler reads at most {_MAX_RANK}")
        shape = tuple(int(self._decode(f"{what}: shape", partial(table.Shape, i))) for i in range(rank))
        if any(dim < 0 for dim in shape) or math.prod(shape) > MAX_TENSOR_BYTES:
            raise self._corrupt(
                f"{what}: shape", f"dimensions of at least 0, at most {MAX_TENSOR_BYTES} elements", str(shape)
            )
        return shape

    def _quantization(self, what: str, table: Any, shape: tuple[int, ...]) -> Quantization | None:
        what = f"{what}: quantization"
        raw = self._decode(what, table.Quantization)
        n = self._decode(what, raw.ScaleLength) if raw is not None else 0
        if n == 0:
            return None
        limit = max((1, *shape))
        n_zero_points = self._decode(what, raw.ZeroPointLength)
        axis = self._decode(what, raw.QuantizedDimension)
        if n > limit or n_zero_points not in (0, n) or (n > 1 and n not in shape):
            raise self._corrupt(
                what,
                f"one scale and zero point, or one per index of a dimension of {shape}",
                f"{n} and {n_zero_points}",
            )
        scales = np.array([self._decode(what, partial(raw.Scale, i)) for i in range(n)], dtype=np.float32)
        zero_points = np.array(
            [self._decode(what, partial(raw.ZeroPoint, i)) for i in range(n_zero_points)] or [0] * n, dtype=np.int64
        )
        if n == 1 and scales[0] == 0:
            raise UnsupportedModelError(
                f"{self._where}: {what}: a scale of 0, as the converter saw nothing but zeros in this tensor",
                hint="give the converter a representative data set of real inputs; as int16, recurrent layers start "
                "from such zeros: convert them with TFLITE_BUILTINS_INT8",
            )
        if not (np.isfinite(scales).all() and (scales > 0).all()):
            raise self._corrupt(what, "positive scales", str(scales[:4]))
        return Quantization(scales=scales, zero_points=zero_points, axis=axis)

    def _data(self, what: str, table: Any, dtype: str, shape: tuple[int, ...]) -> bytes | None:
        what = f"{what}: buffer"
        index = self._decode(what, table.Buffer)
        n_buffers = self._decode("buffers", self._model.BuffersLength)
        if index >= n_buffers:
            raise self._corrupt(what, f"an index below {n_buffers}", str(index))
        buffer = self._decode(what, lambda: self._model.Buffers(index))
        n_bytes = self._decode(what, buffer.DataLength)
        if index == 0 or n_bytes == 0:
            return None
        if n_bytes > self._size:
            raise self._corrupt(what, f"at most {self._size} B", f"{n_bytes} B")
        data = bytes(self._decode(what, buffer.DataAsNumpy))
        item = np.dtype(dtype).itemsize if dtype in ("int8", "uint8", "int16", "int32", "int64", "float32") else 0
        if item and len(data) != math.prod(shape) * item:
            raise self._corrupt(what, f"{math.prod(shape) * item} B for {dtype} {shape}", f"{len(data)} B")
        return data

    def _operator(self, index: int, subgraph: Any, n_tensors: int) -> Operator:
        what = f"operator {index}"
        table = self._decode(what, lambda: subgraph.Operators(index))
        code_index = self._decode(what, table.OpcodeIndex)
        n_codes = self._decode("operator codes", self._model.OperatorCodesLength)
        if code_index >= n_codes:
            raise self._corrupt(f"{what}: operator code", f"an index below {n_codes}", str(code_index))
        raw = self._decode(what, lambda: self._model.OperatorCodes(code_index))
        builtin = max(self._decode(what, raw.BuiltinCode), self._decode(what, raw.DeprecatedBuiltinCode))
        code = self._codes.get(builtin, f"operator code {builtin}")
        if code == "CUSTOM":
            code = f"CUSTOM {_name(self._decode(what, raw.CustomCode))}"
        return Operator(
            index=index,
            code=code,
            inputs=self._indices(f"{what} ({code}): inputs", table.InputsLength, table.Inputs, n_tensors),
            outputs=self._indices(f"{what} ({code}): outputs", table.OutputsLength, table.Outputs, n_tensors),
            options=self._options(what, code, table),
        )

    def _options(self, what: str, code: str, table: Any) -> dict[str, OptionValue]:
        what = f"{what} ({code}): options"
        if code == "VAR_HANDLE":
            return {"Variable": self._variable(what, table)}
        if code not in OPTIONS:
            return {}
        class_name, fields = OPTIONS[code]
        options = self._table_options(what, table, class_name)
        if options is None:
            raise self._corrupt(what, class_name, "none or those of another operator")
        return {field: self._decode(f"{what}: {field}", getattr(options, field)) for field in fields}

    def _table_options(self, what: str, table: Any, class_name: str) -> Any:
        """Return an operator's options of that class; None if it has none or others."""
        raw = self._decode(what, table.BuiltinOptions)
        if raw is None or self._decode(what, table.BuiltinOptionsType) != getattr(
            self._tflite.BuiltinOptions, class_name
        ):
            return None
        options = getattr(self._tflite, class_name)()
        self._decode(what, lambda: options.Init(raw.Bytes, raw.Pos))
        return options

    def _variable(self, what: str, table: Any) -> int:
        """Return the number of the variable of a VAR_HANDLE; one without options has no name."""
        options = self._table_options(what, table, "VarHandleOptions")
        name = ("", "")
        if options is not None:
            name = (
                _name(self._decode(what, options.Container)),
                _name(self._decode(what, options.SharedName)),
            )
        return self._variables.setdefault(name, len(self._variables))

    def _indices(
        self, what: str, length: Callable[[], int], item: Callable[[int], int], n_tensors: int
    ) -> tuple[int, ...]:
        n = self._count(what, length, _MAX_TENSORS)
        indices = tuple(int(self._decode(what, partial(item, i))) for i in range(n))
        if any(not -1 <= index < n_tensors for index in indices):
            raise self._corrupt(what, f"tensors below {n_tensors}", str(indices[:8]))
        return indices

    def _count(self, what: str, length: Callable[[], int], limit: int) -> int:
        n = self._decode(what, length)
        if n > limit:
            raise UnsupportedModelError(
                f"{self._where}: {n} {what}; supported: at most {limit}",
                hint="split the model, or shorten the sequence that its recurrent layers unroll",
            )
        return int(n)

    def _decode(self, what: str, read: Callable[[], _T]) -> _T:
        """Return read(), as a ModelError that says where if it leads outside of the file."""
        try:
            return read()
        except DECODING_ERRORS as exc:
            raise ModelError(
                f"{self._where}: {what}: expected a table or vector, "
                f"found an offset that leads out of the file ({self._size} B)",
                hint=_HINT,
            ) from exc

    def _corrupt(self, what: str, expected: str, got: str) -> ModelError:
        return ModelError(f"{self._where}: {what}: expected {expected}, got {got}", hint=_HINT)


def _name(raw: bytes | None) -> str:
    """Return the first characters of a name in the file."""
    return (raw or b"").decode("utf-8", "replace")[:_MAX_NAME]


def _names(enum: Any) -> dict[int, str]:
    """Return {value: name} of a flatbuffers enum class."""
    return {value: name for name, value in vars(enum).items() if not name.startswith("_") and isinstance(value, int)}
