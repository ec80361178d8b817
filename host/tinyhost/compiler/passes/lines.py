"""Windows that slide along one axis only: laid the way in which kernels are fast.

A tensor of width 1 holds the same bytes as one of height 1. Kernels run four neighbours of a row at once, so a line
lies along the width; but for dilated convolutions, which find the taps of a line along the height where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinyhost.compiler.graph import Graph, Operator, Tensor
from tinyhost.compiler.lower.window import Window
from tinyhost.compiler.passes.rewrite import AXES, window_of, with_window

__all__ = ["lay_lines"]

_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
_WORD = 4
_ONE = Window(filter=1, stride=1, dilation=1, pad=0, output=1)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A window along one axis of an input of `length` times `depth`, and where it lies in the graph."""

    axis: str
    window: Window
    length: int
    depth: int

    def shape(self, n: int, depth: int, axis: str, *, output: bool) -> tuple[int, ...]:
        size = self.window.output if output else self.length
        return (n, size, 1, depth) if axis == "H" else (n, 1, size, depth)


def lay_lines(graph: Graph) -> Graph:
    """Return the graph with lines laid the fast way, between RESHAPEs; the last pass, as others look through none."""
    layout = _Layout(graph)
    for operator in graph.operators:
        line = _line(graph, operator)
        axis = "" if line is None else _fast_axis(graph, operator, line)
        if line is None or (axis == line.axis and line.depth == graph.tensors[operator.inputs[0]].shape[3]):
            layout.operators.append(operator)
        else:
            layout.lay(operator, line, axis)
    if len(layout.tensors) == len(graph.tensors):
        return graph
    return replace(graph, tensors=tuple(layout.tensors), operators=tuple(layout.operators))


class _Layout:
    """A graph under construction."""

    def __init__(self, graph: Graph) -> None:
        self.tensors = list(graph.tensors)
        self.operators: list[Operator] = []
        self._views: dict[tuple[int, tuple[int, ...]], int] = {}

    def lay(self, operator: Operator, line: _Line, axis: str) -> None:
        """Append the operator along `axis`, reading and writing views of its tensors."""
        data, output = self.tensors[operator.inputs[0]], self.tensors[operator.outputs[0]]
        n, n_out = data.shape[0], output.shape[3]
        source = self._views.get((data.index, line.shape(n, line.depth, axis, output=False)))
        if source is None:
            source = self._view(data, line.shape(n, line.depth, axis, output=False))
            self._reshape(operator, data.index, source)
        target = self._view(output, line.shape(n, n_out, axis, output=True))
        laid = with_window(with_window(operator, "H", _ONE), "W", _ONE)
        inputs = (source, *operator.inputs[1:])
        if operator.code not in _POOLS:
            filters = self.tensors[operator.inputs[1]]
            size = line.window.filter
            depth = filters.n_elements // (size * filters.shape[0])
            taps = (size, 1) if axis == "H" else (1, size)
            inputs = (source, self._append(filters, (filters.shape[0], *taps, depth)), *operator.inputs[2:])
        self.operators.append(with_window(replace(laid, inputs=inputs, outputs=(target,)), axis, line.window))
        self._reshape(operator, target, output.index)

    def _append(self, tensor: Tensor, shape: tuple[int, ...]) -> int:
        self.tensors.append(replace(tensor, index=len(self.tensors), shape=shape))
        return len(self.tensors) - 1

    def _view(self, tensor: Tensor, shape: tuple[int, ...]) -> int:
        view = self._append(tensor, shape)
        self._views[tensor.index, shape] = view
        return view

    def _reshape(self, operator: Operator, source: int, target: int) -> None:
        reshape = Operator(index=operator.index, code="RESHAPE", inputs=(source,), outputs=(target,), options={})
        self.operators.append(reshape)


def _line(graph: Graph, operator: Operator) -> _Line | None:
    """Return the line of an operator whose outputs form one; None if they do not.

    Across the line, the window sees the whole input at once: a single column, or for filters over all channels any
    number, which are then channels of the line.
    """
    if operator.code not in ("CONV_2D", "DEPTHWISE_CONV_2D", *_POOLS):
        return None
    data = graph.tensors[operator.inputs[0]]
    if data.data is not None:
        return None
    windows = {axis: window_of(graph, operator, axis) for axis in AXES}
    height, width, depth = data.shape[1:]
    if windows["W"].output == 1 and height > 1 and _whole(graph, operator, windows["W"], width):
        return _Line(axis="H", window=windows["H"], length=height, depth=width * depth)
    if windows["H"].output == windows["H"].filter == height == 1 and width > 1:
        return _Line(axis="W", window=windows["W"], length=width, depth=depth)
    return None


def _whole(graph: Graph, operator: Operator, window: Window, width: int) -> bool:
    """Return whether a window sees the whole width at once, so that its columns may be channels."""
    if window.filter != width or window.pad > 0:
        return False
    dense = operator.code == "CONV_2D" and _is_dense(graph, operator)
    return width == 1 or (dense and window.dilation == 1)


def _is_dense(graph: Graph, operator: Operator) -> bool:
    return graph.tensors[operator.inputs[1]].shape[3] == graph.tensors[operator.inputs[0]].shape[3]


def _fast_axis(graph: Graph, operator: Operator, line: _Line) -> str:
    dilated = line.window.dilation > 1 and line.window.filter > 1
    tall = operator.code == "CONV_2D" and _is_dense(graph, operator) and dilated and line.depth >= _WORD
    return "H" if tall else "W"
