"""A tiny training run with TensorFlow, and what must hold of any model that it makes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError
from tinyhost.models.catalogue import fetch
from tinyhost.models.file import load_model_file
from tinyhost.report.training import training_report
from tinyhost.synth.pictures import LABELS, render, write_dataset
from tinyhost.train.core.outcome import RunFiles
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.feed import to_input
from tinyhost.train.vww.outcome import VwwOutcome
from tinyhost.train.vww.training import load, train

from tests.commands import run_tinyhost
from tests.json_docs import check_document
from tests.oracle.oracle import open_oracle

pytestmark = pytest.mark.train

Trained = tuple[VwwOutcome, RunFiles, list[TrainProgress]]
CONFIG = VwwTrainConfig(n_epochs=1, batch_size=16, min_steps_per_epoch=3, from_scratch=True, command="a test")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    for split, n in (("train", 24), ("val", 6), ("test", 6)):
        write_dataset(root, n, 1, split=split)
    return root


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    seen: list[TrainProgress] = []
    run = Run(folder=tmp_path_factory.mktemp("hall"), source="a test", report=seen.append)
    outcome = train(CONFIG, load(data, CONFIG, run), run)
    return outcome, write_run(run.folder, outcome, report=training_report(outcome)), seen


def test_the_int8_input_is_the_pixel_minus_128(trained: Trained) -> None:
    graph = read_tflite(trained[0].tflite)
    assert graph.tensors[graph.input].zero_point == -128
    assert graph.tensors[graph.input].scale == np.float32(1 / 255)


def test_only_operators_of_the_engine_are_used(trained: Trained) -> None:
    metrics = json.loads(trained[1].metrics.read_text())
    assert metrics["model"]["operators"] == ["AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "RESHAPE", "SOFTMAX"]


def test_outputs_are_two_scores_that_sum_to_one(trained: Trained) -> None:
    pictures = np.random.default_rng(1).integers(-128, 128, (3, 96, 96)).astype(np.int8)
    scores = engine_scores(trained[1].image.read_bytes(), pictures)
    assert scores.shape == (3, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=2 / 256)


def test_the_oracle_gives_the_same_bytes(trained: Trained) -> None:
    oracle = open_oracle(trained[0].tflite)
    pictures = np.random.default_rng(2).integers(-128, 128, (5, 96, 96)).astype(np.int8)
    for picture, scores in zip(pictures, engine_scores(trained[1].image.read_bytes(), pictures), strict=True):
        expected = np.frombuffer(oracle.run(picture.tobytes()), np.int8)
        np.testing.assert_array_equal(np.rint(scores * 256) - 128, expected)


def test_tensors_are_named_after_layers_and_the_file_fits(trained: Trained) -> None:
    content = trained[0].tflite
    assert len(content) < 300 * 1024
    for name in (b"picture", b"conv0", b"depthwise13/weights", b"logits/bias", b"scores"):
        assert name in content
    assert 200_000 < trained[0].n_parameters < 220_000


def test_what_a_tflite_push_reads_is_the_image_to_the_byte(trained: Trained) -> None:
    files = trained[1]
    assert load_model_file(files.model).image == files.image.read_bytes()


def test_the_report_shows_the_wrong_pictures(trained: Trained) -> None:
    outcome, files, _ = trained
    page = files.report.read_text()
    n_wrong = sum(not item.right for item in outcome.judged)
    assert ("Wrong: " in page) == (n_wrong > 0)
    assert page.count("data:image/png") == len(outcome.judged)
    assert "Loss and accuracy over the epochs" in page


def test_progress_ends_with_quantize_and_evaluate(trained: Trained) -> None:
    seen = trained[2]
    assert [at.stage for at in seen][-3:] == ["epoch", "quantize", "evaluate"]
    assert (seen[-3].epoch, seen[-3].step, seen[-3].n_steps) == (1, 3, 3)
    assert seen[-3].val_accuracy is not None


def test_forms_are_made_and_rounding_is_reported_layer_by_layer(trained: Trained, data: Path) -> None:
    """The oracle of each layer's values is TensorFlow Lite, which keeps them all."""
    import tensorflow as tf

    run = Run(folder=trained[1].model.parent, source="a test")
    config = replace(CONFIG, resume=True, quantize=("float16", "dynamic", "int8", "16x8"))
    pictures = load(data, config, run)
    outcome = train(config, pictures, run)
    files = write_run(run.folder, outcome, report=training_report(outcome))
    names = ["float32.tflite", "float16.tflite", "dynamic.tflite", "16x8.tflite", "model.tflite"]
    assert [item.file for item in outcome.forms] == names
    assert [item.form for item in outcome.forms] == ["float32", "float16", "dynamic", "int16x8", "int8"]
    assert all(item.n_bytes == (run.folder / item.file).stat().st_size for item in outcome.forms)
    assert outcome.forms[0].accuracy == outcome.float_test.accuracy
    assert outcome.forms[-1].accuracy == outcome.int8_test.accuracy
    samples = to_input(pictures.test.pictures)

    def values(name: str, operator: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        content = (run.folder / name).read_bytes()
        graph = read_tflite(content)
        out, x = graph.operators[operator].outputs[0], graph.tensors[graph.input]
        interpreter = tf.lite.Interpreter(
            model_content=content,
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
        found = []
        for sample in samples:
            real = sample if x.dtype == "float32" else np.rint(sample / x.scale) + x.zero_point
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], real[np.newaxis].astype(x.dtype))
            interpreter.invoke()
            found.append(interpreter.get_tensor(out).astype(np.float64))
        is_real = graph.tensors[out].dtype == "float32"
        grid = graph.tensors[out]
        return np.stack(found) if is_real else (np.stack(found) - grid.zero_point) * float(grid.scale)

    for operator in (0, 13):
        truth = values("float32.tflite", operator)
        for form in outcome.forms[-2:]:
            noise = np.square(values(form.file, operator) - truth).sum()
            expected = 10 * np.log10(np.square(truth).sum() / noise)
            assert form.layers[operator].sqnr_db == pytest.approx(expected, abs=0.1)
    assert "Number formats" in files.report.read_text()


