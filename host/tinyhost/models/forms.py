"""The forms in which TensorFlow's converter writes a model, told from the types of weights and activations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tinyhost.compiler.graph import Graph

__all__ = ["Form", "form_of", "weights_of"]

Form = Literal["float32", "float16", "dynamic", "int8", "int16x8", "other"]
_WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
_FORMS: dict[tuple[str, str], Form] = {
    ("float32", "float32"): "float32",
    ("float16", "float32"): "float16",
    ("int8", "float32"): "dynamic",
    ("int8", "int8"): "int8",
    ("int8", "int16"): "int16x8",
}


def _layers(graph: Graph) -> Iterable[tuple[int, int]]:
    """Yield the tensors of each layer with weights: its input, and the weights as the file has them.

    Weights of float16 come out of an operator that widens them.
    """
    widened = {operator.outputs[0]: operator.inputs[0] for operator in graph.operators if operator.code == "DEQUANTIZE"}
    for operator in graph.operators:
        if operator.code in _WEIGHTED:
            places = (2, 1) if operator.code == "TRANSPOSE_CONV" else (0, 1)
            x, weights = (operator.inputs[place] for place in places)
            yield x, widened.get(weights, weights)


def weights_of(graph: Graph) -> Iterable[tuple[bytes, str]]:
    """Yield the weights of each layer, each constant once: its bytes, and its type."""
    seen = dict.fromkeys(weights for _, weights in _layers(graph))
    for index in seen:
        tensor = graph.tensors[index]
        if tensor.data and tensor.dtype in ("int8", "float16", "float32"):
            yield tensor.data, tensor.dtype


def form_of(graph: Graph) -> Form:
    """Return the form of a graph, by its layers with weights."""
    forms = {(graph.tensors[weights].dtype, graph.tensors[x].dtype) for x, weights in _layers(graph)}
    if len(forms) > 1:
        forms.discard(("float32", "float32"))  # a converter leaves small constants as they are
    return _FORMS.get(forms.pop(), "other") if len(forms) == 1 else "other"
