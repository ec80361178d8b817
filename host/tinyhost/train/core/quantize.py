"""Post-training int8 quantization, and running the result on this computer."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import ModelError
from tinyhost.train.core.tensor_names import shorten_tensor_names

__all__ = [
    "INPUT_SCALE",
    "INPUT_ZERO_POINT",
    "Int8Model",
    "checked_int8",
    "convert_int8",
    "layer_names",
    "to_int8_tflite",
]

INPUT_SCALE = 1 / 255
INPUT_ZERO_POINT = -128
"""So that the int8 input is the grey level minus 128, with no arithmetic on the board."""


def to_int8_tflite(model: Any, samples: NDArray[np.uint8]) -> bytes:
    """Return a Keras model as a .tflite with int8 input, output and weights, batch size 1.

    samples: (n, height, width) grey levels, or features + 128, that stand for what the model will see. A black and a
    white one are added, so that the input range is exactly [0, 1].
    Raises ModelError if the input quantization is not pixel - 128.
    """
    _, height, width, _ = model.input_shape
    black_white = np.stack([np.full((height, width), v, np.uint8) for v in (0, 255)])
    calibration = np.concatenate([black_white, samples]).astype(np.float32) / np.float32(255)
    return checked_int8(convert_int8(model, calibration[..., None]), layer_names(model))


def convert_int8(model: Any, calibration: NDArray[np.float32]) -> bytes:
    """Return a Keras model as a .tflite with int8 input, output and weights, batch size 1.

    calibration: (n, ...) inputs, of which the ranges of all tensors are taken.
    """
    import keras
    import tensorflow as tf

    def representative() -> Any:
        for sample in calibration:
            yield [sample[None]]

    # A fixed batch size keeps shape arithmetic (SHAPE, STRIDED_SLICE, PACK) out of the graph.
    one_sample = keras.Input(batch_shape=(1, *calibration.shape[1:]), name=model.layers[0].name)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(one_sample, model(one_sample)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    with _silence():
        return bytes(converter.convert())


def layer_names(model: Any) -> tuple[str, ...]:
    """Return the names after which `shorten_tensor_names` names tensors."""
    return tuple(dict.fromkeys(layer.name.split("_")[0] for layer in model.layers))


def checked_int8(converted: bytes, layers: tuple[str, ...]) -> bytes:
    """Return a converted .tflite with short tensor names; raises ModelError if its input is not grey level - 128."""
    content = shorten_tensor_names(converted, layers)
    scale, zero_point = Int8Model(content).input_quantization
    if zero_point != INPUT_ZERO_POINT or abs(scale - INPUT_SCALE) > 1e-7:
        raise ModelError(
            f"quantized model: expected input scale 1/255 and zero point {INPUT_ZERO_POINT}, "
            f"got {scale} and {zero_point}",
            hint="the converter of this TensorFlow calibrates differently; report it",
        )
    return content


@contextmanager
def _silence() -> Iterator[None]:
    """Keep TensorFlow's prints and deprecation notes out of a caller's output; errors still raise."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


class Int8Model:
    """An int8 .tflite on this computer, run with TFLite's reference kernels, as TFLM's are.

    Raises ModelError if the file has no int8 input and output.
    """

    def __init__(self, content: bytes) -> None:
        import tensorflow as tf

        with _silence():
            self._interpreter = tf.lite.Interpreter(
                model_content=content,
                experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        if self._input["dtype"] is not np.int8 or self._output["dtype"] is not np.int8:
            raise ModelError(
                f"expected int8 input and output, got {self._input['dtype'].__name__} "
                f"and {self._output['dtype'].__name__}",
                hint="convert the model with full integer quantization",
            )

    @property
    def input_quantization(self) -> tuple[float, int]:
        """Scale and zero point of the input."""
        scale, zero_point = self._input["quantization"]
        return float(scale), int(zero_point)

    @property
    def n_outputs(self) -> int:
        """Number of output values."""
        return int(np.prod(self._output["shape"]))

    def operators(self) -> tuple[str, ...]:
        """Return the distinct operators of the graph, by name."""
        names = {op["op_name"] for op in self._interpreter._get_ops_details()}
        return tuple(sorted(names - {"DELEGATE"}))

    def run(self, picture: NDArray[np.uint8]) -> NDArray[np.int8]:
        """Return the raw int8 outputs for one (height, width) picture of grey levels."""
        tensor = (picture.astype(np.int16) - 128).astype(np.int8).reshape(self._input["shape"])
        self._interpreter.set_tensor(self._input["index"], tensor)
        self._interpreter.invoke()
        answer: NDArray[np.int8] = self._interpreter.get_tensor(self._output["index"]).reshape(-1)
        return answer
