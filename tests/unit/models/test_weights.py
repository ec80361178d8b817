"""Statistics of int8 weights, checked on weights with known statistics."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError
from tinyhost.models.file import load_weights
from tinyhost.models.weights import N_BINS, layer_weights

from tests.commands import run_tinyhost
from tests.oracle.builder import ModelBuilder
from tests.unit.compiler.models import picture_classifier


def _dense(weights: list[list[int]], scale: list[float]) -> bytes:
    b = ModelBuilder()
    x, y = b.tensor((1, len(weights[0])), scale=0.1), b.tensor((1, len(weights)), scale=0.1)
    data = np.array(weights)
    stored = b.tensor(data.shape, scale=scale, data=data, axis=0)
    b.operator("FULLY_CONNECTED", [x, stored], y, FusedActivationFunction=0)
    return b.build([x], [y])


def test_ranges_are_real_values_with_each_channels_own_scale() -> None:
    (layer,) = layer_weights(read_tflite(_dense([[127, -64, 0, 0], [0, 0, 0, 0], [-127, 1, 2, 3]], [0.5, 1.0, 0.1])))
    real = np.array([[63.5, -32, 0, 0], [0, 0, 0, 0], [-12.7, 0.1, 0.2, 0.3]])
    assert (layer.low, layer.high) == pytest.approx((-32.0, 63.5))
    assert layer.sigma == pytest.approx(real.std())
    assert (layer.least_scale, layer.largest_scale) == pytest.approx((0.1, 1.0))
    assert layer.n_unused_levels == 255 - len({127, -64, 0, -127, 1, 2, 3})
    assert layer.saturated == pytest.approx(2 / 12)
    assert (layer.n_dead_channels, layer.n_channels) == (1, 3)
    noise = (0.25 + 1.0 + 0.01) / 3 / 12
    assert layer.sqnr_db == pytest.approx(10 * math.log10(np.square(real).mean() / noise))


def test_a_histogram_counts_every_weight_where_it_is() -> None:
    (layer,) = layer_weights(read_tflite(_dense([[-127, -121, -120, 127]], [1.0])))
    assert layer.histogram == (2, 1, *(0,) * (N_BINS - 3), 1)


def test_the_noise_is_that_of_rounding_real_weights() -> None:
    rng = np.random.default_rng(4)
    real = rng.normal(0, 0.2, (8, 4000))
    scale = np.abs(real).max(axis=1) / 127
    levels = np.rint(real / scale[:, None]).astype(int)
    measured = 10 * math.log10(np.square(real).mean() / np.square(real - levels * scale[:, None]).mean())
    (layer,) = layer_weights(read_tflite(_dense(levels.tolist(), scale.tolist())))
    assert layer.sqnr_db == pytest.approx(measured, abs=0.1)


def test_weights_of_zeros_have_no_ratio() -> None:
    (layer,) = layer_weights(read_tflite(_dense([[0, 0]], [1.0])))
    assert layer.sqnr_db is None
    assert layer.n_dead_channels == 1


def test_inspect_shows_a_row_for_each_layer_with_weights(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(picture_classifier())
    shown = run_tinyhost("inspect", tmp_path / "m.tflite", "--weights", "--json", tmp_path / "m.json")
    assert "unused" in shown.out
    layers = json.loads((tmp_path / "m.json").read_text())["weights"]
    assert [(layer["name"], layer["n"]) for layer in layers] == [("CONV_2D", 36), ("FULLY_CONNECTED", 8)]
    assert all(sum(layer["histogram"]) == layer["n"] for layer in layers)


def test_a_compiled_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(picture_classifier())
    run_tinyhost("compile", tmp_path / "m.tflite", "-o", tmp_path / "m.thm")
    with pytest.raises(ModelError, match="expected a \\.tflite"):
        load_weights(tmp_path / "m.thm")
