"""Taps of a window that only ever see padding, such as the sides of a 3x3 filter on a tensor of width 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.lower.window import Window
from tinyhost.compiler.passes.rewrite import AXES, new_constant, window_of, with_operator, with_window

__all__ = ["cut_unseen_taps"]

_WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")


def cut_unseen_taps(graph: Graph) -> Graph:
    """Return the graph with windows cut to the taps that see the input from some place.

    Padding adds nothing to a convolution, and pools do not count it, so no output changes.
    """
    for operator in graph.operators:
        if operator.code in _WINDOWED and graph.tensors[operator.inputs[0]].data is None:
            graph = _cut(graph, operator)
    return graph


def _cut(graph: Graph, operator: Operator) -> Graph:
    data = graph.tensors[operator.inputs[0]]
    cut, kept = operator, {}
    for axis, dim in AXES.items():
        window = window_of(graph, operator, axis)
        first, last = _seen(window, data.shape[dim])
        if last - first < window.filter:
            kept[dim] = slice(first, last)
            pad = window.pad - first * window.dilation
            cut = with_window(cut, axis, replace(window, filter=last - first, pad=pad))
    if not kept:
        return graph
    if operator.code in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        tensors = list(graph.tensors)
        filters = tensors[operator.inputs[1]]
        values = filters.array()[tuple(kept.get(dim, slice(None)) for dim in range(4))]
        weights = new_constant(tensors, filters.name, np.ascontiguousarray(values), filters.quantization)
        cut = replace(cut, inputs=(cut.inputs[0], weights, *cut.inputs[2:]))
        graph = replace(graph, tensors=tuple(tensors))
    return with_operator(graph, operator, cut)


def _seen(window: Window, size: int) -> tuple[int, int]:
    """Return the taps [first, last) that are left: all that see one of the `size` inputs, and those between.

    Every window of an image must reach into its input, and none may start behind the input's start: taps without
    which that would not hold are left, too.
    """
    offsets = np.arange(window.filter) * window.dilation - window.pad  # of taps, from where a window starts
    first_inside = np.maximum(0, -(offsets // window.stride))  # the first window in which a tap is not before the input
    places = first_inside * window.stride + offsets
    seen = np.flatnonzero((first_inside < window.output) & (places < size))
    if not len(seen):
        return 0, window.filter
    first = min(int(seen[0]), window.pad // window.dilation)
    last = max(int(seen[-1]), -(-window.pad // window.dilation)) + 1
    ends_inside = (window.output - 1) * window.stride + int(offsets[first]) < size
    return (first, last) if ends_inside and last <= window.filter else (0, window.filter)
