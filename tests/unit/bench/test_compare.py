"""Forms of one model side by side: figures recomputed from the weights they are made of, and by scikit-learn."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.bench.compare import compare_models
from tinyhost.sensors.picture_file import read_picture

from tests.commands import run_json, run_tinyhost
from tests.lazily import lazily
from tests.oracle.builder import ModelBuilder
from tests.stations import SHIPPED_MODELS

sklearn = lazily("sklearn.metrics")
stats = lazily("scipy.stats")

SIDE, SCALE = 32, 0.01
LABELS = ("no_person", "person")


def weights() -> NDArray[np.float32]:
    """Return the weights of a layer, half of them zero: the first output likes the left, the second the right."""
    real = np.random.default_rng(2).normal(0, 0.1, (2, SIDE, SIDE))
    real[0, :, SIDE // 2 :] = real[1, :, : SIDE // 2] = 0
    return real.reshape(2, -1).astype(np.float32)


def levels() -> NDArray[np.int64]:
    return np.asarray(np.clip(np.rint(weights() / SCALE), -127, 127), np.int64)


def form(kind: str) -> bytes:
    """Return a .tflite of one fully connected layer in one of the forms that TensorFlow's converter makes."""
    b = ModelBuilder()
    ends = {"int8": ("int8", 1 / 255, -128), "int16x8": ("int16", 1 / 32767, 0)}
    dtype, scale, zero = ends.get(kind, ("float32", (), 0))
    out = {"int8": 0.05, "int16x8": 0.001}.get(kind, ())
    x = b.tensor((1, SIDE, SIDE, 1), dtype=dtype, scale=scale, zero_point=zero)
    y = b.tensor((1, 2), dtype=dtype, scale=out)
    if kind == "float32":
        w = b.tensor((2, SIDE * SIDE), dtype="float32", data=weights())
    elif kind == "float16":
        w = b.tensor((2, SIDE * SIDE), dtype="float32")
        b.operator("DEQUANTIZE", [b.tensor((2, SIDE * SIDE), dtype="float16", data=weights().astype(np.float16))], w)
    else:
        w = b.tensor((2, SIDE * SIDE), scale=SCALE, data=levels())
    b.operator("FULLY_CONNECTED", [x, w], y, FusedActivationFunction=0)
    return b.build([x], [y])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, rng = tmp_path_factory.mktemp("forms"), np.random.default_rng(5)
    for kind in ("float32", "float16", "dynamic", "int8", "int16x8"):
        (root / f"{kind}.tflite").write_bytes(form(kind))
    (root / "labels.txt").write_text("no_person\nperson\n")
    for label in LABELS:
        (root / "data" / label).mkdir(parents=True)
        for index in range(25):
            cv2.imwrite(str(root / "data" / label / f"{index}.png"), rng.integers(0, 256, (SIDE, SIDE), np.uint8))
    return root


def test_forms_are_told_apart_with_their_sizes_zeros_and_what_runs(folder: Path) -> None:
    kinds = ("float32", "float16", "dynamic", "int8", "int16x8")
    found = compare_models([folder / f"{kind}.tflite" for kind in kinds], None)
    assert [item.form for item in found.models] == list(kinds)
    for item in found.models:
        content = Path(item.file).read_bytes()
        assert (item.n_bytes, item.zipped_bytes) == (len(content), len(zlib.compress(content, 9)))
        zeros = (levels() == 0).mean() if item.form in ("dynamic", "int8", "int16x8") else 0.5
        assert item.n_weights == 2 * SIDE * SIDE
        assert item.zero_weights == pytest.approx(zeros)
        assert (item.runs_on_board, item.why_not) == (True, "")
    flash = {item.form: item.flash_bytes or 0 for item in found.models}
    assert flash["int8"] < flash["float32"] == flash["float16"] == flash["dynamic"]  # which the engine runs as floats


def test_answers_of_float_and_int8_on_a_set_are_those_of_their_weights(folder: Path) -> None:
    names = [folder / "float32.tflite", folder / "int8.tflite"]
    found = run_json("model", "compare", *names, "--data", folder / "data")
    files = sorted((folder / "data").glob("*/*.png"))
    pictures = np.stack([read_picture(file).ravel() for file in files]) / 255.0
    truth = [file.parent.name for file in files]
    real = pictures @ weights().T.astype(np.float64)
    rounded = pictures @ (levels() * SCALE).T
    out = np.clip(np.rint(rounded / 0.05), -128, 127) * 0.05
    said = [[LABELS[int(row.argmax())] for row in scores] for scores in (real, out)]
    first, second = found["models"]
    assert (first["run_by"], second["run_by"]) == ("host", "host")
    for item, answers in zip((first, second), said, strict=True):
        assert item["accuracy"] == pytest.approx(sklearn.accuracy_score(truth, answers))
        interval = stats.binomtest(item["n_right"], 50).proportion_ci(method="wilson")
        assert item["accuracy_interval"]["high"] == pytest.approx(interval.high)
    right = [np.array(answers) == np.array(truth) for answers in said]
    only = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
    assert (second["only_first"], second["only_this"]) == only
    assert second["p"] == pytest.approx(stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0)
    flips = {(item["file"], item["first"], item["says"]) for item in found["flips"]}
    assert flips == {(str(f), a, b) for f, a, b in zip(files, *said, strict=True) if a != b}
    assert second["flipped"] == len(flips)
    assert second["mean_difference"] == pytest.approx(np.abs(out - real).mean(), abs=1e-6)
    noise = np.square(out - real)[:32].sum()
    (layer,) = second["layers"]
    assert (first["layers"], layer["name"]) == ([], "FULLY_CONNECTED")
    assert layer["sqnr_db"] == pytest.approx(10 * np.log10(np.square(real)[:32].sum() / noise), abs=1e-3)
    done = run_tinyhost("model", "compare", *names, "--data", folder / "data", "--layers")
    assert f"{layer['sqnr_db']:.1f} dB" in done.out


def test_what_cannot_be_compared_is_refused(folder: Path) -> None:
    done = run_tinyhost("model", "compare", folder / "int8.tflite")
    assert (done.code, "expected at least two files" in done.err) == (2, True)
    data = ("--data", folder / "data")
    done = run_tinyhost("model", "compare", folder / "float16.tflite", folder / "dynamic.tflite", *data)
    assert "none of the files is a model for an app" in done.err
    done = run_tinyhost("model", "compare", SHIPPED_MODELS["vww"], folder / "float32.tflite", *data)
    assert "it takes 1,024 values, the samples have 9,216" in done.err
