"""A tiny keyword training with TensorFlow, both networks and both ways to int8, and what must hold of what it makes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.wav import write_wav
from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.errors import UsageError
from tinyhost.metrics.keywords import choose_threshold
from tinyhost.models.file import load_model_file
from tinyhost.report.training import training_report
from tinyhost.system.documents import to_json
from tinyhost.train.core.outcome import RunFiles
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run
from tinyhost.train.kws.config import Architecture, KwsTrainConfig
from tinyhost.train.kws.first_network import wake_threshold
from tinyhost.train.kws.outcome import KwsOutcome
from tinyhost.train.kws.training import load, train

from tests.commands import run_tinyhost
from tests.oracle.oracle import open_oracle

pytestmark = pytest.mark.train

RATE = 16_000
LABELS = ("silence", "unknown", "high", "low")
Trained = tuple[KwsOutcome, RunFiles, list[TrainProgress]]


def write_words(root: Path) -> None:
    """Write words that a beginner tells apart: tones, high and low, and clicks as the other word; 12 speakers."""
    rng = np.random.default_rng(1)
    time_s = np.arange(RATE // 2) / RATE
    for word, hz in (("high", 3000.0), ("low", 400.0), ("click", 0.0)):
        (root / word).mkdir(parents=True)
        for index in range(36):
            tone = np.sin(2 * np.pi * hz * rng.uniform(0.9, 1.1) * time_s) if hz else rng.random(len(time_s)) < 0.01
            clip = rng.normal(0, 30, RATE)
            clip[4000:12_000] += 6000 * tone
            write_wav(root / word / f"{index % 12:08x}_nohash_{index}.wav", clip.astype(np.int16))


@pytest.fixture(scope="module", params=("ds_cnn", "tiny_conv"))
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    arch: Architecture = request.param
    root = tmp_path_factory.mktemp(arch)
    write_words(root / "data")
    config = KwsTrainConfig(
        words=LABELS[2:],
        arch=arch,
        width=16,
        n_epochs=2,
        n_rounds=1,
        batch_size=32,
        qat_epochs=1,
        command="a test",
    )
    seen: list[TrainProgress] = []
    run = Run(folder=root / "run", source=str(root / "data"), report=seen.append)
    outcome = train(config, load(root / "data", config, run), run)
    return outcome, write_run(run.folder, outcome, report=training_report(outcome)), seen


def test_both_ways_to_int8_are_compared(trained: Trained) -> None:
    outcome, files, seen = trained
    assert set(outcome.quantized) == {"ptq", "qat"}
    assert outcome.labels == LABELS
    assert {at.stage for at in seen} >= {"read", "augment", "train", "epoch", "quantize", "rounding", "evaluate"}
    metrics = json.loads(files.metrics.read_text())
    assert metrics["test"]["ptq"]["n"] == metrics["test"]["qat"]["n"] == outcome.best.test.n
    assert files.model.read_bytes() == files.model.with_name(f"{outcome.chosen}.tflite").read_bytes()
    page = files.report.read_text()
    assert "Precision over recall" in page
    assert metrics["label_issues"] == [to_json(item) for item in outcome.label_issues]
    assert all(Path(item.file).is_file() for item in outcome.label_issues)
    assert [item.label for item in outcome.judged].count("high") == outcome.counts["testing"]["high"]
    assert sum(item.right for item in outcome.judged) == round(outcome.best.test.accuracy * outcome.best.test.n)
    assert "quantization-aware training" in page
    assert "post-training quantization" in page


def test_the_model_on_disk_is_ready_for_the_app(trained: Trained) -> None:
    outcome, files, _ = trained
    image = load_model_file(files.model, name="run").image
    assert image == files.image.read_bytes()
    parsed = ModelImage.parse(image)
    assert (parsed.metadata.task, parsed.labels) == (Task.KWS, LABELS)
    params = KwsParams.unpack(parsed.task_data)
    assert (params.sample_rate_hz, params.window_ms, params.stride_ms) == (16_000, 30, 20)
    assert (params.n_channels, params.n_strides, params.n_silent_labels) == (40, 49, 2)
    assert (parsed.input.dtype, parsed.input.zero_point) == ("int8", -128)
    assert parsed.metadata.threshold == round(outcome.best.point.threshold * 256) - 128


def test_the_threshold_is_the_curves(trained: Trained) -> None:
    best = trained[0].best
    assert best.point == choose_threshold(best.curve, 0.02)
    assert (best.point.false_accept_rate or 0.0) <= 0.02 or best.point == best.curve.points[-1]


def test_the_engine_and_tensorflow_lite_agree_to_the_bit(trained: Trained) -> None:
    outcome, files, _ = trained
    sounds = np.random.default_rng(1).integers(-128, 128, (20, 49, 40)).astype(np.int8)
    for kind in outcome.quantized:
        path = files.model.with_name(f"{kind}.tflite")
        oracle = open_oracle(path.read_bytes())
        scores = engine_scores(load_model_file(path).image, sounds)
        for sound, row in zip(sounds, scores, strict=True):
            expected = np.frombuffer(oracle.run(sound.tobytes()), np.int8)
            assert (np.rint(row * 256) - 128).astype(int).tolist() == expected.tolist()


def test_activations_of_the_aware_model_use_their_range(trained: Trained) -> None:
    """Ranges that began at -6..6 and hardly moved would leave half of the values after a ReLU unused."""
    outcome, files, _ = trained
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=outcome.quantized["qat"].tflite)
    relu = [item for item in interpreter.get_tensor_details() if item["name"].startswith(("conv", "quant_conv"))]
    zero_points = [item["quantization"][1] for item in relu if item["dtype"] is np.int8 and item["shape"][0] == 1]
    del files
    assert set(zero_points) <= {-128, 0}


def test_words_that_nothing_tells_apart_are_an_error_with_the_reason(tmp_path: Path) -> None:
    """Every clip is the same kind of noise, whatever its folder."""
    rng = np.random.default_rng(2)
    for word in ("yes", "no", "other"):
        (tmp_path / word).mkdir()
        for index in range(60):
            clip = rng.normal(0, 2000, RATE).astype(np.int16)
            write_wav(tmp_path / word / f"{index % 20:08x}_nohash_{index}.wav", clip)
    options = ("--words", "yes,no", "--width", "16", "--rounds", "1", "--epochs", "2", "--quantization", "ptq")
    done = run_tinyhost("train", "kws", "--data", tmp_path, "--out", tmp_path / "run", *options, "--json", "-")
    assert done.code == 1
    assert "better than always answering" in done.err
    document = json.loads(done.out[done.out.index("{") :])
    assert "better than always answering" in document["failure"]
    assert "better than always answering" in (tmp_path / "run" / "report.html").read_text()


def test_a_stopped_run_goes_on(trained: Trained, tmp_path: Path) -> None:
    outcome, files, _ = trained
    folder = files.model.parent
    config = KwsTrainConfig(
        words=LABELS[2:], arch=outcome.config.arch, width=16, n_epochs=3, n_rounds=1, batch_size=32,
        quantization="ptq", resume=True,
    )  # fmt: skip
    seen: list[TrainProgress] = []
    run = Run(folder=folder, source=outcome.source, report=seen.append)
    data = load(Path(outcome.source), config, run)
    longer = train(config, data, run)
    assert longer.history[:2] == outcome.history
    assert [at.epoch for at in seen if at.stage == "epoch"] == [3]
    with pytest.raises(UsageError, match="no run to resume"):
        train(config, data, replace(run, folder=tmp_path / "nothing"))


def test_a_cascade_is_both_networks_and_says_what_it_costs(tmp_path: Path) -> None:
    write_words(tmp_path / "data")
    options = ("--words", "high,low", "--width", "48", "--rounds", "1", "--epochs", "2", "--quantization", "ptq")
    run = tmp_path / "run"
    more = ("--cascade", "--wake-recall", "0.9", "--json", "-")
    done = run_tinyhost("train", "kws", "--data", tmp_path / "data", "--out", run, *options, *more)
    assert done.code == 0, done.err
    cascade = json.loads(done.out[done.out.index("{") :])["cascade"]
    assert cascade["validation"]["words_lost"] <= 0.1 * cascade["validation"]["n_words"]
    assert cascade["macs"] * 2 < cascade["second_macs"]
    assert cascade["mean_macs"] == pytest.approx(
        cascade["macs"] + cascade["test"]["false_wake_share"] * cascade["second_macs"]
    )
    summary = load_model_file(run / "model.tflite").summary
    assert summary.cascade is not None
    assert summary.cascade.threshold == pytest.approx(cascade["threshold"])
    assert (run / "model.thm").read_bytes() == load_model_file(run / "model.tflite", name="run").image
    both, alone = (open_oracle((run / name).read_bytes()) for name in ("model.tflite", "second.tflite"))
    sound = np.random.default_rng(1).integers(-128, 128, 1960).astype(np.int8).tobytes()
    assert both.run(sound)[:4] == alone.run(sound)
    assert json.loads((run / "metrics.json").read_text())["cascade"]["threshold"] == cascade["threshold"]
    assert "Words lost" in (run / "report.html").read_text()


@pytest.mark.parametrize(("recall", "expected"), [(1.0, 0.25), (0.9, 0.5), (0.85, 0.5), (0.8, 0.75)])
def test_the_wake_threshold_is_the_highest_with_the_recall(recall: float, expected: float) -> None:
    scores = np.array([0.25, 0.5, *[0.75] * 8])
    assert wake_threshold(scores, recall) == expected
