"""What the process of quantization-aware training does."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.train.core.feed import batch_dataset, progress_callback
from tinyhost.train.kws.config import KwsTrainConfig
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.network import N_CHANNELS, N_STRIDES, kws_network
from tinyhost.train.kws.rounds import load_round

__all__ = ["QatJob", "work"]

_N_CALIBRATION = 1024
_RANGE = re.compile(r"(?:output|activation|quantize_layer\w*)_(min|max):0$")


@dataclass(frozen=True, kw_only=True)
class QatJob:
    """What the process is told."""

    config: KwsTrainConfig
    n_classes: int
    rounds: tuple[Path, ...]
    weights: dict[str, list[NDArray[np.float32]]]
    """of the float network, by layer"""


def work(job: QatJob, log: Path, messages: Connection) -> None:
    """Train on, convert; send progress, then the .tflite. Whatever TensorFlow prints goes to the log."""
    os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3")
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    messages.send(_convert(_train(job, messages)))


def _train(job: QatJob, messages: Connection) -> Any:
    """Return the network with rounding in it, fitted. Only the folding of batch normalization is left to the end."""
    import tensorflow_model_optimization as tfmot
    import tf_keras as keras

    config, n_epochs = job.config, job.config.qat_epochs
    keras.utils.set_random_seed(config.seed)
    model = kws_network(
        keras, arch=config.arch, width=config.width, n_classes=job.n_classes, dropout=config.dropout, l2=0.0
    )
    for name, weights in job.weights.items():
        model.get_layer(name).set_weights(weights)
    rounded = tfmot.quantization.keras.quantize_model(model)
    _set_ranges(keras, rounded, model, load_round(job.rounds[0]).features[:_N_CALIBRATION])
    feed = KwsBatches(job.rounds, job.n_classes, config.batch_size, config.seed, min_steps=config.min_steps_per_epoch)
    rate = keras.optimizers.schedules.CosineDecay(config.qat_learning_rate, max(1, len(feed) * n_epochs), alpha=0.05)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
    rounded.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    callback = progress_callback(keras, "rounding", n_epochs, len(feed), messages.send)
    rounded.fit(batch_dataset(feed, n_epochs), epochs=n_epochs, callbacks=[callback], verbose=0)
    _assign(rounded.layers[1], 0.0, 1.0)  # exactly, so that the input's int8 values are the features
    return rounded


def _set_ranges(keras: Any, rounded: Any, model: Any, features: NDArray[np.int8]) -> None:
    """Give each activation the range that it has in the float network.

    The toolkit starts at -6..6 and moves by a thousandth a step, so a short training would end with half of the int8
    values unused.
    """
    sound = to_input(features)
    _assign(rounded.layers[1], 0.0, 1.0)
    for layer in model.layers[1:]:
        twin = rounded.get_layer(f"quant_{layer.name}")
        if not any(_RANGE.search(weight.name) for weight in twin.weights):
            continue
        values = keras.Model(model.input, layer.input if layer is model.layers[-1] else layer.output).predict(
            sound, batch_size=256, verbose=0
        )
        if layer is model.layers[-1]:  # its range is that of the logits, before the softmax
            kernel, bias = layer.get_weights()
            values = values @ kernel + bias
        _assign(twin, min(0.0, float(values.min())), max(0.0, float(values.max())))


def _assign(layer: Any, low: float, high: float) -> None:
    """Set the range of a layer's activation; its weights' ranges follow the weights by themselves."""
    for weight in layer.weights:
        found = _RANGE.search(weight.name)
        if found:
            weight.assign(low if found[1] == "min" else high)


def _convert(model: Any) -> bytes:
    import tensorflow as tf

    shape = tf.TensorSpec((1, N_STRIDES, N_CHANNELS, 1), tf.float32, name="features")
    function = tf.function(lambda features: model(features, training=False)).get_concrete_function(shape)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())
