"""Functions that all adaptations use: changes of tensors and operators, and messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Operator, Quantization, Tensor
from tinyhost.compiler.passes.rewrite import producer_of, readers_of
from tinyhost.errors import UnsupportedModelError

__all__ = ["Adapted", "adapt_error", "only_reader", "operator_name", "rescaled", "with_tensors", "writer"]


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """An adapted graph, with its changes in sentences."""

    graph: Graph
    done: tuple[str, ...]
    is_exact: bool = True
    """outputs are bit-identical except for the requested change"""


def adapt_error(where: str, what: str, why: str, hint: str) -> UnsupportedModelError:
    """Return the error for an adaptation that is not possible for a model."""
    return UnsupportedModelError(f"{where}: {what}: {why}", hint=hint)


def operator_name(operator: Operator | None) -> str:
    """Return the name of an operator in messages."""
    return f"operator {operator.index} ({operator.code})" if operator else "no operator"


def with_tensors(graph: Graph, tensors: Iterable[Tensor]) -> Graph:
    """Return the graph in which these tensors replace those with their indices."""
    changed = {tensor.index: tensor for tensor in tensors}
    return replace(graph, tensors=tuple(changed.get(tensor.index, tensor) for tensor in graph.tensors))


def only_reader(graph: Graph, tensor: int) -> Operator | None:
    """Return the only operator that reads a tensor; None if there are several, or if it is the output."""
    readers = readers_of(graph, tensor)
    return readers[0] if len(readers) == 1 and tensor != graph.output else None


def writer(graph: Graph, tensor: int) -> Operator | None:
    """Return the operator that writes a tensor, if that is read by one operator only or is the output."""
    readers = len(readers_of(graph, tensor)) + (tensor == graph.output)
    return producer_of(graph, tensor) if readers == 1 else None


def rescaled(bias: Tensor, values: NDArray[np.float64], scales: NDArray[np.float64], where: str) -> Tensor:
    """Return an int32 bias with the real values (n,) `values`, with one scale for each."""
    units = np.rint(values / scales)
    if np.abs(units).max(initial=0) >= 1 << 31:
        raise adapt_error(where, "bias", f"{np.abs(units).max():.3g} does not fit int32", "convert the model again")
    if (scales == scales[:1]).all():
        scales = scales[:1]
    quantization = Quantization(scales=scales.astype(np.float32), zero_points=np.zeros(len(scales), np.int64), axis=0)
    return replace(bias, data=units.astype("<i4").tobytes(), quantization=quantization)
