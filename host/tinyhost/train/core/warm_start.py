"""Start training from a quantized model instead of random weights.

A few hundred captures are too few to learn from nothing, but enough to adapt a network that already
sees shapes. Any int8 .tflite of the same architecture will do: the one that ships, an earlier run's, or
TFLM's person_detect, whose weights come from photographs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Quantization, Tensor
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError
from tinyhost.models.file import labels_beside, read_tflite_file
from tinyhost.train.core.fitting import BEST_WEIGHTS

__all__ = [
    "UNIT_RANGE",
    "InputSteps",
    "load_run_weights",
    "load_start",
    "load_tflite_body",
    "load_tflite_weights",
    "n_outputs",
    "start_file",
]

_N_PROBED = 128
_SAME = "start from a model of the same architecture: one that ships, or an earlier run's"


@dataclass(frozen=True, kw_only=True)
class InputSteps:
    """The board's quantization of a network's input."""

    per_unit: float
    zero: int
    """int8 of 0.0"""


UNIT_RANGE = InputSteps(per_unit=255.0, zero=-128)
"""of inputs in [0, 1]"""


@dataclass(frozen=True, kw_only=True)
class _Weighted:
    """Real-valued weights (height, width, in, out) and bias (out,) of one quantized layer; a dense one is 1x1."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


def start_file(source: Path) -> Path:
    """Return the file to start from: a run folder's weights or its model. Raises ModelError without one."""
    if source.is_dir():
        source = next((source / name for name in (BEST_WEIGHTS, "model.tflite") if (source / name).is_file()), source)
    if not source.is_file():
        raise ModelError(f"{source}: not a model to start from", hint="a run's folder, a .tflite, or an .h5 of weights")
    return source


def load_start(
    network: Callable[[int], Any],
    n_classes: int,
    source: Path,
    inputs: NDArray[np.float32],
    steps: InputSteps = UNIT_RANGE,
) -> Any:
    """Return a network of n_classes with the weights of a file that `start_file` takes, or an earlier run's folder.

    network: makes an untrained one of so many classes. The last layer is taken over only if it has as many. Raises
    ModelError for weights of another network.
    """
    source, model = start_file(source), network(n_classes)
    if source.suffix == ".tflite":
        load_tflite_weights(model, read_tflite_file(source)[0], inputs, str(source), steps)
        return model
    n_own = len(labels_beside(source)) or n_classes
    start = network(n_own)
    load_run_weights(start, source)
    if n_own == n_classes:
        return start
    head = _layers_with_weights(start)[-1].name
    for layer in start.layers:
        if layer.name != head:
            model.get_layer(layer.name).set_weights(layer.get_weights())
    return model


def load_tflite_weights(
    model: Any, content: bytes, inputs: NDArray[np.float32], where: str, steps: InputSteps = UNIT_RANGE
) -> None:
    """Give a network of convolutions the weights of an int8 .tflite of the same one, batch normalization unfolded.

    inputs: (n, height, width, 1), of which the board makes steps; their statistics become those of the normalization,
    so that the model answers the same in training and afterwards. The last layer is taken over only if it has
    as many classes. where: the file, for errors.
    Raises ModelError if the file is not of the same architecture.
    """
    convolutions = _read_convolutions(read_tflite(content, where=where), where, steps)
    layers = _layers_with_weights(model)
    _check_count(len(convolutions), len(layers), where)
    _give_body(model, layers[:-1], convolutions[:-1], inputs, where)
    if layers[-1].kernel.shape[-1] == len(convolutions[-1].bias):
        layers[-1].set_weights([_kernel(layers[-1], convolutions[-1], where), convolutions[-1].bias])


def load_tflite_body(model: Any, content: bytes, inputs: NDArray[np.float32], where: str) -> None:
    """Give a network the weights that an int8 .tflite has before its average, as `load_tflite_weights` does.

    What the file has beside them, such as another branch, is left out, and the last layer stays as it is.
    """
    graph = read_tflite(content, where=where)
    convolutions = _read_convolutions(_before_average(graph), where, UNIT_RANGE)
    layers = _layers_with_weights(model)
    _check_count(len(convolutions), len(layers) - 1, where)
    _give_body(model, layers[:-1], convolutions, inputs, where)


def _before_average(graph: Graph) -> Graph:
    """Return a graph of only those operators that lead to its average."""
    wanted: set[int] = set()
    for operator in reversed(graph.operators):
        if operator.code == "AVERAGE_POOL_2D" or wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
    own = tuple(operator for operator in graph.operators if wanted.intersection(operator.outputs))
    return replace(graph, operators=own)


