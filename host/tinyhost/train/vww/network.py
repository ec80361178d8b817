"""MobileNetV1 for small grey pictures.

Written for any Keras: Keras 3 trains the float network, quantization-aware training needs Keras 2.
"""

from __future__ import annotations

from typing import Any

from tinyhost.train.core.fitting import import_keras

__all__ = ["mobilenet_v1"]

_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
"""(filters at alpha 1, stride) of each depthwise-separable block: Howard et al., 2017, table 1."""


def mobilenet_v1(keras: Any = None, *, size: int, alpha: float, n_classes: int, dropout: float, l2: float) -> Any:
    """Return an untrained Keras model: (n, size, size, 1) in [0, 1] -> (n, n_classes) softmax.

    keras: the module, by default Keras 3. size: a multiple of 32. alpha: width multiplier. l2: penalty on the
    kernels, as a factor.
    """
    keras = keras or import_keras()
    layers, penalty = keras.layers, keras.regularizers.L2(l2)

    def norm_relu(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
        return layers.ReLU(6.0, name=f"{name}_relu6")(x)

    picture = keras.Input((size, size, 1), name="picture")
    x = layers.Conv2D(int(32 * alpha), 3, 2, "same", use_bias=False, kernel_regularizer=penalty, name="conv0")(
        picture
    )  # (n, size/2, size/2, 32 alpha)
    x = norm_relu(x, "conv0")
    for index, (filters, stride) in enumerate(_BLOCKS, start=1):
        x = layers.DepthwiseConv2D(3, stride, "same", use_bias=False, name=f"depthwise{index}")(x)
        x = norm_relu(x, f"depthwise{index}")
        x = layers.Conv2D(int(filters * alpha), 1, use_bias=False, kernel_regularizer=penalty, name=f"conv{index}")(x)
        x = norm_relu(x, f"conv{index}")
    x = layers.AveragePooling2D(size // 32, name="pool")(x)  # (n, 1, 1, 1024 alpha)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(n_classes, 1, name="logits")(x)
    x = layers.Reshape((n_classes,), name="flat")(x)
    scores = layers.Softmax(name="scores")(x)
    return keras.Model(picture, scores, name="mobilenet_v1")
