"""Which channels of each tensor must be computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.passes.folding import Contribution, convolution_contribution, fully_connected_contribution
from tinyhost.compiler.passes.ranges import Ranges
from tinyhost.compiler.passes.rewrite import context_of, n_channels

__all__ = ["Liveness"]

Mask: TypeAlias = NDArray[np.bool_]


_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


class Liveness:
    """Finds the least set of channels that holds everything that is needed, and that every operator can work on.

    It starts from the graph's ends and grows until no operator asks for more: a weighted operator asks for the
    inputs that its live outputs read and that are not constants to be folded; channelwise operators want the same
    channels on both sides; whatever is unknown wants all.
    """

    def __init__(self, graph: Graph, ranges: Ranges) -> None:
        self._graph = graph
        self._ranges = ranges
        self.live: list[Mask] = [np.zeros(n_channels(tensor), bool) for tensor in graph.tensors]
        self.contributions: dict[int, Contribution] = {
            i: found for i, op in enumerate(graph.operators) if (found := self._contribution(op)) is not None
        }
        self._changed = True
        self._find()

    def _contribution(self, operator: Operator) -> Contribution | None:
        data = self._graph.tensors[operator.inputs[0]]
        values, context = self._ranges[data.index], context_of(self._graph, operator)
        if values is None or data.data is not None:
            return None
        if operator.code == "CONV_2D" and context.input(1).shape[3] == data.shape[3]:
            return convolution_contribution(context, values)
        return fully_connected_contribution(context, values) if operator.code == "FULLY_CONNECTED" else None

    def _find(self) -> None:
        for result in (*self._graph.inputs, *self._graph.results, *(state.before for state in self._graph.states)):
            self._want_all(result)
        for operator in self._graph.operators:
            if operator.code in _WEIGHTED:  # weights are cut by their operators, even if others read them as data
                for tensor in operator.inputs[1:]:
                    self._want_all(tensor)
        self._grow()
        for operator in self._graph.operators:  # a tensor has at least one channel
            for tensor in (*operator.inputs, *operator.outputs):
                if tensor >= 0 and not self.live[tensor].any():
                    self._want(tensor, np.arange(len(self.live[tensor])) == 0)
                    self._grow()

    def _grow(self) -> None:
        while self._changed:
            self._changed = False
            for i, operator in reversed(list(enumerate(self._graph.operators))):
                if i in self.contributions:
                    self._weighted(operator, self.contributions[i])
                else:
                    _RULES.get(operator.code, Liveness._everything)(self, operator)

    def _want(self, tensor: int, channels: Mask | np.bool_) -> None:
        grown = self.live[tensor] | channels
        if (grown != self.live[tensor]).any():
            self.live[tensor] = grown
            self._changed = True

    def _want_all(self, tensor: int) -> None:
        """Want every channel; -1 is an optional input that is not there."""
        if tensor >= 0:
            self._want(tensor, np.ones_like(self.live[tensor]))

    def _everything(self, operator: Operator) -> None:
        for tensor in (*operator.inputs, *operator.outputs):
            self._want_all(tensor)

    def _weighted(self, operator: Operator, contribution: Contribution) -> None:
        data, output = operator.inputs[0], operator.outputs[0]
        self._want(data, contribution.needed[self.live[output]].any(axis=0))

    def _same(self, a: int, b: int) -> None:
        self._want(b, self.live[a])
        self._want(a, self.live[b])

    def _channelwise(self, operator: Operator) -> None:
        if len(self.live[operator.inputs[0]]) != len(self.live[operator.outputs[0]]):
            self._everything(operator)
        else:
            self._same(operator.inputs[0], operator.outputs[0])

    def _binary(self, operator: Operator) -> None:
        output = operator.outputs[0]
        for tensor in operator.inputs:
            if len(self.live[tensor]) == len(self.live[output]):
                self._same(tensor, output)
            else:  # one channel for all
                self._want_all(tensor)

    def _depthwise(self, operator: Operator) -> None:
        data, output = operator.inputs[0], operator.outputs[0]
        multiplier = len(self.live[output]) // len(self.live[data])
        self._want(data, self.live[output].reshape(-1, multiplier).any(axis=1))
        self._want(output, np.repeat(self.live[data], multiplier))

    def _concatenation(self, operator: Operator) -> None:
        output = operator.outputs[0]
        rank = len(self._graph.tensors[output].shape)
        if int(operator.options["Axis"]) % rank != rank - 1:
            for tensor in operator.inputs:
                self._same(tensor, output)
            return
        first = 0
        for tensor in operator.inputs:
            end = first + len(self.live[tensor])
            inside = np.zeros_like(self.live[output])
            inside[first:end] = self.live[tensor]
            self._want(tensor, self.live[output][first:end])
            self._want(output, inside)
            first = end

    def _reshape(self, operator: Operator) -> None:
        """Flattening repeats the channels; other changes of the last dimension mix them."""
        data, output = operator.inputs[0], operator.outputs[0]
        repeats, rest = divmod(len(self.live[output]), len(self.live[data]))
        if rest:
            self._everything(operator)
            return
        self._want(data, self.live[output].reshape(repeats, -1).any(axis=0))
        self._want(output, np.tile(self.live[data], repeats))


_RULES: dict[str, Callable[[Liveness, Operator], None]] = {
    "ABS": Liveness._channelwise,
    "ADD": Liveness._binary,
    "AVERAGE_POOL_2D": Liveness._channelwise,
    "CONCATENATION": Liveness._concatenation,
    "DEPTHWISE_CONV_2D": Liveness._depthwise,
    "ELU": Liveness._channelwise,
    "GELU": Liveness._channelwise,
    "HARD_SWISH": Liveness._channelwise,
    "LEAKY_RELU": Liveness._channelwise,
    "LOGISTIC": Liveness._channelwise,
    "MAXIMUM": Liveness._binary,
    "MAX_POOL_2D": Liveness._channelwise,
    "MEAN": Liveness._channelwise,
    "MINIMUM": Liveness._binary,
    "MUL": Liveness._binary,
    "PAD": Liveness._channelwise,
    "PRELU": Liveness._binary,
    "QUANTIZE": Liveness._channelwise,
    "RELU": Liveness._channelwise,
    "RELU6": Liveness._channelwise,
    "RESHAPE": Liveness._reshape,
    "RSQRT": Liveness._channelwise,
    "SUB": Liveness._binary,
    "SUM": Liveness._channelwise,
    "TANH": Liveness._channelwise,
}
