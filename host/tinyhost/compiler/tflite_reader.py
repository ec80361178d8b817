"""Reads a .tflite flatbuffer into a Graph, trusting none of its bytes."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from tinyhost.compiler.graph import Graph, Obstacle, Operator, OptionValue, Quantization, Tensor
from tinyhost.compiler.image_format import MAX_IO_TENSORS, MAX_OPERATORS, MAX_TENSOR_BYTES, MAX_TENSORS
from tinyhost.compiler.tflite_options import OPTIONS
from tinyhost.errors import ModelError, UnsupportedModelError

__all__ = ["DECODING_ERRORS", "read_tflite"]

_T = TypeVar("_T")
_IDENTIFIER = b"TFL3"
_HINT = "convert or download the model again"
_MAX_NAME = 200
_MAX_RANK = 8
"""Dimensions of a tensor in a file; those that run have image_format.MAX_RANK at most."""

# What the flatbuffers runtime raises when offsets and lengths lead outside of the file.
DECODING_ERRORS = (struct.error, IndexError, ValueError, TypeError, OverflowError, AttributeError, AssertionError)


def read_tflite(data: bytes, *, where: str = "model") -> Graph:
    """Return the graph of a .tflite file's bytes; `where` names the file in messages.

    More than one subgraph, and too many inputs or outputs, are the graph's `obstacles`. Raises ModelError if the bytes
    are no valid model, UnsupportedModelError for one beyond the limits of this reader.
    """
    if len(data) < 8 or data[4:8] != _IDENTIFIER:
        got = data[4:8].hex() or "nothing"
        raise ModelError(f"{where}: bytes 4..8 should be {_IDENTIFIER.hex()} (TFL3), got {got}", hint=_HINT)
    return _Reader(data, where).graph()


class _Reader:
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

    def graph(self) -> Graph:
        model = self._model
        n_subgraphs = self._decode("subgraphs", model.SubgraphsLength)
        if n_subgraphs < 1:
            raise self._corrupt("subgraphs", "1 subgraph", f"{n_subgraphs}")
        subgraph = self._decode("subgraph 0", lambda: model.Subgraphs(0))
        n_tensors = self._count("tensors", subgraph.TensorsLength, MAX_TENSORS)
        n_operators = self._count("operators", subgraph.OperatorsLength, MAX_OPERATORS)
        tensors = tuple(self._tensor(i, subgraph) for i in range(n_tensors))
        operators = tuple(self._operator(i, subgraph, n_tensors) for i in range(n_operators))
        initial, n_others = self._initial(subgraph, operators, n_subgraphs)
        inputs = self._ends("input", subgraph.InputsLength, subgraph.Inputs, tensors)
        outputs = self._ends("output", subgraph.OutputsLength, subgraph.Outputs, tensors)
        if len(set(inputs)) < len(inputs):
            raise self._corrupt("inputs", "each once", str(inputs[:8]))
        return Graph(
            tensors=tensors,
            operators=operators,
            input=inputs[0],
            output=outputs[0],
            more_inputs=inputs[1:],
            more_outputs=outputs[1:],
            sha256=self._sha256,
            obstacles=(*self._obstacles, *_of_subgraphs(n_subgraphs, n_others)),
            variables=tuple(initial.get(number) for number in range(len(self._variables))),
        )

    def _initial(self, subgraph: Any, operators: Sequence[Operator], n_subgraphs: int) -> tuple[dict[int, Tensor], int]:
        """Return what variables start from, by their numbers, and how many subgraphs do anything else."""
        initial: dict[int, Tensor] = {}
        n_others = n_subgraphs - 1
        for operator in operators:
            found = self._assigned(subgraph, operator, n_subgraphs) if operator.code == "CALL_ONCE" else None
            if found is not None:
                initial.update(found)
                n_others -= 1
        return initial, max(n_others, 0)

    def _assigned(self, subgraph: Any, call: Operator, n_subgraphs: int) -> dict[int, Tensor] | None:
        """Return what a CALL_ONCE assigns; None if it does anything but assign constants to variables."""
        table = self._decode("CALL_ONCE", lambda: subgraph.Operators(call.index))
        options = self._table_options("CALL_ONCE", table, "CallOnceOptions")
        index = 0 if options is None else self._decode("CALL_ONCE: options", options.InitSubgraphIndex)
        if not 0 < index < n_subgraphs:
            return None
        called = self._decode(f"subgraph {index}", lambda: self._model.Subgraphs(index))
        n_tensors = self._count("tensors", called.TensorsLength, MAX_TENSORS)
        n_operators = self._count("operators", called.OperatorsLength, MAX_OPERATORS)
        operators = [self._operator(i, called, n_tensors) for i in range(n_operators)]
        handles: dict[int, int] = {}
        assigned: dict[int, Tensor] = {}
        for operator in operators:
            if operator.code == "VAR_HANDLE" and len(operator.outputs) == 1:
                handles[operator.outputs[0]] = int(operator.options["Variable"])
            elif operator.code == "ASSIGN_VARIABLE" and len(operator.inputs) == 2 and operator.inputs[0] in handles:
                if operator.inputs[1] < 0:
                    return None
                assigned[handles[operator.inputs[0]]] = self._tensor(operator.inputs[1], called)
            else:
                return None
        return assigned

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
        n = self._count(what, length, MAX_TENSORS)
        indices = tuple(int(self._decode(what, partial(item, i))) for i in range(n))
        if any(not -1 <= index < n_tensors for index in indices):
            raise self._corrupt(what, f"tensors below {n_tensors}", str(indices[:8]))
        return indices

    def _ends(
        self, what: str, length: Callable[[], int], item: Callable[[int], int], tensors: tuple[Tensor, ...]
    ) -> tuple[int, ...]:
        """Return the model's inputs or outputs, in the file's order."""
        indices = self._indices(f"{what}s", length, item, len(tensors))
        if len(indices) > MAX_IO_TENSORS:
            words = f"{len(indices)} {what}s; supported: at most {MAX_IO_TENSORS}"
            self._obstacles.append(Obstacle(words=words, way_out=f"export a model with fewer {what}s"))
        if not indices or min(indices) < 0:
            raise self._corrupt(what, "a tensor", str(indices[:8]))
        empty = next((tensors[index] for index in indices if tensors[index].n_elements == 0), None)
        if empty is not None:
            which = what if len(indices) == 1 else f"{what} {empty.name!r}"
            words = f"its {which} has no elements (shape {empty.shape})"
            self._obstacles.append(Obstacle(words=words, way_out="export the model with a batch of 1"))
        return indices

    def _count(self, what: str, length: Callable[[], int], limit: int) -> int:
        n = self._decode(what, length)
        if n > limit:
            raise UnsupportedModelError(f"{self._where}: {n} {what}; supported: at most {limit}")
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


def _of_subgraphs(n: int, n_others: int) -> tuple[Obstacle, ...]:
    """Return the obstacle of n_others of n subgraphs; the operators that call them are obstacles of their own."""
    return () if n_others == 0 else (Obstacle(words=f"{n} subgraphs; supported: 1", way_out=""),)


def _names(enum: Any) -> dict[int, str]:
    """Return {value: name} of a flatbuffers enum class."""
    return {value: name for name, value in vars(enum).items() if not name.startswith("_") and isinstance(value, int)}
