"""Active learning: samples that a board was unsure of train its next model, and every step can be traced back."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pytest
from tinyhost.datasets.labelling.answers import read_answers
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.people.provenance import read_run_data
from tinyhost.datasets.store import encode_png
from tinyhost.models.file import load_model_file
from tinyhost.synth.pictures import render

from tests.commands import run_tinyhost
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.train]


def drawn(root: Path, n: int, seed: int) -> Path:
    for label in ("no_person", "person"):
        (root / label).mkdir(parents=True)
        for number in range(n):
            picture = render(label, np.random.default_rng((seed, number)))
            (root / label / f"{number:03}.png").write_bytes(encode_png(picture))
    return root


def train(data: Path, start: Path, out: Path) -> Path:
    """Train the last layer only, for an epoch; return the model."""
    words = ("train", "vww", "--data", data, "--start-from", start, "--out", out, "--freeze", "--epochs", "1")
    done = run_tinyhost(*words)
    assert (out / "model.tflite").exists(), done.err
    return out / "model.tflite"


def test_what_a_board_was_unsure_of_becomes_its_next_model(stations: Stations, tmp_path: Path) -> None:
    station, hall = stations("native", "vww"), drawn(tmp_path / "hall", 24, 1)
    first = train(hall, Path("models/drawings"), tmp_path / "runs" / "first")
    station.run("push", str(first))

    # The board keeps what its model is unsure of, and is asked later.
    unsure, labels = tmp_path / "unsure", ("--labels", "no_person,person")
    keeper = station.start("board", "run", "--scene", str(drawn(tmp_path / "scene", 3, 2)))
    station.wait_until_on(keeper)
    station.run("collect", str(unsure), "--margin", "2")
    deadline = time.monotonic() + 120
    while not station.run_json("collect", str(tmp_path / "look"), "--keep")["samples"]:
        assert keeper.poll() is None and time.monotonic() < deadline
    collected = station.run_json("collect", str(unsure), "--subject", "P07", "--consent", "form 12")
    station.end_processes()
    assert collected["model_sha256"] == hashlib.sha256(load_model_file(first).image).hexdigest()

    # A person labels it, and training goes on from the model that was unsure.
    n = len(collected["samples"])
    assert n >= 1
    words = ("data", "label", unsure / "unsure", hall, "--model", first, "--sure", "2", "--annotator", "ada", *labels)
    done = run_tinyhost(*words, says="\n" * n)
    assert done.code == 0, done.err
    added = [line for line in read_manifest(hall) if line.subject == "P07"]
    assert len(added) == n
    second = train(hall, tmp_path / "runs" / "first", tmp_path / "runs" / "second")

    # The new model is measured beside the one before, and pushed.
    compared = station.run_json("bench", "--model", str(second), "--runs", "1", "--samples", "2", "--data", str(hall))
    assert compared["accuracy"]["n"] > 0
    both = run_tinyhost("model", "compare", first, second, "--data", hall, "--json", tmp_path / "compared.json")
    assert both.code == 0, both.err
    assert json.loads((tmp_path / "compared.json").read_text())["schema"].startswith("tinyhost.model_compare/")
    station.run("push", str(second))

    # From the board back to the sample: model, run, file, answer, person, and the model that was unsure.
    active = next(slot for slot in station.run_json("models")["slots"] if slot["active"])
    assert active["sha256"] == hashlib.sha256(load_model_file(second).image).hexdigest()
    run = read_run_data(second.parent)
    assert run is not None
    assert run.start_from == first.parent.resolve()
    answers = {answer.file: answer for answer in read_answers(hall)}
    for line in added:
        assert run.samples[line.file] == line.sha256
        assert answers[line.file].annotator == "ada"
        assert line.attributes["model_sha256"] == collected["model_sha256"]
        assert (line.subject, line.sensor, line.app) == ("P07", "camera", "vww")