def _layers_with_weights(model: Any) -> list[Any]:
    import keras

    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)
    return [layer for layer in model.layers if isinstance(layer, kinds)]


def _give_body(
    model: Any, layers: list[Any], convolutions: list[_Weighted], inputs: NDArray[np.float32], where: str
) -> None:
    """Set layers to the weights of convolutions, and their normalization to the statistics of inputs."""
    import keras

    for layer, convolution in zip(layers, convolutions, strict=True):
        layer.set_weights([_kernel(layer, convolution, where)])
        ones, zeros = np.ones_like(convolution.bias), np.zeros_like(convolution.bias)
        norm = model.get_layer(f"{layer.name}_norm")
        norm.set_weights([ones, convolution.bias, zeros, ones - norm.epsilon])
    probe = keras.Model(model.input, [layer.output for layer in layers])
    chosen = inputs[np.linspace(0, len(inputs) - 1, min(_N_PROBED, len(inputs))).astype(int)]
    outputs = probe.predict(chosen, batch_size=32, verbose=0)
    for layer, output, convolution in zip(layers, outputs, convolutions, strict=True):
        mean, variance = output.mean(axis=(0, 1, 2)), output.var(axis=(0, 1, 2))
        norm = model.get_layer(f"{layer.name}_norm")
        gamma = np.sqrt(variance + norm.epsilon)
        norm.set_weights([gamma, convolution.bias + mean, mean, variance])


def n_outputs(graph: Graph) -> int:
    """Return the number of classes of a classifier's graph."""
    return int(graph.tensors[graph.output].shape[-1])


def load_run_weights(model: Any, path: Path) -> None:
    """Give a network the weights that an earlier run of the same one left. Raises ModelError if they are not its."""
    try:
        model.load_weights(str(path))
    except (OSError, ValueError, KeyError) as exc:
        raise ModelError(f"{path}: not weights of this network: {str(exc).splitlines()[0]}", hint=_SAME) from exc


def _check_count(found: int, expected: int, where: str) -> None:
    if found != expected:
        raise ModelError(
            f"{where}: expected {expected} layers with weights, got {found}",
            hint=_SAME,
        )


def _kernel(layer: Any, convolution: _Weighted, where: str) -> NDArray[np.float64]:
    """Return the weights in the shape that a Keras layer wants; a 1-channel depthwise is a plain one."""
    shape = tuple(layer.kernel.shape)
    weights = convolution.weights[0, 0] if len(shape) == 2 else convolution.weights
    if weights.shape != shape and weights.swapaxes(2, 3).shape == shape:
        weights = weights.swapaxes(2, 3)
    if weights.shape != shape:
        raise ModelError(
            f"{where}: expected weights of shape {shape} for layer {layer.name}, got {weights.shape}",
            hint=_SAME,
        )
    return weights


def _read_convolutions(graph: Graph, where: str, steps: InputSteps) -> list[_Weighted]:
    """Return the convolutions of a graph in order, the first one taking the input as the board makes steps of it."""
    found: list[_Weighted] = []
    for operator in graph.operators:
        if operator.code in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}:
            picture, weights, bias = (graph.tensors[index] for index in operator.inputs)
            if weights.dtype != "int8" or weights.quantization is None or picture.quantization is None:
                raise ModelError(f"{where}: weights are not int8", hint="give a fully quantized model")
            given = None if found else steps
            found.append(_convolution(picture, weights, bias, weights.quantization, given))
    return found


def _convolution(
    picture: Tensor, weights: Tensor, bias: Tensor, quantization: Quantization, steps: InputSteps | None
) -> _Weighted:
    """Return one convolution in real values: TFLite's bias scale is input scale times weight scale.

    steps: of the network's input, if this is what takes it.
    """
    scale = quantization.scales.astype(np.float64)
    # CONV_2D is (out, height, width, in), DEPTHWISE_CONV_2D is (1, height, width, out), FULLY_CONNECTED is (out, in).
    depthwise = quantization.axis == 3
    stored = weights.array().astype(np.float64)
    stored = stored.reshape(len(stored), 1, 1, -1) if stored.ndim == 2 else stored
    real = stored * (scale if depthwise else scale.reshape(-1, 1, 1, 1))
    real = real.transpose(1, 2, 0, 3) if depthwise else real.transpose(1, 2, 3, 0)
    input_scale = float(picture.scale)
    offset = bias.array().astype(np.float64) * scale * input_scale
    if steps is not None:  # from the file's own input scale to the network's
        shift = (steps.zero - picture.zero_point) * input_scale
        offset = offset + shift * real.sum(axis=(0, 1, 2))
        real = real * (steps.per_unit * input_scale)
    return _Weighted(weights=real, bias=offset)
