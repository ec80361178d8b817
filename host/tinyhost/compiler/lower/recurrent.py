"""UNIDIRECTIONAL_SEQUENCE_LSTM, as TFLM's integer kernel computes it (micro/kernels/lstm_eval.h)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.fixed_point import wrap32
from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import LstmParams, OperatorCode, WeightLayout
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import checked_multiplier, symmetric_weights
from tinyhost.compiler.lower.sigmoid import sigmoid_table
from tinyhost.compiler.packing import can_carry, lstm_scratch_bytes, pack_quads

__all__ = ["lower_lstm"]

# Inputs of the operator; those of gates are in the order input, forget, cell, output.
_INPUT_WEIGHTS, _HIDDEN_WEIGHTS = (1, 2, 3, 4), (5, 6, 7, 8)
_PEEPHOLES, _BIASES, _PROJECTION = (9, 10, 11), (12, 13, 14, 15), (16, 17)
_HIDDEN_STATE, _CELL_STATE = 18, 19
_LAYER_NORM = (20, 21, 22, 23)

_KERAS = "use tf.keras.layers.LSTM with its default activations"
_TANH = 4
_GATE_SCALE = 2.0**-12
"""Of a gate before its activation; behind it 2^-15."""
_PRODUCT_SCALE = 2.0**-30
_NO_CLIP = 32768
_TANH_SHIFTS = range(-30, 15)


@dataclass(frozen=True, kw_only=True)
class _Matrix:
    """Four gates' weights over the input or over the hidden state, packed."""

    weights_offset: int
    biases_offset: int
    layout: WeightLayout
    multipliers: tuple[int, ...]
    shifts: tuple[int, ...]


def lower_lstm(context: OperatorContext) -> Step:
    """UNIDIRECTIONAL_SEQUENCE_LSTM of one sequence, int8 with a 16-bit cell, from a state of 0 in each inference."""
    context.counts((24, 24))
    _check_variant(context)
    data, output = context.int8(context.input(0), rank=3), context.int8(context.output(), rank=3)
    hidden = context.int8(context.input(_HIDDEN_STATE))
    cell = context.quantized(context.input(_CELL_STATE), ("int16",))
    batch, n_steps = data.shape[:2] if not context.option("TimeMajor") else (data.shape[1], data.shape[0])
    if batch != 1:
        raise context.unsupported(f"a batch of {batch}; supported: 1", way_out="export the model with a batch of 1")
    n_units, depth = hidden.shape[-1] if hidden.shape else 1, data.shape[2]
    last_step_alone = "LastStep" in context.operator.options  # written by passes/last_step.py
    context.same_shape(output, (1, 1, n_units) if last_step_alone else (*data.shape[:2], n_units))
    if hidden.n_elements != n_units or cell.n_elements != n_units:
        raise context.corrupt("size of the states", expected=n_units, got=(hidden.n_elements, cell.n_elements))
    over_input = _matrix(context, data, _INPUT_WEIGHTS, _BIASES, (n_units, depth))
    over_hidden = _matrix(context, hidden, _HIDDEN_WEIGHTS, (), (n_units, n_units))
    scratch_bytes = lstm_scratch_bytes(depth, n_units)
    n_weights = 4 * n_units * (depth + n_units)
    return Step(
        code=OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM,
        inputs=(data.index,),
        output=output.index,
        params=replace(_params(context, (over_input, over_hidden), hidden, cell), scratch_bytes=scratch_bytes),
        n_params=n_weights + 4 * n_units,
        macs=n_steps * n_weights,
        scratch_bytes=scratch_bytes,
        name=output.name,
    )


def _check_variant(context: OperatorContext) -> None:
    """Refuse what TFLM has no integer kernel for."""
    for positions, what in (
        (_PEEPHOLES, "peephole connections"),
        (_PROJECTION, "a projection"),
        (_LAYER_NORM, "layer normalization"),
    ):
        if any(context.optional_input(position) is not None for position in positions):
            raise context.unsupported(f"an LSTM with {what} is not supported", way_out=_KERAS)
    if any(context.optional_input(i) is None for i in (*_INPUT_WEIGHTS, *_HIDDEN_WEIGHTS, *_BIASES)):
        raise context.unsupported("an LSTM with fewer than four gates is not supported", way_out=_KERAS)
    if context.option("FusedActivationFunction") != _TANH:
        raise context.unsupported("the only supported activation of an LSTM is tanh", way_out=_KERAS)


