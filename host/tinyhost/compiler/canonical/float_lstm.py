"""UNIDIRECTIONAL_SEQUENCE_LSTM of float32, as tf_keras exports an LSTM layer, as the operators of its steps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.moves import moved
from tinyhost.compiler.canonical.views import concatenate
from tinyhost.compiler.graph import Operator, OptionValue

__all__ = ["unroll_float_lstm"]

# Inputs of the operator; of the gates, the three of LOGISTIC first (input, forget, output), then the cell's.
_INPUT_WEIGHTS, _HIDDEN_WEIGHTS, _BIASES = (1, 2, 4, 3), (5, 6, 8, 7), (12, 13, 15, 14)
_OMITTED = (9, 10, 11, 16, 17, 20, 21, 22, 23)
"""Peephole connections, a projection, layer normalization."""
_N_INPUTS = 24
_MAX_STEPS = 128
"""Of some 15 operators; an image holds 2,048, and an LSTM of int8 is one, whatever its window."""
_TANH = 4
_PLAIN: Mapping[str, OptionValue] = {"FusedActivationFunction": 0, "WeightsFormat": 0, "KeepNumDims": 0}


def unroll_float_lstm(draft: Draft, operator: Operator) -> bool:
    """Write one of a batch of 1 that starts from a state of 0, in TFLM's order of operations (lstm_eval.h)."""
    if not _is_plain(draft, operator):
        return False
    data, output = draft.tensors[operator.inputs[0]], draft.tensors[operator.outputs[0]]
    weights, recurrent, biases = (_joined(draft, operator, of) for of in (_INPUT_WEIGHTS, _HIDDEN_WEIGHTS, _BIASES))
    if weights is None or recurrent is None or biases is None or biases.ndim != 1:
        return False
    n_units, depth = len(biases) // 4, data.shape[2]
    n_steps = data.n_elements // depth
    shapes = (weights.shape, recurrent.shape, output.shape)
    expected = ((4 * n_units, depth), (4 * n_units, n_units), (*data.shape[:2], n_units))
    if n_steps not in data.shape[:2] or shapes != expected or n_steps > _MAX_STEPS:
        return False
    rows = draft.viewed(operator, data.index, (n_steps, depth))
    matrices = [draft.constant(f"{output.name}/{name}", values) for name, values in (("w", weights), ("b", biases))]
    sums = draft.tensor(output, (n_steps, 4 * n_units))
    draft.emit(operator, "FULLY_CONNECTED", [rows, *matrices], sums, _PLAIN)
    steps = _Steps(draft, operator, draft.constant(f"{output.name}/r", recurrent), n_units)
    draft.view(operator, concatenate(draft, operator, steps.hidden_of(sums, n_steps), 0), output.index)
    return True


def _is_plain(draft: Draft, operator: Operator) -> bool:
    """Return whether an LSTM computes in float32 what a layer of Keras does, without connections of other kinds."""
    if (
        len(operator.inputs) != _N_INPUTS
        or len(operator.outputs) != 1
        or min(operator.inputs[0], *operator.outputs) < 0
    ):
        return False
    data = draft.tensors[operator.inputs[0]]
    omitted = [operator.inputs[position] for position in _OMITTED]
    if any(index >= 0 and draft.tensors[index].n_elements for index in omitted):
        return False
    is_tanh = operator.options["FusedActivationFunction"] == _TANH
    return is_tanh and data.dtype == "float32" and len(data.shape) == 3 and data.n_elements > 0


def _joined(draft: Draft, operator: Operator, positions: tuple[int, ...]) -> NDArray[np.float32] | None:
    """Return the constants of the four gates as one; None unless they are float32 and of one shape."""
    indices = [operator.inputs[position] for position in positions]
    found = [draft.tensors[index] for index in indices if index >= 0]
    if len(found) < len(positions) or any(tensor.data is None or tensor.dtype != "float32" for tensor in found):
        return None
    if len({tensor.shape for tensor in found}) > 1 or not found[0].shape or not found[0].n_elements:
        return None
    return np.concatenate([tensor.array() for tensor in found]).astype(np.float32)


class _Steps:
    """The operators of one step after another."""

    def __init__(self, draft: Draft, operator: Operator, recurrent: int, n_units: int) -> None:
        self._draft, self._operator, self._recurrent, self._n_units = draft, operator, recurrent, n_units
        clip = float(operator.options["CellClip"])
        self._limits = (("MINIMUM", clip), ("MAXIMUM", -clip)) if clip > 0 else ()

    def hidden_of(self, sums: int, n_steps: int) -> list[int]:
        """Return what every step gives, of the sums over the input of all of them."""
        hidden: list[int] = []
        cell = None
        for step in range(n_steps):
            gates = self._taken(sums, slice(step, step + 1))
            if hidden:
                over_hidden = self._emit("FULLY_CONNECTED", [hidden[-1], self._recurrent, -1], 4, _PLAIN)
                gates = self._emit("ADD", [gates, over_hidden], 4, _PLAIN)
            shares = self._emit("LOGISTIC", [self._part(gates, 0, 3)], 3)
            new = self._emit("MUL", [self._part(shares, 0), self._emit("TANH", [self._part(gates, 3)])], 1, _PLAIN)
            if cell is not None:
                kept = self._emit("MUL", [self._part(shares, 1), cell], 1, _PLAIN)
                new = self._emit("ADD", [kept, new], 1, _PLAIN)
            for code, limit in self._limits:
                bound = self._draft.constant("clip", np.array([limit], np.float32))
                new = self._emit(code, [new, bound])
            cell = new
            hidden.append(self._emit("MUL", [self._emit("TANH", [cell]), self._part(shares, 2)], 1, _PLAIN))
        return hidden

    def _part(self, gates: int, first: int, n: int = 1) -> int:
        return self._taken(gates, slice(None), slice(first * self._n_units, (first + n) * self._n_units))

    def _taken(self, index: int, *places: slice) -> int:
        return moved(self._draft, self._operator, index, lambda values: np.asarray(values[places]))

    def _emit(self, code: str, inputs: list[int], n: int = 1, options: Mapping[str, OptionValue] | None = None) -> int:
        output = self._draft.tensors[self._operator.outputs[0]]
        target = self._draft.tensor(output, (1, n * self._n_units))
        return self._draft.emit(self._operator, code, inputs, target, options or {})
