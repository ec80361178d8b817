"""A small network over the steps of a movement."""

from __future__ import annotations

from typing import Any

from tinyhost.motion.steps import STEP_CHANNELS
from tinyhost.train.core.fitting import import_keras

__all__ = ["gesture_network"]


def gesture_network(*, n_steps: int, width: int, n_classes: int, dropout: float) -> Any:
    """Return an untrained Keras model: (n, n_steps, 6, 1) in -1 to 1 -> (n, n_classes) softmax.

    The first convolution takes all six channels of five steps; depthwise separable ones along time follow, each of
    which halves it, and the mean over what is left.
    """
    keras = import_keras()
    layers = keras.layers

    def norm_relu(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
        return layers.ReLU(6.0, name=f"{name}_relu6")(x)

    steps = keras.Input((n_steps, STEP_CHANNELS, 1), name="steps")
    x = layers.Conv2D(width, (5, STEP_CHANNELS), (1, STEP_CHANNELS), "same", use_bias=False, name="conv0")(steps)
    x = norm_relu(x, "conv0")  # (n, n_steps, 1, width)
    for index in (1, 2, 3):
        x = layers.DepthwiseConv2D((5, 1), 1, "same", use_bias=False, name=f"depthwise{index}")(x)
        x = norm_relu(x, f"depthwise{index}")
        x = layers.Conv2D(2 * width, 1, use_bias=False, name=f"conv{index}")(x)
        x = norm_relu(x, f"conv{index}")
        if index < 3:
            x = layers.MaxPooling2D((2, 1), name=f"pool{index}")(x)
    x = layers.AveragePooling2D((n_steps // 4, 1), name="pool")(x)  # (n, 1, 1, 2 * width)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(n_classes, 1, name="logits")(x)
    x = layers.Reshape((n_classes,), name="flat")(x)
    return keras.Model(steps, layers.Softmax(name="scores")(x), name="gestures")
