"""The models that ship against the oracle: random inputs, and drawn pictures as the board prepares them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler import ModelImage
from tinyhost.models.file import load_model_file
from tinyhost.synth.pictures import LABELS, render

from tests.oracle.oracle import assert_equals_oracle
from tests.oracle.recorded import assert_equals_wheel

MODELS = Path(__file__).resolve().parents[2] / "models"
SHIPPED = sorted(path for path in MODELS.glob("*/model.tflite") if path.parent.name != "words")  # no board runs it
N_INPUTS = 100


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_shipped_model_equals_tflm_on_random_inputs(path: Path) -> None:
    rng = np.random.default_rng(1)
    shape = ModelImage.parse(load_model_file(path).image).input.shape
    inputs = [rng.integers(-128, 128, shape, dtype=np.int8) for _ in range(N_INPUTS)]
    assert_equals_wheel(f"models/{path.parent.name}", [(path.read_bytes(), inputs)])


def test_shipped_vww_model_equals_oracle_on_pictures() -> None:
    pictures = [render(label, np.random.default_rng((7, seed))) for label in LABELS for seed in range(10)]
    inputs = [(picture.astype(np.int16) - 128).astype(np.int8).reshape(1, 96, 96, 1) for picture in pictures]
    assert_equals_oracle((MODELS / "vww" / "model.tflite").read_bytes(), inputs)