def test_a_stopped_run_goes_on(trained: Trained, data: Path) -> None:
    seen: list[TrainProgress] = []
    run = Run(folder=trained[1].model.parent, source="a test", report=seen.append)
    config = replace(CONFIG, n_epochs=2, resume=True)
    longer = train(config, load(data, config, run), run)
    assert longer.history[:1] == trained[0].history
    assert [at.epoch for at in seen if at.stage == "epoch"] == [2]


def test_an_epochs_weights_can_be_started_from(trained: Trained, data: Path, tmp_path: Path) -> None:
    weights = trained[1].model.with_name("best.weights.h5")
    config = replace(CONFIG, start_from=weights, from_scratch=False)
    run = Run(folder=tmp_path, source="a test")
    outcome = train(config, load(data, config, run), run)
    files = write_run(tmp_path, outcome, report="")
    assert json.loads(files.metrics.read_text())["config"]["start_from"] == str(weights)


def test_a_warm_start_answers_as_the_quantized_model_does() -> None:
    from tinyhost.train.core.warm_start import load_tflite_weights
    from tinyhost.train.vww.network import mobilenet_v1

    path = fetch("vww")
    pictures = np.stack([render(label, np.random.default_rng(s)) for s in range(20) for label in LABELS])
    model = mobilenet_v1(size=96, alpha=0.25, n_classes=2, dropout=0.0, l2=0.0)
    inputs = to_input(pictures)
    load_tflite_weights(model, path.read_bytes(), inputs, "vww")
    int8_scores = engine_scores(load_model_file(path).image, pictures.view(np.int8) ^ np.int8(-128))
    after = model.predict(inputs, verbose=0)
    assert np.abs(after - int8_scores).max() < 0.1
    # Batch statistics, as in training, change little: the normalization was set to this kind of picture.
    during = np.asarray(model(inputs, training=True))
    assert np.abs(during - int8_scores).mean() < 0.05


def test_a_warm_start_refuses_another_architecture() -> None:
    from tinyhost.train.core.warm_start import load_tflite_weights
    from tinyhost.train.vww.network import mobilenet_v1

    wider = mobilenet_v1(size=96, alpha=0.5, n_classes=2, dropout=0.0, l2=0.0)
    pictures = np.zeros((2, 96, 96, 1), np.float32)
    with pytest.raises(ModelError, match="conv0"):
        load_tflite_weights(wider, fetch("vww").read_bytes(), pictures, "vww")
    with pytest.raises(ModelError, match=r"notes\.txt: bytes 4\.\.8 should be"):
        load_tflite_weights(wider, b"nonsense", pictures, "notes.txt")


