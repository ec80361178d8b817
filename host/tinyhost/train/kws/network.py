"""Small networks for keyword spotting: 49 strides of 40 features, or of 13 -> classes.

Written for any Keras: Keras 3 trains the float network, quantization-aware training needs Keras 2.
"""

from __future__ import annotations

from typing import Any

from tinyhost.train.kws.config import Architecture

__all__ = ["N_STRIDES", "first_network", "kws_network"]

N_STRIDES = 49
_MANY = 20
_FIRST_WIDTH = 16
_MOMENTUM = 0.95
_CENTRE = -128 / 255


def kws_network(
    keras: Any, *, arch: Architecture, n_features: int, width: int, n_classes: int, dropout: float, l2: float
) -> Any:
    """Return an untrained model: (n, 49, n_features, 1) in [0, 1] -> (n, n_classes) softmax.

    keras: the module. width: channels of ds_cnn, a multiple of 8; tiny_conv has no use for it. l2: penalty, a factor.
    joint is both, whose logits are added: one can keep what it has learnt of people while the other one learns.
    """
    sound = keras.Input((N_STRIDES, n_features, 1), name="features")
    penalty, dense = keras.regularizers.L2(l2), keras.layers.Dense
    if arch == "joint":
        first = _flat(keras, _ds_cnn(keras, sound, width, penalty), dropout, "ds_")
        centred = keras.layers.Rescaling(1.0, _CENTRE, name="centred")(sound)  # 0 is where its padding is
        second = _flat(keras, _tiny_conv(keras, centred, penalty), 0.0, "tiny_")
        logits = [dense(n_classes, name="ds_logits")(first), dense(n_classes, name="tiny_logits")(second)]
        scores = keras.layers.Softmax(name="scores")(keras.layers.Add(name="logits")(logits))
    else:
        body = _tiny_conv(keras, sound, penalty) if arch == "tiny_conv" else _ds_cnn(keras, sound, width, penalty)
        scores = dense(n_classes, activation="softmax", name="scores")(_flat(keras, body, dropout, ""))
    return keras.Model(sound, scores, name=arch)


def first_network(keras: Any, *, n_features: int, l2: float) -> Any:
    """Return an untrained first network of a cascade: (n, 49, n_features, 1) in [0, 1] -> (n, 2) softmax, word last.

    A ds_cnn of 16 channels: a tenth of the work of the default one. It hears a word anywhere in its window, as a dense
    layer on all places would not.
    """
    sound = keras.Input((N_STRIDES, n_features, 1), name="features")
    body = _flat(keras, _ds_cnn(keras, sound, _FIRST_WIDTH, keras.regularizers.L2(l2)), 0.0, "")
    return keras.Model(sound, keras.layers.Dense(2, activation="softmax", name="scores")(body))


def _flat(keras: Any, x: Any, dropout: float, prefix: str) -> Any:
    x = keras.layers.Dropout(dropout, name=f"{prefix}dropout")(x)
    return keras.layers.Flatten(name=f"{prefix}flat")(x)


def _tiny_conv(keras: Any, sound: Any, penalty: Any) -> Any:
    """TFLM's micro_speech: one convolution of 8 filters over 10 strides and 8 channels, then one dense layer."""
    layers = keras.layers
    x = layers.Conv2D(8, (10, 8), 2, "same", use_bias=False, kernel_regularizer=penalty, name="conv")(sound)
    x = layers.BatchNormalization(momentum=_MOMENTUM, name="conv_norm")(x)
    return layers.ReLU(name="conv_relu")(x)  # (n, 25, 20, 8)


def _ds_cnn(keras: Any, sound: Any, width: int, penalty: Any) -> Any:
    """MLPerf Tiny's DS-CNN (Zhang et al. 2017, arXiv:1711.07128): a convolution, four depthwise-separable ones, a mean.

    Its input is 49x10; of 49x40 features the first convolution takes every fourth channel, and the first block every
    other of what is left, so that a network costs about a third of MLPerf's. Of cepstral coefficients it takes every
    other one, and of these the first block does too.
    """
    layers = keras.layers

    def norm_relu(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(momentum=_MOMENTUM, name=f"{name}_norm")(x)
        return layers.ReLU(6.0, name=f"{name}_relu")(x)

    size, strides = ((10, 8), (2, 4)) if sound.shape[2] > _MANY else ((10, 4), (2, 2))
    x = layers.Conv2D(width // 2, size, strides, "same", use_bias=False, kernel_regularizer=penalty, name="conv0")(
        sound
    )  # (n, 25, 10 or 7, width / 2)
    x = norm_relu(x, "conv0")
    for block in range(1, 5):
        stride = 2 if block == 1 else 1
        x = layers.DepthwiseConv2D(3, stride, "same", use_bias=False, name=f"depthwise{block}")(x)
        x = norm_relu(x, f"depthwise{block}")
        x = layers.Conv2D(width, 1, use_bias=False, kernel_regularizer=penalty, name=f"conv{block}")(x)
        x = norm_relu(x, f"conv{block}")  # (n, 13, 5 or 4, width)
    return layers.AveragePooling2D(x.shape[1:3], name="pool")(x)  # (n, 1, 1, width)
