"""Small networks for keyword spotting: 49 strides of 40 features -> classes.

Written for any Keras: Keras 3 trains the float network, quantization-aware training needs Keras 2.
"""

from __future__ import annotations

from typing import Any

from tinyhost.train.kws.config import Architecture

__all__ = ["N_CHANNELS", "N_STRIDES", "kws_network"]

N_STRIDES, N_CHANNELS = 49, 40
_MOMENTUM = 0.95


def kws_network(keras: Any, *, arch: Architecture, width: int, n_classes: int, dropout: float, l2: float) -> Any:
    """Return an untrained model: (n, 49, 40, 1) features in [0, 1] -> (n, n_classes) softmax.

    keras: the module. width: channels of ds_cnn, a multiple of 8; tiny_conv has no use for it. l2: penalty, a factor.
    """
    sound = keras.Input((N_STRIDES, N_CHANNELS, 1), name="features")
    body = _tiny_conv if arch == "tiny_conv" else _ds_cnn
    x = body(keras, sound, width, dropout, keras.regularizers.L2(l2))
    scores = keras.layers.Dense(n_classes, activation="softmax", name="scores")(x)
    return keras.Model(sound, scores, name=arch)


def _tiny_conv(keras: Any, sound: Any, width: int, dropout: float, penalty: Any) -> Any:
    """TFLM's micro_speech: one convolution of 8 filters over 10 strides and 8 channels, then one dense layer."""
    del width
    layers = keras.layers
    x = layers.Conv2D(8, (10, 8), 2, "same", use_bias=False, kernel_regularizer=penalty, name="conv")(sound)
    x = layers.BatchNormalization(momentum=_MOMENTUM, name="conv_norm")(x)
    x = layers.ReLU(name="conv_relu")(x)  # (n, 25, 20, 8)
    x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Flatten(name="flat")(x)


def _ds_cnn(keras: Any, sound: Any, width: int, dropout: float, penalty: Any) -> Any:
    """MLPerf Tiny's DS-CNN (Zhang et al. 2017, arXiv:1711.07128): a convolution, four depthwise-separable ones, a mean.

    Its input is 49x10; of 49x40 features the first convolution takes every fourth channel, and the first block every
    other of what is left, so that a network costs about a third of MLPerf's.
    """
    layers = keras.layers

    def norm_relu(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(momentum=_MOMENTUM, name=f"{name}_norm")(x)
        return layers.ReLU(6.0, name=f"{name}_relu")(x)

    x = layers.Conv2D(width // 2, (10, 8), (2, 4), "same", use_bias=False, kernel_regularizer=penalty, name="conv0")(
        sound
    )  # (n, 25, 10, width / 2)
    x = norm_relu(x, "conv0")
    for block in range(1, 5):
        stride = 2 if block == 1 else 1
        x = layers.DepthwiseConv2D(3, stride, "same", use_bias=False, name=f"depthwise{block}")(x)
        x = norm_relu(x, f"depthwise{block}")
        x = layers.Conv2D(width, 1, use_bias=False, kernel_regularizer=penalty, name=f"conv{block}")(x)
        x = norm_relu(x, f"conv{block}")  # (n, 13, 5, width)
    x = layers.AveragePooling2D((13, 5), name="pool")(x)  # (n, 1, 1, width)
    x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Flatten(name="flat")(x)