def _matrix(
    context: OperatorContext, data: Tensor, weights: tuple[int, ...], biases: tuple[int, ...], shape: tuple[int, int]
) -> _Matrix:
    """Store the weights of four gates over `data`, and their biases with its zero point folded in, unit by unit."""
    gates, sums, pairs = [], [], []
    for gate, position in enumerate(weights):
        filters = context.input(position)
        values = symmetric_weights(context, filters, rank=2)
        context.same_shape(filters, shape)
        assert filters.quantization is not None
        if len(filters.quantization.scales) != 1:
            raise context.unsupported(
                f"weights {filters.name!r} have a scale for each unit; supported: one scale for all",
                way_out="convert with converter._experimental_disable_per_channel = True",
            )
        folded = -np.int64(data.zero_point) * values.astype(np.int64).sum(axis=1)
        if biases:
            bias = context.input(biases[gate])
            context.same_shape(bias, shape[:1])
            folded = folded + context.constant(bias, "int32").astype(np.int64)
        gates.append(values)
        sums.append(folded)
        pairs.append(_multiplier(context, float(data.scale) * float(filters.scale) / _GATE_SCALE))
    return _stored(context, np.stack(gates, axis=1), np.stack(sums, axis=1), pairs)


def _stored(
    context: OperatorContext, gates: NDArray[np.int8], biases: NDArray[np.int64], pairs: list[tuple[int, int]]
) -> _Matrix:
    """gates: (units, 4, depth), biases: (units, 4); a unit is a block of quads."""
    filters, sums = gates.reshape(-1, gates.shape[2]), biases.reshape(-1)
    layout = WeightLayout.CARRIED_QUADS if can_carry(filters, sums) else WeightLayout.QUADS
    wrapped = np.array([wrap32(int(value)) for value in sums], dtype="<i4")
    return _Matrix(
        weights_offset=context.pool.add(pack_quads(filters[:, None, :], layout)),
        biases_offset=context.pool.add(wrapped.tobytes()),
        layout=layout,
        multipliers=tuple(multiplier for multiplier, _ in pairs),
        shifts=tuple(shift for _, shift in pairs),
    )


def _params(context: OperatorContext, matrices: tuple[_Matrix, _Matrix], hidden: Tensor, cell: Tensor) -> LstmParams:
    """Return the parameters without scratch memory. Of the scales, only the hidden state's need be no power of two."""
    over_input, over_hidden = matrices
    cell_multiplier, cell_shift = _multiplier(context, _PRODUCT_SCALE / float(cell.scale))
    output_multiplier, output_shift = _multiplier(context, _PRODUCT_SCALE / float(hidden.scale))
    tanh_shift = round(math.log2(float(cell.scale))) + 12
    if tanh_shift not in _TANH_SHIFTS or cell.zero_point != 0:
        raise context.unsupported(f"cell state of scale {float(cell.scale):.3g}, zero point {cell.zero_point}")
    return LstmParams(
        input_weights_offset=over_input.weights_offset,
        hidden_weights_offset=over_hidden.weights_offset,
        input_biases_offset=over_input.biases_offset,
        hidden_biases_offset=over_hidden.biases_offset,
        sigmoid_offset=context.pool.add(sigmoid_table().tobytes()),
        input_multiplier=over_input.multipliers,
        hidden_multiplier=over_hidden.multipliers,
        cell_multiplier=cell_multiplier,
        output_multiplier=output_multiplier,
        input_shift=over_input.shifts,
        hidden_shift=over_hidden.shifts,
        cell_shift=cell_shift,
        output_shift=output_shift,
        tanh_shift=tanh_shift,
        hidden_zero_point=hidden.zero_point,
        cell_clip=_quantized_clip(context, float(cell.scale)),
        input_layout=over_input.layout,
        hidden_layout=over_hidden.layout,
    )


def _multiplier(context: OperatorContext, real: float) -> tuple[int, int]:
    multiplier, shift = checked_multiplier(context, real)
    if multiplier == 0:
        raise context.unsupported(f"scales differ by a factor of {real:.3g}; supported: more than 2^-32")
    return multiplier, shift


def _quantized_clip(context: OperatorContext, cell_scale: float) -> int:
    clip = context.real_option("CellClip")
    if not clip >= 0:
        raise context.corrupt("cell clip", expected="0 or more", got=clip)
    return int(min(clip / cell_scale, 32767.0)) if clip > 0 else _NO_CLIP
