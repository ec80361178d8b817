"""Post-training int8 quantization."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError
from tinyhost.train.core.tensor_names import shorten_tensor_names

__all__ = ["checked_int8", "convert", "convert_int8", "drawn", "layer_names", "to_int8_tflite", "unit_range_int8"]

INPUT_SCALE, INPUT_ZERO_POINT = 1 / 255, -128
"""of an input in 0..1: the int8 input is the grey level minus 128, with no arithmetic on the board"""
_SCALE_TOLERANCE = 1e-5


def drawn(samples: NDArray[Any], n: int, seed: int) -> NDArray[Any]:
    """Return at most n samples, drawn at random, as the representative data set."""
    return samples[np.random.default_rng(seed).permutation(len(samples))[:n]]


def to_int8_tflite(model: Any, samples: NDArray[np.float32]) -> bytes:
    """Return a Keras model as a .tflite with int8 input, output and weights, batch size 1.

    samples: (n, height, width, 1) in [0, 1]. One of zeros and one of ones are added, so that the input's range is
    exactly [0, 1]. Raises ModelError if it is not.
    """
    ends = np.stack([np.full(samples.shape[1:], value, np.float32) for value in (0, 1)])
    return unit_range_int8(convert_int8(model, np.concatenate([ends, samples])), model)


def convert_int8(model: Any, calibration: NDArray[np.float32]) -> bytes:
    """Return a Keras model as a .tflite with int8 input, output and weights, batch size 1.

    calibration: (n, ...) inputs, of which the ranges of all tensors are taken.
    """
    return convert(model, "int8", calibration)


def convert(model: Any, form: str, calibration: NDArray[np.float32]) -> bytes:
    """Return a Keras model as a .tflite of batch size 1 in one of FORMS; int8 and 16x8 have integer ends, too.

    calibration: (n, ...) inputs, of which int8 and 16x8 take the ranges of all tensors.
    """
    import keras
    import tensorflow as tf

    def representative() -> Any:
        for sample in calibration:
            yield [sample[None]]

    # A fixed batch size keeps shape arithmetic (SHAPE, STRIDED_SLICE, PACK) out of the graph.
    one_sample = keras.Input(batch_shape=(1, *calibration.shape[1:]), name=model.layers[0].name)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(one_sample, model(one_sample)))
    kinds = tf.lite.OpsSet
    integers = {
        "int8": (kinds.TFLITE_BUILTINS_INT8, tf.int8),
        "16x8": (kinds.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8, tf.int16),
    }
    if form != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form in integers:
        operators, ends = integers[form]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [operators]
        converter.inference_input_type = converter.inference_output_type = ends
    with _silence():
        return bytes(converter.convert())


def layer_names(model: Any) -> tuple[str, ...]:
    """Return the layer names that `shorten_tensor_names` gives to tensors."""
    return tuple(dict.fromkeys(layer.name.split("_")[0] for layer in model.layers))


def unit_range_int8(converted: bytes, model: Any) -> bytes:
    """Return a converted Keras model with short tensor names; raises ModelError if its input's range is not [0, 1]."""
    return checked_int8(converted, layer_names(model), INPUT_SCALE, INPUT_ZERO_POINT)


def checked_int8(converted: bytes, layers: tuple[str, ...], scale: float, zero_point: int) -> bytes:
    """Return a converted .tflite with short tensor names; raises ModelError if its input is quantized otherwise."""
    content = shorten_tensor_names(converted, layers)
    graph = read_tflite(content, where="quantized model")
    tensor = graph.tensors[graph.input]
    if tensor.zero_point != zero_point or abs(float(tensor.scale) / scale - 1.0) > _SCALE_TOLERANCE:
        raise ModelError(
            f"quantized model: expected input scale {scale:.6f} and zero point {zero_point}, "
            f"got {tensor.scale:.6f} and {tensor.zero_point}",
            hint="the converter of this TensorFlow calibrates differently; report it",
        )
    return content


@contextmanager
def _silence() -> Iterator[None]:
    """Keep TensorFlow's prints and deprecation notes out of a caller's output; errors still raise."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
