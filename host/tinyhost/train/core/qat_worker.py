"""The process of quantization-aware training."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.train.core.feed import BatchSource, batch_dataset, progress_callback

__all__ = ["QatJob", "work"]

_RANGE = re.compile(r"(?:output|activation|quantize_layer\w*)_(min|max):0$")


@dataclass(frozen=True, kw_only=True)
class QatJob:
    """The task of the process."""

    network: Callable[[Any], Any]
    """makes the untrained network with the Keras that it is given"""
    weights: dict[str, list[NDArray[np.float32]]]
    """of the float network, by layer"""
    batches: BatchSource
    probes: NDArray[np.float32]
    """inputs (n, ...), of which the ranges of activations are taken"""
    n_epochs: int
    first_epoch: int
    """of the batches: others than the float network has just seen"""
    learning_rate: float
    label_smoothing: float
    seed: int


def work(job: QatJob, log: Path, messages: Connection) -> None:
    """Train, convert; send progress, then the .tflite. The output of TensorFlow goes to the log."""
    os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3")
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    messages.send(_convert(_train(job, messages), job.probes.shape[1:]))


def _train(job: QatJob, messages: Connection) -> Any:
    """Return the fitted network with rounding in it. Only batch normalization is folded at the end."""
    import tensorflow_model_optimization as tfmot
    import tf_keras as keras

    keras.utils.set_random_seed(job.seed)
    model = job.network(keras)
    for name, weights in job.weights.items():
        model.get_layer(name).set_weights(weights)
    rounded = tfmot.quantization.keras.quantize_model(model)
    _set_ranges(keras, rounded, model, job.probes)
    n_steps = len(job.batches) * job.n_epochs
    rate = keras.optimizers.schedules.CosineDecay(job.learning_rate, max(1, n_steps), alpha=0.05)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=job.label_smoothing)
    rounded.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    callback = progress_callback(keras, "rounding", job.n_epochs, len(job.batches), messages.send)
    batches = batch_dataset(job.batches, job.first_epoch)
    rounded.fit(batches, epochs=job.n_epochs, callbacks=[callback], verbose=0)
    _assign(rounded.layers[1], 0.0, 1.0)  # exactly, so that the input's int8 values are the features
    return rounded


def _set_ranges(keras: Any, rounded: Any, model: Any, probes: NDArray[np.float32]) -> None:
    """Give each activation the range that it has in the float network.

    The toolkit starts at -6..6 and moves by a thousandth a step, so a short training would end with half of the int8
    values unused.
    """
    _assign(rounded.layers[1], 0.0, 1.0)
    for layer in model.layers[1:]:
        twin = rounded.get_layer(f"quant_{layer.name}")
        if not any(_RANGE.search(weight.name) for weight in twin.weights):
            continue
        is_dense_end = layer is model.layers[-1] and bool(layer.weights)
        values = keras.Model(model.input, layer.input if is_dense_end else layer.output).predict(
            probes, batch_size=256, verbose=0
        )
        if is_dense_end:  # its range is that of the logits, before the softmax
            kernel, bias = layer.get_weights()
            values = values @ kernel + bias
        _assign(twin, min(0.0, float(values.min())), max(0.0, float(values.max())))


def _assign(layer: Any, low: float, high: float) -> None:
    """Set the range of a layer's activation; the ranges of its weights follow from the weights."""
    for weight in layer.weights:
        found = _RANGE.search(weight.name)
        if found:
            weight.assign(low if found[1] == "min" else high)


def _convert(model: Any, shape: tuple[int, ...]) -> bytes:
    import tensorflow as tf

    one_sample = tf.TensorSpec((1, *shape), tf.float32, name=model.layers[0].name)
    function = tf.function(lambda sample: model(sample, training=False)).get_concrete_function(one_sample)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())
