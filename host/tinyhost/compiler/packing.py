"""Weights in the order that kernels read them (docs/reference/model-image.md, Weight layouts)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.image_format import FILTERS_PER_BLOCK, WeightLayout

if TYPE_CHECKING:
    from tinyhost.compiler.lower.window import Window

__all__ = [
    "MAX_CARRIED_SUM",
    "can_carry",
    "channels_within",
    "fully_connected_scratch_bytes",
    "lstm_scratch_bytes",
    "n_pairs",
    "pack_quads",
    "pack_rows",
    "padded_filters",
    "patch_order",
    "patch_runs",
    "patch_scratch_bytes",
    "row_scratch_bytes",
    "window_bytes_of_four",
]

MAX_CARRIED_SUM = 2**23
_WORD = 4
_LANES = 4
"""Patches that a kernel unfolds at once."""
_MAX_UNFOLDED_ROW = 1024
"""Bytes of a single row that are worth twice as many of scratch memory."""


def patch_runs(height: int, width: int, depth: int, *, dense: bool) -> tuple[int, int]:
    """Return (n_runs, run_length) of a window's patch; one run where the kernels join runs: Patch::joined.

    dense: the taps of a row are neighbours in memory; else each tap is a run.
    """
    n_runs, run_length = (height, width * depth) if dense else (height * width, depth)
    joined = n_runs == 1 or (not dense and width > 1) or run_length < _WORD
    return (1, n_runs * run_length) if joined else (n_runs, run_length)


def patch_order(n_runs: int, run_length: int) -> NDArray[np.int64]:
    """Return which element of a patch stands at each slot of packed weights, -1 for padding.

    A patch is n_runs runs of run_length bytes (firmware/lib/engine/src/kernels/patch.h): first the words of all runs,
    each in the order 0, 2, 1, 3, then the bytes that no word holds; filled up to whole groups of four. A single run's
    last word is filled up instead.
    """
    if n_runs == 1:
        padded = np.pad(np.arange(run_length), (0, -run_length % _WORD), constant_values=-1)
        return padded.reshape(-1, _WORD)[:, [0, 2, 1, 3]].reshape(-1).astype(np.int64)
    words, tail = divmod(run_length, _WORD)
    starts = np.arange(n_runs)[:, None] * run_length
    order = [
        (starts + np.arange(words * 4).reshape(words, 4)[:, [0, 2, 1, 3]].reshape(1, -1)).reshape(-1),
        (starts + words * 4 + np.arange(tail)).reshape(-1),
    ]
    joined = np.concatenate(order).astype(np.int64)
    return np.pad(joined, (0, -len(joined) % 4), constant_values=-1)


def n_pairs(n_runs: int, run_length: int) -> int:
    """Return the pairs of elements of a packed filter: Patch::n_pairs."""
    return len(patch_order(n_runs, run_length)) // 2


def patch_scratch_bytes(n_runs: int, run_length: int, n_pixels: int, window_bytes: int | None = None) -> int:
    """Return the scratch memory of a CONV_2D: UnfoldedBytes, and behind it CopiedBytes.

    window_bytes: of one window that holds four patches, where it always does.
    """
    lanes = 1 if n_pixels < 2 and (n_runs == 1 or run_length % _WORD == 0) else _LANES
    copied = -(-n_runs * run_length // _WORD) * _WORD * lanes if window_bytes is None else window_bytes
    return 4 * n_pairs(n_runs, run_length) * lanes + copied + _WORD


def window_bytes_of_four(rows: Window, columns: Window, runs: tuple[int, int], depth: int) -> int | None:
    """Return the bytes of the window that holds four patches, PatchSource::FourInOneWindow; None where none does.

    runs: patch_runs of the patch; depth: of the input.
    """
    n_runs, run_length = runs
    overlap = n_runs > 1 and run_length == columns.filter * depth and columns.stride <= columns.filter
    if not overlap or columns.output % _LANES != 0:
        return None
    return rows.filter * (3 * columns.stride + columns.filter) * depth


def fully_connected_scratch_bytes(depth: int, n_rows: int) -> int:
    """Return the scratch memory of a FULLY_CONNECTED: what CheckConv2d asks for, or more where it pays.

    Reading one row of whole words as it is takes 19 instructions for 16 multiply-accumulates, unfolding it first 17.
    """
    if n_rows == 1 and depth % _WORD == 0:
        return 0 if depth > _MAX_UNFOLDED_ROW else 2 * depth
    return patch_scratch_bytes(1, depth, n_rows)


def lstm_scratch_bytes(depth: int, n_units: int) -> int:
    """Return the scratch memory of an LSTM: a step's input and hidden state unfolded to 16 bits, and the cell state."""
    return 4 * (n_pairs(1, depth) + n_pairs(1, n_units)) + 2 * n_units


