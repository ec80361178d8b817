"""What adaptations share: changed tensors and operators of a graph, and words about them."""

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
    """A graph, and what was done to it, in sentences."""

    graph: Graph
    done: tuple[str, ...]
    is_exact: bool = True
    """every output stays as it was, to the bit, up to what was asked for"""


def adapt_error(where: str, what: str, why: str, hint: str) -> UnsupportedModelError:
    """Return the error of an adaptation that a model does not allow."""
    return UnsupportedModelError(f"{where}: {what}: {why}", hint=hint)


def operator_name(operator: Operator | None) -> str:
    """Return how messages name an operator."""
    return f"operator {operator.index} ({operator.code})" if operator else "no operator"


def with_tensors(graph: Graph, tensors: Iterable[Tensor]) -> Graph:
    """Return the graph with these tensors in the places of their indices."""
    changed = {tensor.index: tensor for tensor in tensors}
    return replace(graph, tensors=tuple(changed.get(tensor.index, tensor) for tensor in graph.tensors))


def only_reader(graph: Graph, tensor: int) -> Operator | None:
    """Return the operator that alone reads a tensor; None if several do, or it is the output."""
    readers = readers_of(graph, tensor)
    return readers[0] if len(readers) == 1 and tensor != graph.output else None


def writer(graph: Graph, tensor: int) -> Operator | None:
    """Return the operator that writes a tensor which nothing else reads but the end of the model, or one operator."""
    readers = len(readers_of(graph, tensor)) + (tensor == graph.output)
    return producer_of(graph, tensor) if readers == 1 else None


def rescaled(bias: Tensor, values: NDArray[np.float64], scales: NDArray[np.float64], where: str) -> Tensor:
    """Return a bias whose real values are (n,) `values`, in int32 of such scales, one each."""
    units = np.rint(values / scales)
    if np.abs(units).max(initial=0) >= 1 << 31:
        raise adapt_error(where, "bias", f"{np.abs(units).max():.3g} does not fit int32", "convert the model anew")
    if (scales == scales[:1]).all():
        scales = scales[:1]
    quantization = Quantization(scales=scales.astype(np.float32), zero_points=np.zeros(len(scales), np.int64), axis=0)
    return replace(bias, data=units.astype("<i4").tobytes(), quantization=quantization)
