"""Writes a .tflite with some tensors and operators changed, in front of the file that it was.

Everything in a flatbuffer refers forward. So tables that change are written before the old file, which stays as it is
behind them, and refer into it: what this program does not know, such as the options of any operator, is kept to the
byte. Old tables and weights that nothing refers to any more remain, a few bytes of flash that no model image holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinyhost.compiler.graph import Graph, Operator, Quantization, Tensor
from tinyhost.compiler.tflite_options import OPTIONS
from tinyhost.compiler.tflite_reader import DECODING_ERRORS
from tinyhost.errors import ModelError, UnsupportedModelError

__all__ = ["write_tflite"]

_ALIGNMENT = 16
_REFERENCE = "UOffsetTRelative"
# Fields of the schema's tables, in the order of their slots.
_MODEL = ("Uint32", *[_REFERENCE] * 7)
_SUBGRAPH = (*[_REFERENCE] * 5, "Int32")
_OPERATOR = (
    *("Uint32", _REFERENCE, _REFERENCE, "Uint8", _REFERENCE, _REFERENCE, "Int8", _REFERENCE, _REFERENCE),
    *("Uint64", "Uint64", "Uint8", _REFERENCE, "Int32"),
)
_TENSOR = (_REFERENCE, "Int8", "Uint32", _REFERENCE, _REFERENCE, "Bool", _REFERENCE, _REFERENCE, "Bool", _REFERENCE)
_MODEL_CODES, _MODEL_SUBGRAPHS, _MODEL_BUFFERS, _MODEL_SIGNATURES = 1, 2, 4, 7
_SUBGRAPH_TENSORS, _SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS, _SUBGRAPH_OPERATORS = 0, 1, 2, 3
_OPERATOR_CODE, _OPERATOR_INPUTS, _OPERATOR_OUTPUTS, _OPERATOR_OPTIONS_TYPE, _OPERATOR_OPTIONS = 0, 1, 2, 3, 4
_TENSOR_SHAPE, _TENSOR_TYPE, _TENSOR_BUFFER, _TENSOR_QUANTIZATION, _TENSOR_SIGNATURE = 0, 1, 2, 4, 7


def write_tflite(data: bytes, before: Graph, after: Graph, *, where: str) -> bytes:
    """Return the file of `after`: that of `before`, whose bytes are `data`, with the tensors and operators that differ.

    Tensors may be changed or appended; operators changed, left out, put in another order, or new ones (index -1) whose
    options, if they have any, the reader knows. Raises ModelError if offsets lead out of the file,
    UnsupportedModelError for one whose weights are beside its tables.
    """
    try:
        return _Writer(data, before, after, where).file()
    except DECODING_ERRORS as exc:
        raise ModelError(
            f"{where}: expected tables and vectors, found an offset that leads out of the file ({len(data)} B)",
            hint="convert or download the model again",
        ) from exc


class _Writer:
    def __init__(self, data: bytes, before: Graph, after: Graph, where: str) -> None:
        import flatbuffers
        import tflite

        self._tflite: Any = tflite
        self._where = where
        self._before, self._after = before, after
        self._old = data + bytes(-len(data) % _ALIGNMENT)
        self._model: Any = tflite.Model.GetRootAs(self._old, 0)
        self._subgraph: Any = self._model.Subgraphs(0)
        self._builder: Any = flatbuffers.Builder(len(self._old) + 4096)
        self._builder.head -= len(self._old)
        self._builder.Bytes[self._builder.head :] = self._old
        self._builder.minalign = _ALIGNMENT
        self._buffers: list[int] = []
        self._codes = [self._at(self._model.OperatorCodes(i)) for i in range(self._model.OperatorCodesLength())]
        self._n_old_buffers = self._model.BuffersLength()
        if any(self._model.Buffers(i)._tab.Offset(6) for i in range(self._n_old_buffers)):
            raise UnsupportedModelError(
                f"{where}: its weights are stored outside of its tables, as in very large models"
            )

    def file(self) -> bytes:
        """Return the new file."""
        tensors = [self._tensor(tensor) for tensor in self._after.tensors]
        operators = [self._operator(operator) for operator in self._after.operators]
        changes = {
            _SUBGRAPH_TENSORS: self._references(tensors),
            _SUBGRAPH_INPUTS: self._integers(self._after.inputs),
            _SUBGRAPH_OUTPUTS: self._integers(self._after.outputs),
            _SUBGRAPH_OPERATORS: self._references(operators),
        }
        subgraphs = [self._table(self._subgraph, _SUBGRAPH, changes)]
        subgraphs += [self._at(self._model.Subgraphs(i)) for i in range(1, self._model.SubgraphsLength())]
        buffers = [self._at(self._model.Buffers(i)) for i in range(self._n_old_buffers)] + self._buffers
        changes = {
            _MODEL_CODES: self._references(self._codes),
            _MODEL_SUBGRAPHS: self._references(subgraphs),
            _MODEL_BUFFERS: self._references(buffers),
        }
        ends = (self._before.inputs, self._before.outputs), (self._after.inputs, self._after.outputs)
        left_out = {_MODEL_SIGNATURES} if ends[0] != ends[1] else set()
        self._builder.Finish(self._table(self._model, _MODEL, changes, left_out), file_identifier=b"TFL3")
        return bytes(self._builder.Output())

    def _tensor(self, tensor: Tensor) -> int:
        is_new = tensor.index >= len(self._before.tensors)
        if not is_new and tensor is self._before.tensors[tensor.index]:
            return self._at(self._subgraph.Tensors(tensor.index))
        old = None if is_new else self._subgraph.Tensors(tensor.index)
        changes = {
            _TENSOR_SHAPE: self._integers(tensor.shape),
            _TENSOR_TYPE: getattr(self._tflite.TensorType, tensor.dtype.upper()),
        }
        if tensor.quantization is not None:
            changes[_TENSOR_QUANTIZATION] = self._quantization(tensor.quantization)
        if is_new:
            changes[_TENSOR_BUFFER] = 0
        if tensor.data is not None and (is_new or tensor.data is not self._before.tensors[tensor.index].data):
            changes[_TENSOR_BUFFER] = self._buffer(tensor.data)
        return self._table(old, _TENSOR, changes, {_TENSOR_SIGNATURE})

    def _quantization(self, quantization: Quantization) -> int:
        builder, tflite = self._builder, self._tflite
        scales = builder.CreateNumpyVector(quantization.scales.astype("<f4"))
        zero_points = builder.CreateNumpyVector(quantization.zero_points.astype("<i8"))
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scales)
        tflite.QuantizationParametersAddZeroPoint(builder, zero_points)
        tflite.QuantizationParametersAddQuantizedDimension(builder, quantization.axis)
        return int(tflite.QuantizationParametersEnd(builder))

    def _buffer(self, data: bytes) -> int:
        """Add a buffer; return its index."""
        builder = self._builder
        builder.StartVector(1, len(data), _ALIGNMENT)
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        vector = builder.EndVector()
        self._tflite.BufferStart(builder)
        self._tflite.BufferAddData(builder, vector)
        self._buffers.append(int(self._tflite.BufferEnd(builder)))
        return int(self._n_old_buffers) + len(self._buffers) - 1

    def _operator(self, operator: Operator) -> int:
        known = operator.index >= 0
        if known and operator is self._before.operators[operator.index]:
            return self._at(self._subgraph.Operators(operator.index))
        changes = {
            _OPERATOR_INPUTS: self._integers(operator.inputs),
            _OPERATOR_OUTPUTS: self._integers(operator.outputs),
        }
        if not known:
            changes[_OPERATOR_CODE] = self._code(operator.code)
        is_changed = not known or operator.options != self._before.operators[operator.index].options
        if is_changed and (known or operator.code in OPTIONS):
            class_name, _ = OPTIONS[operator.code]
            changes[_OPERATOR_OPTIONS_TYPE] = getattr(self._tflite.BuiltinOptions, class_name)
            changes[_OPERATOR_OPTIONS] = self._options(class_name, operator)
        return self._table(self._subgraph.Operators(operator.index) if known else None, _OPERATOR, changes)

    def _options(self, class_name: str, operator: Operator) -> int:
        getattr(self._tflite, f"{class_name}Start")(self._builder)
        for name, value in operator.options.items():
            getattr(self._tflite, f"{class_name}Add{name}")(self._builder, value)
        return int(getattr(self._tflite, f"{class_name}End")(self._builder))

    def _code(self, name: str) -> int:
        """Return the index of a built-in operator's code, which is added."""
        value = getattr(self._tflite.BuiltinOperator, name)
        self._tflite.OperatorCodeStart(self._builder)
        self._tflite.OperatorCodeAddDeprecatedBuiltinCode(self._builder, min(value, 127))
        self._tflite.OperatorCodeAddBuiltinCode(self._builder, value)
        self._tflite.OperatorCodeAddVersion(self._builder, 2)
        self._codes.append(int(self._tflite.OperatorCodeEnd(self._builder)))
        return len(self._codes) - 1

    def _table(
        self, old: Any, kinds: Sequence[str], changes: dict[int, int], left_out: set[int] | frozenset[int] = frozenset()
    ) -> int:
        """Write a table: what `changes` says by slot, and else what the old one has. Return where it is."""
        builder = self._builder
        builder.StartObject(len(kinds))
        for slot, kind in enumerate(kinds):
            value = changes.get(slot) if slot in changes or old is None else self._field(old, slot, kind)
            if value is None or (slot in left_out and slot not in changes):
                continue
            prepend: Callable[[int], None] = getattr(builder, f"Prepend{kind}")
            prepend(value)
            builder.Slot(slot)
        return int(builder.EndObject())

    def _field(self, old: Any, slot: int, kind: str) -> int | None:
        """Return a field of a table of the old file, of a reference where it leads; None if it is not there."""
        import flatbuffers.number_types as types

        table = old._tab
        offset = table.Offset(4 + 2 * slot)
        if not offset:
            return None
        if kind == _REFERENCE:
            return self._place(table.Indirect(table.Pos + offset))
        return int(table.Get(getattr(types, f"{kind}Flags"), table.Pos + offset))

    def _at(self, table: Any) -> int:
        return self._place(table._tab.Pos)

    def _place(self, position: int) -> int:
        """Return a position of the old file as the builder counts: from the end."""
        if not 0 < position < len(self._old):
            raise IndexError(position)
        return len(self._old) - int(position)

    def _references(self, places: Sequence[int]) -> int:
        self._builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            self._builder.PrependUOffsetTRelative(place)
        return int(self._builder.EndVector())

    def _integers(self, values: Sequence[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.array(values, "<i4")))
