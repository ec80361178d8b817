"""A network that others trained on colour pictures, made grey: the same answers to grey pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinyhost.errors import ModelError
from tinyhost.train.core.fitting import import_keras
from tinyhost.train.vww.feed import to_input
from tinyhost.train.vww.network import mobilenet_v1
from tinyhost.train.vww.published import load_published

from tests.unit.train.keras_files import write_keras2

pytestmark = pytest.mark.train


def _colour_network() -> Any:
    """Return a MobileNetV1 0.25 as such weights are published: RGB in 0..255, ReLU, biases, person first."""
    keras = import_keras()
    keras.utils.set_random_seed(3)
    layers = keras.layers
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    widths = (16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)

    def normed(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization(gamma_initializer="random_uniform")(x))

    picture = keras.Input((96, 96, 3))
    x = normed(layers.Conv2D(8, 3, 2, "same", bias_initializer="random_normal")(picture))
    for stride, width in zip(strides, widths, strict=True):
        x = normed(layers.DepthwiseConv2D(3, stride, "same", bias_initializer="random_normal")(x))
        x = normed(layers.Conv2D(width, 1, bias_initializer="random_normal")(x))
    x = layers.Flatten()(layers.AveragePooling2D(3)(x))
    model = keras.Model(picture, layers.Dense(2, activation="softmax", kernel_initializer="random_normal")(x))
    pictures = np.random.default_rng(1).uniform(0, 255, (16, 96, 96, 3)).astype(np.float32)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            values = keras.Model(picture, layer.input).predict(pictures, verbose=0)
            gamma, beta, _, _ = layer.get_weights()
            mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
            layer.set_weights([8.0 + gamma, beta, mean, variance + 1e-3])  # activations that ReLU6 would cut
    return model


def test_grey_pictures_have_the_answers_of_the_colour_network(tmp_path: Path) -> None:
    colour = _colour_network()
    write_keras2(colour, tmp_path / "w.h5")
    pictures = np.random.default_rng(2).integers(0, 256, (12, 96, 96), np.uint8)
    grey = mobilenet_v1(size=96, alpha=0.25, n_classes=2, dropout=0.0, l2=0.0)
    load_published(grey, tmp_path / "w.h5", pictures, (1, 0))
    expected = colour.predict(np.repeat(pictures[..., None], 3, axis=3).astype(np.float32), verbose=0)
    np.testing.assert_allclose(grey.predict(to_input(pictures), verbose=0), expected[:, ::-1], atol=1e-4)
    assert expected.std(axis=0).min() > 1e-4  # the answers do depend on the picture


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    grey = mobilenet_v1(size=96, alpha=0.25, n_classes=2, dropout=0.0, l2=0.0)
    pictures = np.zeros((2, 96, 96), np.uint8)
    (tmp_path / "text.h5").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="not the weights of a Keras network"):
        load_published(grey, tmp_path / "text.h5", pictures, (1, 0))
    keras = import_keras()
    inputs = keras.Input((4,))
    write_keras2(keras.Model(inputs, keras.layers.Dense(2)(inputs)), tmp_path / "dense.h5")
    with pytest.raises(ModelError, match="expected 27 convolutions, got 0"):
        load_published(grey, tmp_path / "dense.h5", pictures, (1, 0))
