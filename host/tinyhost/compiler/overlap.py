"""How far an operator's output may reach into its input while it runs.

The firmware's contract (firmware/lib/engine/src/kernels/kernel.h): windowed kernels write output pixels in row-major
order, at most PIXELS_IN_FLIGHT of them before the whole window of the first has been read, WINOGRAD_CONV_2D some rows
and columns when it has read the window of all of them; elementwise kernels read element i before they write element i,
in order; a softmax finishes a row before the next; an LSTM reads a step's row before it writes the next step's. All
others need disjoint buffers. So an output that starts `distance` bytes before its input never overwrites what is still
to be read. A depthwise kernel that takes some channels at once runs over the image for each: its output must also start
whole pixels before its input, so that channels are written over themselves.
"""

from __future__ import annotations

from typing import TypeAlias

from tinyhost.compiler.image_format import (
    PIXELS_IN_FLIGHT,
    WINOGRAD_COLUMNS,
    WINOGRAD_ROWS,
    ConvParams,
    Int16ConvParams,
    Int16PoolParams,
    OperatorCode,
    PoolParams,
)
from tinyhost.compiler.lower.context import Step

__all__ = ["overlap_distance", "overlap_pitch", "window_distance"]

_ELEMENTWISE = {
    OperatorCode.ADD,
    OperatorCode.MUL,
    OperatorCode.SUB,
    OperatorCode.MAXIMUM,
    OperatorCode.MINIMUM,
    OperatorCode.PRELU,
    OperatorCode.SQUARED_DIFFERENCE,
    OperatorCode.DIV,
    OperatorCode.COMPARE,
    OperatorCode.SELECT,
    OperatorCode.SOFTMAX,
    OperatorCode.LOG_SOFTMAX,
    OperatorCode.LOGISTIC,
    OperatorCode.LOOKUP,
    OperatorCode.RELU,
    OperatorCode.RELU6,
    OperatorCode.REQUANTIZE,
    OperatorCode.QUANTIZE,
    OperatorCode.FLOAT_BINARY,
    OperatorCode.FLOAT_UNARY,
    OperatorCode.FLOAT_SOFTMAX,
    OperatorCode.INT16_BINARY,
    OperatorCode.INT16_SIGMOID,
    OperatorCode.INT16_SOFTMAX,
}

_INT16_BYTES = 2
_INT16_WINDOWED = (Int16ConvParams, Int16PoolParams)
_Windowed: TypeAlias = ConvParams | PoolParams | Int16ConvParams | Int16PoolParams


def overlap_distance(
    step: Step, input_shape: tuple[int, ...], output_shape: tuple[int, ...], *, same_size: bool
) -> int | None:
    """Return by how many bytes the output must start before the input, at least; None if they must be disjoint.

    same_size: input and output have as many elements, so that no element is read twice for broadcasting.
    """
    if step.code in _ELEMENTWISE:
        return 0 if same_size else None
    if step.code == OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM and input_shape[:2] == output_shape[:2]:
        n_steps = input_shape[0] * input_shape[1]
        return max(output_shape[2], n_steps * output_shape[2] - (n_steps - 1) * input_shape[2])
    rows = step.code == OperatorCode.FULLY_CONNECTED
    if overlap_pitch(step, input_shape) > 1 and input_shape[-1] != output_shape[-1]:
        return None
    if isinstance(step.params, (ConvParams, PoolParams)) and not rows and input_shape[0] == 1:
        tiled = step.code == OperatorCode.WINOGRAD_CONV_2D
        return (_tiles_distance if tiled else window_distance)(step.params, input_shape, output_shape)
    if isinstance(step.params, _INT16_WINDOWED) and not getattr(step.params, "is_dense", 0) and input_shape[0] == 1:
        return _INT16_BYTES * window_distance(step.params, input_shape, output_shape)
    return None


def overlap_pitch(step: Step, input_shape: tuple[int, ...]) -> int:
    """Return what the distance must be a multiple of: the bytes of a pixel, where some channels run at once, or 1."""
    some = isinstance(step.params, ConvParams) and 0 < step.params.channels_at_once < input_shape[-1]
    return input_shape[-1] if some else 1


def window_distance(params: _Windowed, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
    """Return max over output pixels p of (elements written when p is done) - (first one that p or a later pixel reads).

    Both terms are linear in row and column but for where padding clips the window, so the maximum is at a corner or
    next to that bend.
    """
    _, _, in_width, in_depth = input_shape
    _, out_height, out_width, out_depth = output_shape
    total = out_height * out_width * out_depth

    def first_read(row: int, column: int) -> int:
        y = max(0, row * params.stride_height - params.pad_top)
        x = max(0, column * params.stride_width - params.pad_left)
        return (y * in_width + x) * in_depth

    def written(row: int, column: int) -> int:
        return min(total, (row * out_width + column + PIXELS_IN_FLIGHT) * out_depth)

    distance = 0
    for row in _corners(out_height, params.pad_top // params.stride_height):
        for column in _corners(out_width, params.pad_left // params.stride_width):
            read = first_read(row, column)
            if row + 1 < out_height:
                read = min(read, first_read(row + 1, 0))
            distance = max(distance, written(row, column) - read)
    return distance


def _tiles_distance(params: _Windowed, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
    """Return the same of WINOGRAD_CONV_2D, which writes windows of outputs, each when its inputs have been read."""
    _, height, width, depth = output_shape
    in_row = input_shape[2] * input_shape[3]

    def first_read(row: int, column: int) -> int:
        return max(0, row - params.pad_top) * in_row + max(0, column - params.pad_left) * input_shape[3]

    distance = 0
    for row in range(0, height, WINOGRAD_ROWS):
        last_row = min(row + WINOGRAD_ROWS, height) - 1
        for column in range(0, width, WINOGRAD_COLUMNS):
            written = (last_row * width + min(column + WINOGRAD_COLUMNS, width)) * depth
            distance = max(distance, written - min(first_read(row, column), first_read(row + WINOGRAD_ROWS, 0)))
    return distance


def _corners(size: int, bend: int) -> list[int]:
    """Return the ends of an axis, and the positions around the bend and around where `written` saturates."""
    tail = range(size - PIXELS_IN_FLIGHT - 1, size)
    return sorted({min(max(i, 0), size - 1) for i in (0, bend - 1, bend, bend + 1, *tail)})
