"""A tiny training run with TensorFlow, and what must hold of any model that it makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.errors import ModelError
from tinyhost.models.catalogue import fetch
from tinyhost.synth.pictures import LABELS, render, write_dataset
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.vww.training import TrainResult, VwwTrainConfig, train_vww

from tests.oracle.oracle import open_oracle

pytestmark = pytest.mark.train

Run = tuple[TrainResult, list[TrainProgress]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("train")
    for split, n in (("train", 24), ("val", 6), ("test", 6)):
        write_dataset(root / "data", n, 1, split=split)
    config = VwwTrainConfig(n_epochs=1, batch_size=16, min_steps_per_epoch=3, from_scratch=True, command="a test")
    seen: list[TrainProgress] = []
    return train_vww(config, root / "data", root / "run", seen.append), seen


def test_the_int8_input_is_the_pixel_minus_128(run: Run) -> None:
    from tinyhost.train.core.quantize import Int8Model

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
    from tinyhost.train.core.quantize import Int8Model

    model = Int8Model(run[0].model.read_bytes())
    answer = model.run(np.random.default_rng(1).integers(0, 256, (96, 96), np.uint8))
    assert answer.dtype == np.int8
    assert answer.shape == (2,)
    # TFLite fixes the softmax output at scale 1/256, zero point -128.
    assert abs(int(answer.astype(int).sum())) <= 2  # (a + 128) + (b + 128) = 256, rounded


def test_the_oracle_gives_the_same_bytes(run: Run) -> None:
    from tinyhost.train.core.quantize import Int8Model

    content = run[0].model.read_bytes()
    model, oracle = Int8Model(content), open_oracle(content)
    rng = np.random.default_rng(2)
    for _ in range(5):
        picture = rng.integers(0, 256, (96, 96), np.uint8)
        expected = oracle.run((picture.astype(np.int16) - 128).astype(np.int8).tobytes())
        np.testing.assert_array_equal(np.frombuffer(expected, np.int8), model.run(picture))


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
    config = VwwTrainConfig(n_epochs=1, batch_size=16, min_steps_per_epoch=3, start_from=weights)
    result = train_vww(config, data, tmp_path)
    assert json.loads(result.metrics.read_text())["config"]["start_from"] == str(weights)


def test_a_warm_start_answers_as_the_quantized_model_does() -> None:
    from tinyhost.train.core.quantize import Int8Model
    from tinyhost.train.vww.network import mobilenet_v1
    from tinyhost.train.vww.warm_start import load_tflite_weights

    content = fetch("vww").read_bytes()
    pictures = np.stack([render(label, np.random.default_rng(s)) for s in range(20) for label in LABELS])
    model = mobilenet_v1(size=96, alpha=0.25, n_classes=2, dropout=0.0, l2=0.0)
    load_tflite_weights(model, content, pictures, "vww")
    int8_model = Int8Model(content)
    int8_scores = np.stack([(int8_model.run(p).astype(float) + 128) / 256 for p in pictures])
    inputs = pictures[..., np.newaxis].astype(np.float32) / 255
    after = model.predict(inputs, verbose=0)
    assert np.abs(after - int8_scores).max() < 0.1
    # Batch statistics, as in training, change little: the normalization was set to this kind of picture.
    during = np.asarray(model(inputs, training=True))
    assert np.abs(during - int8_scores).mean() < 0.05


def test_a_warm_start_refuses_another_architecture() -> None:
    from tinyhost.train.vww.network import mobilenet_v1
    from tinyhost.train.vww.warm_start import load_tflite_weights

    wider = mobilenet_v1(size=96, alpha=0.5, n_classes=2, dropout=0.0, l2=0.0)
    pictures = np.zeros((2, 96, 96), np.uint8)
    with pytest.raises(ModelError, match="conv0"):
        load_tflite_weights(wider, fetch("vww").read_bytes(), pictures, "vww")
    with pytest.raises(ModelError, match=r"not a \.tflite"):
        load_tflite_weights(wider, b"nonsense", pictures, "notes.txt")
