"""Small fully connected autoencoders for the features of a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.train.core.config import TrainConfig
from tinyhost.train.core.feed import Batch
from tinyhost.train.core.fitting import LAST, Fitted, fit
from tinyhost.train.core.quantize import checked_int8, convert_int8, drawn, layer_names
from tinyhost.train.core.trainer import Run

__all__ = ["EMBEDDING", "INPUT_STEP", "autoencoder", "fit_autoencoder", "to_int8_autoencoder", "to_real"]

INPUT_STEP = 1.0 / 12.0
"""step of the int8 input in standard deviations; with zero point 0 its range is 10.6 of them"""
EMBEDDING = "embedding"
_BATCH_SIZE = 128
_MIN_STEPS = 20  # of an epoch
_N_CALIBRATION = 1000
_REACH = 1.25  # factor for the calibrated ranges, so that slight anomalies do not saturate


def to_real(quantized: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return the real values of int8 inputs."""
    return quantized.astype(np.float32) * np.float32(INPUT_STEP)


def autoencoder(keras: Any, *, n_features: int, hidden: Sequence[int], n_embedding: int, l2: float) -> Any:
    """Return an untrained model: (n, n_features) -> `hidden` wide layers -> n_embedding values -> and back."""
    penalty = keras.regularizers.L2(l2)

    def dense(x: Any, width: int, name: str, activation: str | None = "relu") -> Any:
        return keras.layers.Dense(width, activation=activation, kernel_regularizer=penalty, name=name)(x)

    features = keras.Input((n_features,), name="features")
    x = features
    for index, width in enumerate(hidden):
        x = dense(x, width, f"encoder{index}")
    x = dense(x, n_embedding, EMBEDDING, None)  # (n, n_embedding)
    for index, width in enumerate(reversed(hidden)):
        x = dense(x, width, f"decoder{index}")
    back = keras.layers.Dense(n_features, name="reconstruction")(x)  # (n, n_features)
    return keras.Model(features, back, name=f"autoencoder_{n_embedding}")


class _Batches:
    """Shuffled batches with equal input and target. An epoch goes through a small set several times."""

    def __init__(self, samples: NDArray[np.float32], batch_size: int, seed: int) -> None:
        self._samples, self._seed = samples, seed
        self._batch_size = min(batch_size, len(samples))
        self._n_steps = max(len(samples) // self._batch_size, _MIN_STEPS)

    def __len__(self) -> int:
        return self._n_steps

    def order(self, epoch: int) -> NDArray[np.int64]:
        rng, n = np.random.default_rng((self._seed, epoch)), self._n_steps * self._batch_size
        passes = [rng.permutation(len(self._samples)) for _ in range(-(-n // len(self._samples)))]
        return np.concatenate(passes)[:n]

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        del epoch
        chosen = self._samples[order[step * self._batch_size : (step + 1) * self._batch_size]]
        return chosen, chosen


def fit_autoencoder(
    model: Any, samples: NDArray[np.float32], held_out: NDArray[np.float32], config: TrainConfig, run: Run
) -> Fitted:
    """Return the model at the epoch with the best reconstruction of held-out samples; both are (n, n_features) real
    values.
    """
    config = replace(config, resume=config.resume and (run.folder / LAST).is_file())
    batches, patience = _Batches(samples, _BATCH_SIZE, config.seed), max(5, config.n_epochs // 4)
    return fit(model, batches, (held_out, held_out), config, run, loss="mse", patience=patience)


def to_int8_autoencoder(model: Any, samples: NDArray[np.float32], seed: int) -> bytes:
    """Return the model as a .tflite with int8 tensors, whose input is the board's features as they are.

    samples: (n, n_features) real values. Two more with one value each at the ends of int8 set the input's scale to
    INPUT_STEP and its zero point to 0, with little effect on other tensors. Raises ModelError if that did not work.
    """
    chosen = drawn(samples, _N_CALIBRATION, seed)
    ends = np.zeros((2, samples.shape[1]), np.float32)
    quiet = _quietest(model, samples.shape[1])
    ends[0, quiet], ends[1, quiet] = -128 * INPUT_STEP, 127 * INPUT_STEP
    calibration = np.clip(np.concatenate([ends, chosen * np.float32(_REACH), chosen]), ends.min(), ends.max())
    return checked_int8(convert_int8(model, calibration), layer_names(model), INPUT_STEP, 0)


def _quietest(model: Any, n_features: int) -> int:
    """Return the feature with the least effect on the embedding, with all others at 0."""
    import keras

    ends = np.eye(n_features, dtype=np.float32) * np.float32(127 * INPUT_STEP)
    inner = keras.Model(model.input, model.get_layer(EMBEDDING).output)
    low, high = inner.predict(-ends, verbose=0), inner.predict(ends, verbose=0)
    return int(np.argmin(np.square(high - low).sum(axis=1)))
