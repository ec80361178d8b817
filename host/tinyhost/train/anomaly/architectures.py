"""Other autoencoders than the fully connected one: convolutional, variational, LSTM.

Each takes and gives the features of a window, (n, n_features): x, y and z one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinyhost.train.anomaly.autoencoder import EMBEDDING, autoencoder
from tinyhost.train.anomaly.config import AutoencoderKind

__all__ = ["deployed", "lstm_autoencoder", "network"]

_N_AXES, _REACH = 3, 5  # kernel size: all axes by this many neighbouring features
_FILTERS = 8
_LOG_VARIANCE, _DRAWN = "log_variance", "drawn"  # layers used in training only
_BETA = 0.1  # of the Kullback-Leibler term, less than 1: features are known better than to a standard deviation


def network(keras: Any, kind: AutoencoderKind, *, n_features: int, hidden: Sequence[int], n: int, l2: float) -> Any:
    """Return an untrained autoencoder with an embedding of n values; `hidden` is for those of dense layers."""
    if kind == "convolutional":
        return _convolutional(keras, n_features, n, l2)
    if kind == "lstm":
        return lstm_autoencoder(keras, n_steps=_N_AXES, n_features=n_features, width=hidden[-1], n=n, l2=l2)
    dense = autoencoder(keras, n_features=n_features, hidden=hidden, n_embedding=n, l2=l2)
    return _variational(keras, dense, n_features, n) if kind == "variational" else dense


def deployed(keras: Any, kind: AutoencoderKind, model: Any) -> Any:
    """Return the network for the board: a variational one decodes the mean without sampling."""
    if kind != "variational":
        return model
    x = model.input
    for layer in model.layers[1:]:
        if layer.name not in (_LOG_VARIANCE, _DRAWN):
            x = layer(x)
    return keras.Model(model.input, x, name=model.name)


def _convolutional(keras: Any, n_features: int, n: int, l2: float) -> Any:
    """Return an autoencoder of two convolutions over all axes and neighbouring features, and two transposed ones."""
    layers, penalty, width = keras.layers, keras.regularizers.L2(l2), n_features // _N_AXES

    def convolution(
        x: Any, filters: int, name: str, strides: tuple[int, int] = (1, 1), last: str | None = "relu"
    ) -> Any:
        shape = (_N_AXES, _REACH)
        return layers.Conv2D(filters, shape, strides, "same", activation=last, kernel_regularizer=penalty, name=name)(x)

    features = keras.Input((n_features,), name="features")
    x = layers.Reshape((_N_AXES, width, 1), name="axes")(features)
    x = convolution(x, _FILTERS, "encoder0", (1, 2))  # (n, 3, width / 2, 8)
    x = convolution(x, 2 * _FILTERS, "encoder1", (_N_AXES, 2))  # (n, 1, width / 4, 16)
    x = layers.Dense(n, kernel_regularizer=penalty, name=EMBEDDING)(layers.Flatten(name="flat")(x))
    x = layers.Dense(n_features * 2, activation="relu", kernel_regularizer=penalty, name="decoder0")(x)
    x = layers.Reshape((_N_AXES, width, 2), name="spread")(x)
    x = convolution(x, _FILTERS, "decoder1")
    x = convolution(x, 1, "decoder2", last=None)  # (n, 3, width, 1)
    back = layers.Reshape((n_features,), name="reconstruction")(x)
    return keras.Model(features, back, name=f"convolutional_{n}")


def lstm_autoencoder(keras: Any, *, n_steps: int, n_features: int, width: int, n: int, l2: float) -> Any:
    """Return an untrained autoencoder: one LSTM reads (n, n_features) values in equal steps, another one writes them.

    Both are unrolled: fully connected layers, sigmoids and products, which the converter makes int8 and every board
    has. TensorFlow's converter leaves an LSTM as one operator in float, or crashes on it.
    """
    layers, penalty = keras.layers, keras.regularizers.L2(l2)

    width = max(width, 2 * n)  # the embedding is the narrowest

    def lstm(name: str, **rest: Any) -> Any:
        return layers.LSTM(width, unroll=True, kernel_regularizer=penalty, name=name, **rest)

    features = keras.Input((n_features,), name="features")
    x = layers.Reshape((n_steps, n_features // n_steps), name="steps")(features)
    x = layers.Dense(n, kernel_regularizer=penalty, name=EMBEDDING)(lstm("encoder0")(x))
    repeated = layers.Reshape((n_steps, n), name="repeated")(layers.Concatenate(name="copies")([x] * n_steps))
    x = lstm("decoder0", return_sequences=True)(repeated)
    back = layers.Dense(n_features, name="reconstruction")(layers.Flatten(name="flat")(x))
    return keras.Model(features, back, name=f"lstm_{n}")


def _variational(keras: Any, dense: Any, n_features: int, n: int) -> Any:
    """Return a dense autoencoder with a sampled embedding, for training.

    Kingma and Welling 2013 (arXiv:1312.6114): the mean squared error and, weighted, how far the embedding's
    distribution is from a standard normal one.
    """

    @keras.saving.register_keras_serializable(package="tinyhost")
    class Drawn(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, weight: float, **rest: Any) -> None:
            super().__init__(**rest)
            self.weight = weight

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "weight": self.weight}

        def call(self, mean: Any, log_variance: Any, training: bool = False) -> Any:
            ops = keras.ops
            variance = ops.exp(log_variance)
            divergence = 0.5 * ops.sum(variance + ops.square(mean) - 1.0 - log_variance, axis=1)
            self.add_loss(self.weight * ops.mean(divergence))
            noise = keras.random.normal(ops.shape(mean)) if training else 0.0
            return mean + ops.sqrt(variance) * noise

    mean_layer = dense.get_layer(EMBEDDING)
    log_variance = keras.layers.Dense(n, name=_LOG_VARIANCE, kernel_initializer="zeros")(mean_layer.input)
    x = Drawn(2.0 * _BETA / n_features, name=_DRAWN)(mean_layer.output, log_variance)
    for layer in dense.layers[dense.layers.index(mean_layer) + 1 :]:
        x = layer(x)
    return keras.Model(dense.input, x, name=f"variational_{n}")
