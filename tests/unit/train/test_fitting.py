"""Fitting with TensorFlow: statistics of batch normalization, the schedule of a resumed run, a run that diverges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.errors import ModelError
from tinyhost.train.core.config import ClassifierConfig, Optimizer, Schedule, TrainConfig
from tinyhost.train.core.feed import Batch, one_hot
from tinyhost.train.core.fitting import LAST, _optimizer, fit_classifier, import_keras
from tinyhost.train.core.normalization import refresh_statistics
from tinyhost.train.core.trainer import Run

pytestmark = pytest.mark.train


@dataclass
class _Noise:
    """Five batches of numbers; the first one is large in the second class."""

    gain: float = 1.0

    def __len__(self) -> int:
        return 5

    def order(self, epoch: int) -> NDArray[np.int64]:
        return np.arange(40)

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        rng = np.random.default_rng((epoch, step))
        classes = rng.integers(0, 2, 8)
        samples = rng.normal(3.0, 0.01, (8, 4)).astype(np.float32)
        samples[:, 0] += classes.astype(np.float32)
        return samples * np.float32(self.gain), one_hot(classes, 2)


def _model() -> Any:
    keras = import_keras()
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4,))
    x = keras.layers.BatchNormalization(momentum=0.99, name="norm")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))


def test_refreshed_statistics_are_those_of_the_batches() -> None:
    model, source = _model(), _Noise()
    refresh_statistics(model, source, 0)
    batches = [source.batch(source.order(0), 0, step)[0] for step in range(5)]
    norm = model.get_layer("norm")
    np.testing.assert_allclose(norm.moving_mean, np.mean([b.mean(axis=0) for b in batches], axis=0), rtol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, np.mean([b.var(axis=0) for b in batches], axis=0), rtol=1e-3)
    assert norm.momentum == 0.99


def test_a_frozen_layer_keeps_its_statistics() -> None:
    model = _model()
    model.get_layer("norm").trainable = False
    refresh_statistics(model, _Noise(), 0)
    assert np.asarray(model.get_layer("norm").moving_mean).tolist() == [0.0] * 4


def _fit(folder: Path, n_epochs: int, *, resume: bool = False, source: _Noise | None = None) -> Any:
    config = ClassifierConfig(n_epochs=n_epochs, patience=99, resume=resume, learning_rate=0.05)
    source = source or _Noise()
    held_out = source.batch(source.order(9), 9, 0)
    return fit_classifier(_model(), source, held_out, config, Run(folder=folder, source=""), labels=("small", "large"))


def test_few_steps_are_enough_for_held_out_samples(tmp_path: Path) -> None:
    """With statistics that lag, this network answers with one class after 15 steps."""
    assert _fit(tmp_path, 3).history[-1]["val_accuracy"] == 1.0


def test_pruned_weights_are_zero_in_the_epoch_that_is_taken(tmp_path: Path) -> None:
    config = ClassifierConfig(n_epochs=4, patience=99, learning_rate=0.05, prune=0.5)
    source = _Noise()
    held_out = source.batch(source.order(9), 9, 0)
    run = Run(folder=tmp_path, source="")
    fitted = fit_classifier(_model(), source, held_out, config, run, labels=("small", "large"))
    kernel = np.asarray(fitted.model.layers[-1].kernel)
    assert (kernel == 0).sum() == kernel.size // 2
    assert np.abs(kernel[kernel != 0]).min() > 0.0
    best = min(fitted.history[2:], key=lambda epoch: epoch["val_loss"])
    loss = fitted.model.evaluate(*held_out, verbose=0)[0]
    assert loss == pytest.approx(best["val_loss"], abs=1e-4)


def test_a_resumed_run_has_the_schedule_of_the_longer_one(tmp_path: Path) -> None:
    import keras

    _fit(tmp_path / "long", 6)
    _fit(tmp_path / "short", 2)
    _fit(tmp_path / "short", 6, resume=True)
    ends = [keras.models.load_model(tmp_path / name / LAST).optimizer for name in ("long", "short")]
    rates = [float(end.learning_rate) for end in ends]
    assert [int(end.iterations) for end in ends] == [30, 30]
    assert rates[0] == pytest.approx(rates[1])
    _fit(tmp_path / "two", 2)
    before = np.asarray(keras.models.load_model(tmp_path / "two" / LAST).layers[-1].kernel)
    _fit(tmp_path / "two", 3, resume=True)
    after = np.asarray(keras.models.load_model(tmp_path / "two" / LAST).layers[-1].kernel)
    assert np.abs(after - before).max() > 1e-3


def test_a_run_that_runs_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"training diverged: (val_)?loss is nan after epoch 1"):
        _fit(tmp_path, 3, source=_Noise(gain=float("nan")))


@pytest.mark.parametrize(
    ("schedule", "at"),
    [
        ("step", {0: 1.0, 49: 1.0, 51: 0.1, 76: 0.01}),
        ("exponential", {0: 1.0, 50: 0.1, 100: 0.01}),
        ("constant", {0: 1.0, 100: 1.0}),
        ("cosine", {10: 1.0, 55: 0.5, 100: 0.0}),
    ],
)
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_rates_fall_as_the_schedule_says(schedule: Schedule, at: dict[int, float], optimizer: Optimizer) -> None:
    made = _optimizer(10, TrainConfig(n_epochs=10, learning_rate=0.1, schedule=schedule, optimizer=optimizer))
    assert type(made).__name__.lower() == optimizer
    rates = {step: float(made._learning_rate(step)) for step in at}
    assert rates == pytest.approx({step: 0.1 * share for step, share in at.items()}, abs=1e-6)


def test_tensorboard_has_the_confusion_of_each_epoch(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _fit(tmp_path, 2)
    log = EventAccumulator(str(tmp_path / "tensorboard" / "validation")).Reload()
    texts = [event.tensor_proto.string_val[0].decode() for event in log.Tensors("confusion, held out")]
    assert len(texts) == 2
    assert all(text.startswith("| true | small | large |\n|---|---:|---:|\n| small | ") for text in texts)
