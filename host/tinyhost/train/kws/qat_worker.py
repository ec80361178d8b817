"""The process of quantization-aware training: `python -m tinyhost.train.kws.qat_worker JOB`, TF_USE_LEGACY_KERAS=1.

It writes a line of JSON for each step of progress to stdout, and nothing else there.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from tinyhost.system.durable import write_atomically
from tinyhost.train.core.feed import batch_dataset, progress_callback
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.network import N_CHANNELS, N_STRIDES, kws_network
from tinyhost.train.kws.qat import QatJob, job_of, load_weights
from tinyhost.train.kws.rounds import load_round

__all__ = ["main"]

_N_CALIBRATION = 1024
_RANGE = re.compile(r"(?:output|activation|quantize_layer\w*)_(min|max):0$")


def main(job_text: str) -> None:
    """Train on, convert, write the file."""
    progress = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever TensorFlow prints goes to the log
    job = job_of(job_text)
    write_atomically(Path(job.out), _convert(_train(job, progress)), sync=False)


def _train(job: QatJob, progress: TextIO) -> Any:
    """Return the network with rounding in it, fitted. Only the folding of batch normalization is left to the end."""
    import tensorflow_model_optimization as tfmot
    import tf_keras as keras

    keras.utils.set_random_seed(job.seed)
    model = kws_network(keras, arch=job.arch, width=job.width, n_classes=job.n_classes, dropout=job.dropout, l2=0.0)
    for name, weights in load_weights(Path(job.weights)).items():
        model.get_layer(name).set_weights(weights)
    rounded = tfmot.quantization.keras.quantize_model(model)
    _set_ranges(keras, rounded, model, load_round(Path(job.rounds[0])).features[:_N_CALIBRATION])
    feed = KwsBatches([Path(path) for path in job.rounds], job.n_classes, job.batch_size, job.seed)
    schedule = keras.optimizers.schedules.CosineDecay(job.learning_rate, max(1, len(feed) * job.n_epochs), alpha=0.05)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=job.label_smoothing)
    rounded.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])

    def report(at: TrainProgress) -> None:
        progress.write(json.dumps(asdict(at)) + "\n")
        progress.flush()

    callback = progress_callback(keras, "rounding", job.n_epochs, len(feed), report)
    rounded.fit(batch_dataset(feed, job.n_epochs), epochs=job.n_epochs, callbacks=[callback], verbose=0)
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


if __name__ == "__main__":
    main(sys.argv[1])
