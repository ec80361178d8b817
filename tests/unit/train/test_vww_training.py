"""A tiny training run with TensorFlow, and what must hold of any model that it makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.datasets.synthetic import write_dataset
from tinyhost.train.vww import TrainProgress, TrainResult, VwwTrainConfig, train_vww

pytestmark = pytest.mark.train

Run = tuple[TrainResult, list[TrainProgress]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("train")
    for split, n in (("train", 24), ("val", 6), ("test", 6)):
        write_dataset(root / "data", n, 1, split=split)
    config = VwwTrainConfig(n_epochs=1, batch_size=16, command="a test")
    seen: list[TrainProgress] = []
    return train_vww(config, root / "data", root / "run", seen.append), seen


def test_the_int8_input_is_the_pixel_minus_128(run: Run) -> None:
    from tinyhost.train.quantize import Int8Model

    scale, zero_point = Int8Model(run[0].model.read_bytes()).input_quantization
    assert zero_point == -128
    assert np.float32(scale) == np.float32(1 / 255)


def test_only_operators_of_the_engine_are_used(run: Run) -> None:
    metrics = json.loads(run[0].metrics.read_text())
    assert metrics["model"]["operators"] == [
        "AVERAGE_POOL_2D",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "RESHAPE",
        "SOFTMAX",
    ]


def test_outputs_are_two_int8_scores_that_sum_to_one(run: Run) -> None:
    from tinyhost.train.quantize import Int8Model

    model = Int8Model(run[0].model.read_bytes())
    answer = model.run(np.random.default_rng(1).integers(0, 256, (96, 96), np.uint8))
    assert answer.dtype == np.int8
    assert answer.shape == (2,)
    # TFLite fixes the softmax output at scale 1/256, zero point -128.
    assert abs(int(answer.astype(int).sum()) + 256 - 256) <= 2


def test_tflm_gives_the_same_bytes(run: Run) -> None:
    from tflite_micro import runtime
    from tinyhost.train.quantize import Int8Model

    content = run[0].model.read_bytes()
    model, tflm = Int8Model(content), runtime.Interpreter.from_bytes(content)
    rng = np.random.default_rng(2)
    for _ in range(5):
        picture = rng.integers(0, 256, (96, 96), np.uint8)
        tflm.set_input((picture.astype(np.int16) - 128).astype(np.int8).reshape(1, 96, 96, 1), 0)
        tflm.invoke()
        np.testing.assert_array_equal(tflm.get_output(0).reshape(-1), model.run(picture))


def test_tensors_are_named_after_layers_and_the_file_fits(run: Run) -> None:
    content = run[0].model.read_bytes()
    assert len(content) < 300 * 1024
    for name in (b"picture", b"conv0", b"depthwise13/weights", b"logits/bias", b"scores"):
        assert name in content
    assert 200_000 < run[0].n_parameters < 220_000


def test_progress_ends_with_quantize_and_evaluate(run: Run) -> None:
    stages = [at.stage for at in run[1]]
    assert stages[-3:] == ["epoch", "quantize", "evaluate"]
    epoch = run[1][-3]
    assert (epoch.epoch, epoch.step, epoch.n_steps) == (1, 3, 3)
    assert epoch.val_accuracy is not None


def test_an_epochs_weights_can_be_started_from(run: Run, tmp_path: Path) -> None:
    weights = run[0].model.with_name("best.weights.h5")
    data = run[0].model.parents[1] / "data"
    config = VwwTrainConfig(n_epochs=1, batch_size=16, start_from=weights)
    result = train_vww(config, data, tmp_path)
    assert json.loads(result.metrics.read_text())["config"]["start_from"] == str(weights)
