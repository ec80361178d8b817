"""tinyhost bench and diff on real firmware."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.bench.difference import DiffSample, compare
from tinyhost.datasets.pictures import load_class_folder, pictures_of_part
from tinyhost.device import Device
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.protocol.messages import Source

from tests.apps.conftest import N_PER_CLASS
from tests.commands import run_json, run_tinyhost
from tests.device.rig import small_model
from tests.oracle.oracle import ORACLE_NAME
from tests.oracle.sketch import Sketch
from tests.stations import Station, Stations, shipped_image
from tests.unit.compiler.models import float_classifier

pytestmark = pytest.mark.firmware

UNITS = {"native": "ns", "m4": "instructions"}


def test_bench_measures_and_agrees(station: Station, pictures: Path, tmp_path: Path) -> None:
    report = tmp_path / "deep" / "report.html"
    result = station.run_json(
        "bench", "--runs", "2", "--samples", "4", "--link", "--data", str(pictures), "--report", str(report)
    )
    assert result["latency"]["unit"] == UNITS[station.kind]
    assert result["latency"]["preprocess"]["min"] > 0
    assert result["agreement"]["mismatches"] == 0
    assert result["accuracy"]["n"] == 2 * N_PER_CLASS
    assert sum(map(sum, result["accuracy"]["confusion"])) == 2 * N_PER_CLASS
    assert result["link"]["frame_overhead"] <= 0.015
    assert len(result["latency"]["per_operator"]) == 30
    assert "vww on" in report.read_text()


def test_accuracy_is_the_hosts(native: Station, pictures: Path) -> None:
    result = native.run_json("bench", "--runs", "1", "--samples", "0", "--data", str(pictures))
    reference = HostReference(shipped_image("vww"))
    model = summarize(shipped_image("vww"))
    from tinyhost.models.reference import preprocess
    from tinyhost.sensors.picture_file import read_picture

    for item in result["accuracy"]["pictures"]:
        output = np.frombuffer(reference.run(preprocess(read_picture(Path(item["file"])), model)), np.int8)
        assert item["scores"] == [(int(q) + 128) / 256 for q in output]


def test_two_boards_of_a_rig_share_the_pictures_and_find_what_one_finds(
    native: Station, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    boards = "".join(f'[[board]]\nname = "n{n}"\ntype = "native"\napp = "vww"\n' for n in range(2))
    (tmp_path / "rig.toml").write_text(f'name = "pair"\ntests = "tests"\n{boards}')
    words = ("bench", "--runs", "1", "--samples", "0", "--data", str(pictures))
    shared = run_json(*words, "--rig", str(tmp_path / "rig.toml"), TINYHOST_STATE=tmp_path / "state")
    alone = native.run_json(*words)
    assert (shared["accuracy"], alone["boards"]) == (alone["accuracy"], [])
    assert [(share["name"], share["rejoined"], share["lost"]) for share in shared["boards"]] == [
        ("n0", 0, ""), ("n1", 0, ""),
    ]  # fmt: skip
    assert sum(share["items"] for share in shared["boards"]) == 2 * N_PER_CLASS
    refused = run_tinyhost(*words, "--board", "native,native")
    assert (refused.code, "native is given twice" in refused.err) == (2, True)


def test_a_part_of_pictures_is_that_of_training(native: Station, pictures: Path) -> None:
    folder = load_class_folder(pictures)
    result = native.run_json("bench", "--runs", "1", "--samples", "0", "--data", str(pictures), "--part", "testing")
    expected = {str(picture.path) for picture in pictures_of_part(folder, "testing")}
    assert {item["file"] for item in result["accuracy"]["pictures"]} == expected
    assert 0 < result["accuracy"]["n"] < len(folder)


@pytest.mark.xdist_group("m4 commands")
def test_instructions_are_the_same_in_two_runs(stations: Stations) -> None:
    station = stations("m4", model=True)
    first, second = (station.run_json("bench", "--runs", "2", "--samples", "0")["latency"] for _ in range(2))
    assert first == second
    assert first["invoke"]["min"] == first["invoke"]["max"]


def test_a_benched_model_leaves_the_one_before_active(native: Station, tmp_path: Path) -> None:
    (tmp_path / "small.thm").write_bytes(small_model(1))
    result = native.run_json("bench", "--model", str(tmp_path / "small.thm"), "--runs", "1", "--samples", "3")
    assert result["model"]["name"] == "small 1"
    assert result["latency"]["preprocess"] is None
    assert result["agreement"]["mismatches"] == 0
    assert native.run_json("bench", "--runs", "1", "--samples", "0")["model"]["name"] == "vww"


def test_a_model_of_floats_agrees_on_floats_that_it_can_take(native: Station, tmp_path: Path) -> None:
    (tmp_path / "floats.tflite").write_bytes(float_classifier(8))
    words = ("bench", "--model", str(tmp_path / "floats.tflite"), "--runs", "1", "--samples", "20")
    assert native.run_json(*words, "--against", ORACLE_NAME)["agreement"]["mismatches"] == 0
    assert native.run_json("diff", "--seed", "5", "--layers")["same"]


def test_a_heat_map_without_a_background_is_measured_but_never_taken_for_objects(
    native: Station, tmp_path: Path
) -> None:
    file = tmp_path / "one.tflite"
    file.write_bytes(Sketch((1, 32, 32, 1)).conv(1, 3, stride=16).tflite())
    assert "its output is a heat map of 2x2 cells and 1 class" in native.run("push", str(file), code=1).err
    result = native.run_json("bench", "--model", str(file), "--runs", "1", "--samples", "3")
    assert (result["agreement"]["mismatches"], result["latency"]["preprocess"]) == (0, None)


def test_pictures_for_a_model_that_takes_none_are_an_error(native: Station, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "small.thm").write_bytes(small_model(1))
    native.run("bench", "--model", str(tmp_path / "small.thm"), "--data", str(pictures), code=2)
    assert native.run_json("bench", "--runs", "1", "--samples", "0")["model"]["name"] == "vww"


def test_diff_finds_no_difference(station: Station, pictures: Path) -> None:
    picture = sorted((pictures / "person").glob("*.png"))[0]
    document = station.run_json("diff", str(picture), "--layers")
    assert document["same"]
    names = [stage["name"] for stage in document["stages"]]
    assert names[:2] == ["picture", "input"]
    assert len(names) == 2 + 30 + 1
    seeded = station.run_json("diff", "--seed", "5")
    assert [stage["name"] for stage in seeded["stages"]] == ["input", "output"]


def test_diff_shows_where_two_models_part(native: Station) -> None:
    """The board runs one model, the host another: the first operator already differs."""
    with native.board.power() as powered, Device.open(powered) as device:
        device.push(small_model(3))
        model = summarize(device.read(Source.MODEL))
        sample = DiffSample(name="seed 1", seed=1)
        right = list(compare(device, HostReference(small_model(3)), model, sample, layers=True))
        wrong = list(compare(device, HostReference(small_model(4)), model, sample, layers=True))
        device.rollback()
    assert all(stage.same for stage in right)
    assert [stage.same for stage in wrong[:2]] == [True, False]
    assert wrong[1].n_different
    assert wrong[1].first_difference is not None


def test_diff_needs_one_sample(native: Station) -> None:
    native.run("diff", code=2)