def test_transfer_to_other_classes_says_what_the_start_has_forgotten(data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for label, level in (("dark", 30), ("bright", 220), ("striped", 128)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for index in range(20):
            picture = np.clip(rng.normal(level, 8, (96, 96)), 0, 255)
            picture[::8] = 255 if label == "striped" else picture[::8]
            cv2.imwrite(str(tmp_path / "data" / label / f"{index}.png"), picture.astype(np.uint8))
    start = fetch("drawings")
    config = replace(CONFIG, from_scratch=False, start_from=start, start_data=data, head_epochs=2)
    run = Run(folder=tmp_path / "run", source="a test")
    outcome = train(config, load(tmp_path / "data", config, run), run)
    before, head, after = outcome.transfer
    assert before.test is None  # the start does not know these classes
    assert before.start_test == head.start_test  # its body is frozen while the head learns
    assert before.start_test is not None
    assert before.start_test.n == 12
    assert before.start_test.accuracy > 0.7
    assert after.start_test is not None
    assert after.test is not None
    text = (write_run(run.folder, outcome, report=training_report(outcome)).card).read_text()
    assert "| after training the last layer" in text
    assert str(data) in text


def test_a_start_that_knows_the_classes_keeps_its_last_layer(data: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, from_scratch=False, start_from=fetch("drawings").parent, freeze=True)
    run = Run(folder=tmp_path, source="a test")
    outcome = train(config, load(data, config, run), run)
    assert [step.name for step in outcome.transfer] == ["the start", "after training the last layer"]
    assert outcome.transfer[0].test is not None
    assert outcome.transfer[0].test.accuracy > 0.7


def test_both_ways_to_int8_another_size_and_a_teacher(trained: Trained, data: Path, tmp_path: Path) -> None:
    """A smaller network on smaller pictures learns from the one that was trained before, rounding in the loop, too."""
    larger = trained[1].model
    config = replace(CONFIG, alpha=0.125, size=64, teacher=larger, quantization="both", qat_epochs=1)
    run = Run(folder=tmp_path / "run", source="a test")
    outcome = train(config, load(data, config, run), run)
    files = write_run(run.folder, outcome, report=training_report(outcome))
    assert set(outcome.quantized) == {"ptq", "qat"}
    assert {path.name for path in run.folder.glob("*.tflite")} == {"model.tflite", "ptq.tflite", "qat.tflite"}
    assert "quantization-aware training" in files.report.read_text()
    pictures = np.random.default_rng(2).integers(-128, 128, (3, 64, 64)).astype(np.int8)
    oracle = open_oracle(outcome.quantized["qat"].tflite)
    scores = engine_scores(load_model_file(run.folder / "qat.tflite").image, pictures)
    for picture, row in zip(pictures, scores, strict=True):
        expected = np.frombuffer(oracle.run(picture.tobytes()), np.int8)
        np.testing.assert_array_equal(np.rint(row * 256) - 128, expected)


def test_a_sweep_takes_one_of_its_networks(data: Path, tmp_path: Path) -> None:
    sizes = ["--from-scratch", "--epochs", "1", "--sweep", "0.125@32,0.125@64"]
    done = run_tinyhost("train", "vww", "--data", data, "--out", tmp_path / "run", *sizes, "--json", "-")
    document = json.loads(done.out)  # too short a training to be of use: it may exit 1
    check_document(document)
    rows = document["sweep"]
    assert [row["name"] for row in rows] == ["0.125@32", "0.125@64"]
    assert [row["is_taken"] for row in rows].count(True) == 1
    assert rows[0]["macs"] < rows[1]["macs"]
    assert rows[0]["arena_bytes"] < rows[1]["arena_bytes"]
    taken = next(row for row in rows if row["is_taken"])
    assert (tmp_path / "run" / "model.tflite").read_bytes() == Path(taken["model"]).read_bytes()
    assert "Sweep" in (tmp_path / "run" / "report.html").read_text()
