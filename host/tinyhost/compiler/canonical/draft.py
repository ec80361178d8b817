"""A graph that is being rewritten, operator by operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Operator, OptionValue, Tensor
from tinyhost.compiler.passes.rewrite import new_constant

__all__ = ["Draft", "is_whole"]

_INTEGERS = ("int32", "int64", "bool")


def is_whole(operator: Operator, n_inputs: int) -> bool:
    """Return whether an operator has exactly this number of inputs, none omitted, and one output."""
    return (
        len(operator.inputs) == n_inputs
        and len(operator.outputs) == 1
        and min(*operator.inputs, *operator.outputs) >= 0
    )


class Draft:
    """Tensors and operators of the new graph; those of the old one keep their indices and names."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.tensors: list[Tensor] = list(graph.tensors)
        self._operators: list[Operator] = []

    def graph(self) -> Graph:
        """Return the new graph; the old one itself if it has the same operators and tensors."""
        if tuple(self._operators) == self._graph.operators and tuple(self.tensors) == self._graph.tensors:
            return self._graph
        return replace(self._graph, tensors=tuple(self.tensors), operators=tuple(self._operators))

    def keep(self, operator: Operator) -> None:
        """Add an operator as it is."""
        self._operators.append(operator)

    def emit(
        self, like: Operator, code: str, inputs: Sequence[int], output: int, options: Mapping[str, OptionValue]
    ) -> int:
        """Add an operator in the place of `like`, by whose number errors name it; return its output."""
        operator = replace(like, code=code, inputs=tuple(inputs), outputs=(output,), options=dict(options))
        self._operators.append(operator)
        return output

    def view(self, like: Operator, source: int, output: int) -> int:
        """Add a RESHAPE to the shape of `output`; return that."""
        return self.emit(like, "RESHAPE", [source], output, {})

    def viewed(self, like: Operator, source: int, shape: Sequence[int]) -> int:
        """Return a tensor that holds `source` in another shape."""
        tensor = self.tensors[source]
        if tensor.data is not None:
            self.tensors.append(replace(tensor, index=len(self.tensors), shape=tuple(shape)))
            return len(self.tensors) - 1
        return self.view(like, source, self.tensor(tensor, shape))

    def tensor(self, like: Tensor, shape: Sequence[int]) -> int:
        """Add a tensor with type, quantization and name of `like`; return its index."""
        self.tensors.append(replace(like, index=len(self.tensors), shape=tuple(shape), data=None))
        return len(self.tensors) - 1

    def constant(self, name: str, values: NDArray[Any]) -> int:
        """Add a constant and return its index."""
        return new_constant(self.tensors, name, values)

    def narrow(self, index: int) -> None:
        """Make int32 of a tensor of int64 whose values fit, unless the model's user sees it."""
        if self.tensors[index].dtype == "int64" and index not in self._graph.outputs:
            self.tensors[index] = replace(self.tensors[index], dtype="int32")

    def was_reshaped(self, index: int) -> bool:
        """Return whether a tensor of the old graph has been given another shape."""
        return 0 <= index < len(self._graph.tensors) and self.tensors[index].shape != self._graph.tensors[index].shape

    def integers(self, index: int) -> NDArray[np.int64] | None:
        """Return the values of a tensor of constant integers; None for any other, and for an omitted one (-1)."""
        tensor = self.tensors[index] if index >= 0 else None
        if tensor is None or tensor.data is None or tensor.dtype not in _INTEGERS:
            return None
        return tensor.array().astype(np.int64)

    def set_constant(self, index: int, values: NDArray[np.int64]) -> None:
        """Replace a computed tensor by the constant that it always is."""
        tensor = self.tensors[index]
        data = values.astype(np.dtype(tensor.dtype).newbyteorder("<")).tobytes()
        self.tensors[index] = replace(tensor, data=data)
