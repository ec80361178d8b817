"""Labels by a model and by people: accepted and asked samples, agreement, and exports to other tools."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.importers import detect_format, find_samples
from tinyhost.datasets.importers.contract import ReadAs
from tinyhost.datasets.labelling.answers import read_answers
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.parts import read_lists
from tinyhost.datasets.store import encode_png
from tinyhost.metrics.agreement import cohen_kappa
from tinyhost.motion.csv import read_motion_csv, write_motion_csv
from tinyhost.synth.gestures.hand import Gesture
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource

from tests.commands import Done, run_tinyhost
from tests.lazily import lazily

sklearn = lazily("sklearn.metrics")

RNG = np.random.default_rng(3)


def grey(path: Path, level: int) -> None:
    """A picture of one brightness, with noise: what `bright` below goes by."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(np.clip(RNG.normal(level, 5, (24, 24)), 0, 255).astype(np.uint8)))


def bright(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> dict[str, float]:
    """Scores by label: how bright a picture is."""
    light = float(pixels.mean()) / 255
    return {"light": light, "dark": 1 - light}


def run(*words: str | Path, says: str = "") -> Done:
    return run_tinyhost("data", *words, says=says)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    for number, level in enumerate((250, 4, 140, 120, 60)):
        grey(tmp_path / "raw" / f"{number}.png", level)
    (tmp_path / "raw" / "torn.png").write_bytes(b"\x89PNG")
    return tmp_path / "raw"


FINDER = ("--finder", f"{__name__}:bright", "--labels", "light,dark")


def test_sure_proposals_are_accepted_and_doubtful_ones_asked_first(raw: Path, tmp_path: Path) -> None:
    """120, 140 and 60 are asked in this order: the smaller the margin, the earlier."""
    target = tmp_path / "set"
    done = run("label", raw, target, *FINDER, "--annotator", "ada", "--json", tmp_path / "a.json", says="1\nx\n\nq\n")
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["accepted"] == {"light": 1, "dark": 1}
    assert document["answered"] == {"light": 2}
    assert (document["corrected"], document["left"]) == (1, ["4.png"])
    assert [item["what"] for item in document["skipped"]] == ["torn.png"]
    assert "'x' is not one of the labels" in done.err
    who = {line.scene_item: (line.label, line.attributes["labelled_by"]) for line in read_manifest(target)}
    finder = f"finder {__name__}:bright"
    assert who == {
        "0.png": ("light", finder), "1.png": ("dark", finder), "2.png": ("light", "ada"), "3.png": ("light", "ada"),
    }  # fmt: skip
    again = run("label", raw, target, *FINDER, "--json", tmp_path / "b.json", "--export", tmp_path / "ls")
    assert again.code == 0, again.err
    document = json.loads((tmp_path / "b.json").read_text())
    assert (document["already"], document["left"], document["accepted"]) == (4, ["4.png"], {})
    (task,) = json.loads((tmp_path / "ls" / "tasks.json").read_text())
    (prediction,) = task["predictions"]
    assert prediction["result"][0]["value"] == {"choices": ["dark"]}
    assert 0.7 < prediction["score"] < 0.8
    assert task["data"]["image"] == "/data/local-files/?d=ls/files/000001_4.png"
    assert (tmp_path / "ls" / "files" / "000001_4.png").read_bytes() == (raw / "4.png").read_bytes()


def test_a_second_annotator_sees_no_labels_and_kappa_is_scikit_learns(raw: Path, tmp_path: Path) -> None:
    target = tmp_path / "set"
    (raw / "torn.png").unlink()
    assert run("label", raw, target, *FINDER, "--annotator", "ada", says="1\n2\n2\n").code == 0
    done = run(
        "review", target, "--annotator", "ben", "--json", tmp_path / "r.json", says="dark\nlight\ndark\nlight\ns\n"
    )
    assert done.code == 0, done.err
    assert "proposed" not in done.out
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["answered"] == 4
    own = {answer.file: answer.label for answer in read_answers(target) if answer.annotator == "ben"}
    folders = [file.split("/")[0] for file in own]
    (pair,) = (item for item in document["agreements"] if item["annotators"] == ["ben", "the set"])
    assert pair["n"] == 4
    assert pair["kappa"] == pytest.approx(sklearn.cohen_kappa_score(list(own.values()), folders))
    assert document["disputed"] == sorted(file for file, label in own.items() if file.split("/")[0] != label)
    later = run("review", target, "--annotator", "ben", says="q\n")
    assert later.out.count("; s skips") == 1, "what ben has answered is not asked again"


def test_kappa_of_any_answers_is_scikit_learns() -> None:
    for n, k in ((3, 2), (40, 3), (400, 5)):
        first, second = ([f"c{value}" for value in RNG.integers(0, k, n)] for _ in range(2))
        second = [a if RNG.random() < 0.7 else b for a, b in zip(first, second, strict=True)]
        found = cohen_kappa(first, second)
        assert found.kappa is not None
        assert found.interval is not None
        assert found.kappa == pytest.approx(sklearn.cohen_kappa_score(first, second))
        assert found.interval.low <= found.kappa <= found.interval.high
    assert cohen_kappa([], []).kappa is None
    assert cohen_kappa(["a", "a"], ["a", "a"]).kappa is None


def test_the_shipped_model_proposes_as_it_does_on_the_board(tmp_path: Path) -> None:
    pictures = tmp_path / "raw"
    pictures.mkdir()
    for name in ("a", "b"):
        (pictures / f"{name}.png").write_bytes(encode_png(RNG.integers(0, 256, (96, 96), np.uint8)))
    done = run("label", pictures, tmp_path / "set", "--model", "models/vww/model.tflite", "--sure", "0")
    assert done.code == 0, done.err
    assert {line.attributes["labelled_by"].split()[0] for line in read_manifest(tmp_path / "set")} == {"model"}
    write_wav(tmp_path / "sounds" / "a.wav", RNG.integers(-3000, 3000, 16_000).astype(np.int16))
    done = run("label", tmp_path / "sounds", tmp_path / "words", "--model", "models/kws/model.tflite", "--sure", "0")
    assert done.code == 0, done.err
    assert len(read_manifest(tmp_path / "words")) == 1
    done = run("label", tmp_path / "sounds", tmp_path / "words", "--model", "models/vww/model.tflite")
    assert "a model of camera samples, and these are sounds" in done.err


@pytest.mark.parametrize("format", ["label-studio", "cvat"])
def test_what_is_exported_for_a_tool_comes_back_the_same(tmp_path: Path, format: str) -> None:
    for number in range(8):
        grey(tmp_path / "set" / ("a", "b")[number % 2] / f"{number}.png", 30 * number + 20)
    done = run("export", tmp_path / "set", tmp_path / "out", "--format", format)
    assert done.code == 0, done.err
    assert detect_format(tmp_path / "out") == format
    assert len(find_samples(tmp_path / "out", format, ReadAs()).samples) == 8
    assert run("import", tmp_path / "out", tmp_path / "again").code == 0
    before = {(path.parent.name, path.read_bytes()) for path in (tmp_path / "set").glob("*/*.png")}
    assert {(path.parent.name, path.read_bytes()) for path in (tmp_path / "again").glob("*/*.png")} == before
    assert set(read_lists(tmp_path / "again").values()) == {"validation", "testing"}


def test_clips_go_to_label_studio_with_their_speakers(tmp_path: Path) -> None:
    for number in range(4):
        pcm = RNG.integers(-9000, 9000, 16_000).astype(np.int16)
        write_wav(tmp_path / "set" / "yes" / f"0000000{number}_nohash_0.wav", pcm)
    assert run("export", tmp_path / "set", tmp_path / "out", "--format", "label-studio").code == 0
    assert run("import", tmp_path / "out", tmp_path / "again").code == 0
    assert {path.name for path in (tmp_path / "again" / "yes").iterdir()} == {
        path.name for path in (tmp_path / "set" / "yes").iterdir()
    }
    assert "--format cvat is for pictures" in run("export", tmp_path / "set", tmp_path / "x", "--format", "cvat").err


def test_motion_is_labelled_with_the_proposals_of_a_gesture_model(tmp_path: Path) -> None:
    """What `judge` proposes is what the board's own window says; a recording that is too short is told."""
    model = Path("models/gestures/model.tflite")
    moves: tuple[tuple[Gesture, int], ...] = (("wave", 238), ("circle", 500), ("wave", 100))
    for number, (kind, n) in enumerate(moves):
        source = GestureSource(GestureOptions(person=number, gestures=(kind,)))
        (tmp_path / "raw").mkdir(exist_ok=True)
        write_motion_csv(tmp_path / "raw" / f"{number}.csv", [source.read(n)])
    done = run(
        *("label", tmp_path / "raw", tmp_path / "set", "--model", model, "--sure", "2", "--annotator", "ada"),
        *("--json", tmp_path / "a.json"),
        says="wave\n\n",
    )
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "a.json").read_text())
    assert (sum(document["answered"].values()), document["left"]) == (2, [])
    assert [item["reason"] for item in document["skipped"]] == ["raw/2.csv: 100 samples in a row, a window has 238"]
    stored = read_motion_csv(tmp_path / "set" / "wave" / "000001.csv")
    assert (stored.n_channels, round(stored.rate_hz, 3)) == (6, 119.0)
    done = run(
        "label", tmp_path / "raw", tmp_path / "none", "--model", model, "--sure", "2", "--export", tmp_path / "y"
    )
    assert done.code == 0, done.err
    tasks = json.loads((tmp_path / "y" / "tasks.json").read_text())
    assert [task["predictions"][0]["result"][0]["value"]["choices"] for task in tasks]
    view = ElementTree.parse(tmp_path / "y" / "config.xml").getroot()
    assert [channel.get("column") for channel in view.iter("Channel")] == [
        "accX",
        "accY",
        "accZ",
        "gyrX",
        "gyrY",
        "gyrZ",
    ]
    for task in tasks:
        task["annotations"] = [{"result": task.pop("predictions")[0]["result"]}]
    (tmp_path / "y" / "tasks.json").write_text(json.dumps(tasks))
    assert run("import", tmp_path / "y", tmp_path / "again").code == 0
    assert len([*(tmp_path / "again").glob("*/*.csv")]) == len(tasks) == 2
    assert run("review", tmp_path / "set", "--annotator", "ben", says="q\n").code == 0