def pack_rows(filters: NDArray[np.int8]) -> bytes:
    """Return the bytes of depthwise filters (channels, height, width): RowWeights."""
    width = filters.shape[2]
    padded = np.pad(filters, ((0, 0), (0, 0), (0, -width % 4)))
    words = padded.reshape(*filters.shape[:2], -1, 4)[..., [0, 2, 1, 3]]
    return np.ascontiguousarray(words).tobytes()


def row_scratch_bytes(rows: Window, columns: Window, *, width: int, depth: int) -> int:
    """Return the scratch memory of a DEPTHWISE_CONV_2D: DepthwiseJob::scratch_bytes; width, depth: of the input."""
    reach = (columns.output - 1) * columns.stride + (columns.filter - 1) * columns.dilation + 1
    plane = (max(reach, columns.pad + width) + 1) // 2 * 2
    slack = 4 * columns.stride + columns.filter + 4
    elements = ((rows.filter - 1) * rows.dilation + 1) * depth * plane + slack
    return (2 * elements + 3) // 4 * 4


def channels_within(limit: int, rows: Window, columns: Window, *, width: int, depth: int) -> int:
    """Return how many of `depth` channels a DEPTHWISE_CONV_2D takes at once, so that its scratch memory fits `limit`.

    Fours of channels, and one at least: that is what kernels unfold at once. Groups are of about the same size.
    """
    fixed, four = (row_scratch_bytes(rows, columns, width=width, depth=n) for n in (0, _LANES))
    most = max(1, (limit - fixed) // (four - fixed)) * _LANES
    n_groups = -(-depth // most)
    return min(depth, -(-depth // n_groups // _LANES) * _LANES)


def padded_filters(n_filters: int) -> int:
    """Return the filters of whole blocks."""
    return -(-n_filters // FILTERS_PER_BLOCK) * FILTERS_PER_BLOCK


def can_carry(filters: NDArray[np.int8], biases: NDArray[np.int64]) -> bool:
    """Return whether filters (n, elements) with folded biases (n,) may be packed as CARRIED_QUADS.

    256 * second + first must fit in 16 bits, and any sum over a second filter in 24.
    """
    n = len(filters)
    padded = np.pad(filters.astype(np.int64), ((0, padded_filters(n) - n), (0, 0)))
    first, second = padded[0::2], padded[1::2]
    fits = bool(((second > -128) | (first >= 0)).all())
    largest = np.abs(filters.astype(np.int64)).sum(axis=1) * 128 + np.abs(biases)
    return fits and int(largest[1::2].max(initial=0)) < MAX_CARRIED_SUM


def pack_quads(filters: NDArray[np.int8], layout: WeightLayout) -> bytes:
    """Return the bytes of filters (n, n_runs, run_length) of one group, four filters at a time; n may be any number."""
    n, n_runs, run_length = filters.shape
    order = patch_order(n_runs, run_length)
    flat = np.pad(filters.reshape(n, -1), ((0, padded_filters(n) - n), (0, 1)))  # index -1 is the 0 at the end
    pairs = flat[:, order].astype(np.int16).reshape(-1, 2, len(order))  # (pair of filters, first or second, slot)
    first, second = pairs[:, 0], pairs[:, 1]
    if layout == WeightLayout.CARRIED_QUADS:
        second = second - (first < 0)
    words = np.stack([first, second], axis=-1).astype(np.int8)  # (pair of filters, slot, byte)
    blocks = words.reshape(-1, 2, len(order) // 2, 4).transpose(0, 2, 1, 3)  # (block, pair of slots, word, byte)
    return np.ascontiguousarray(blocks).tobytes()
