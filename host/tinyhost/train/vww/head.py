"""The last layer alone, fitted to a frozen body's features of pictures."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.picture_splits import Splits
from tinyhost.train.vww.augment import augment_batch
from tinyhost.train.vww.feed import to_input

__all__ = ["HEAD", "fit_head", "held_out_loss"]

HEAD = "logits"
"""the layer that knows the classes"""
_BODY_END = "pool"
_PENALTIES = (0.03, 0.3, 3.0, 30.0)
"""inverse ones, as scikit-learn has them; the best one on held-out pictures is taken"""


def fit_head(model: Any, data: Splits, n_passes: int, seed: int) -> dict[str, float]:
    """Fit the last layer of a network to its body; return its figures as those of an epoch.

    A logistic regression on what the body makes of the pictures, augmented in n_passes ways: it takes seconds, because
    nothing has to go through the body twice.
    """
    import keras
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    body = keras.Model(model.input, model.get_layer(_BODY_END).output)

    def features(inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(body.predict(inputs, batch_size=64, verbose=0), np.float64).reshape(len(inputs), -1)

    rng = np.random.default_rng(seed)
    passes = [augment_batch(data.train.pictures, rng) for _ in range(n_passes)]
    seen, classes = features(np.concatenate(passes)), np.tile(data.train.classes, n_passes)
    held_out = features(to_input(data.val.pictures))
    middle, scale = seen.mean(axis=0), float(seen.std(axis=0).max())
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for penalty in _PENALTIES:  # one scale for all: weights that a weak channel would need do not survive int8
        fitted = LogisticRegression(C=penalty, class_weight="balanced", max_iter=300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # nearly the best is good enough
            fitted.fit((seen - middle) / scale, classes)
        kernel, bias = _per_class(fitted.coef_ / scale, fitted.intercept_)
        bias = bias - kernel @ middle
        loss = _cross_entropy(held_out @ kernel.T + bias, data.val.classes)
        if best is None or loss < best[0]:
            best = (loss, kernel, bias)
    assert best is not None
    val_loss, kernel, bias = best
    model.get_layer(HEAD).set_weights([kernel.T[np.newaxis, np.newaxis], bias])
    known, unknown = seen @ kernel.T + bias, held_out @ kernel.T + bias
    return {
        "loss": _cross_entropy(known, classes),
        "accuracy": float((known.argmax(axis=1) == classes).mean()),
        "val_loss": val_loss,
        "val_accuracy": float((unknown.argmax(axis=1) == data.val.classes).mean()),
    }


def held_out_loss(model: Any, data: Splits) -> float:
    """Return the cross-entropy of a network on the held-out pictures."""
    scores = model.predict(to_input(data.val.pictures), batch_size=64, verbose=0).astype(np.float64)
    return _cross_entropy(np.log(np.maximum(scores, 1e-9)), data.val.classes)


def _per_class(
    kernel: NDArray[np.float64], bias: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a row for each class; for two, scikit-learn has only the second one's."""
    if len(kernel) > 1:
        return kernel, bias
    return np.concatenate((-kernel, kernel)) / 2, np.concatenate((-bias, bias)) / 2


def _cross_entropy(logits: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1))
    return float((total - logits[np.arange(len(classes)), classes]).mean())
