"""A heat map model, from the push to live objects and their evaluation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.heat_maps import LABELS, Spot, edge_impulse_list, spot_finder, spots, write_picture
from tests.oracle.oracle import ORACLE_NAME
from tests.stations import Station

pytestmark = pytest.mark.firmware

SEEN: dict[str, list[Spot]] = {
    "a.png": [("bright", 16, 16, 16, 16), ("dark", 64, 56, 8, 8)],
    "b.png": [("bright", 8, 40, 24, 8), ("bright", 72, 72, 16, 16)],
    "c.png": [],
}
CENTROIDS = {
    "a.png": {("bright", 24, 24), ("dark", 68, 60)},
    "b.png": {("bright", 20, 44), ("bright", 80, 80)},
    "c.png": set(),
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "spots.tflite"
    file.write_bytes(spot_finder())
    return file


@pytest.fixture
def boxed(tmp_path: Path) -> Path:
    for name, found in SEEN.items():
        write_picture(tmp_path / "set" / name, spots(found))
    return tmp_path / "set"


def test_objects_are_seen_live_where_they_are(station: Station, model: Path, boxed: Path) -> None:
    station.run("push", str(model), "--labels", ",".join(LABELS))
    lines = station.run("monitor", "--scene", str(boxed), "--count", "4", "--json", "-").out.splitlines()
    for document in map(json.loads, lines):
        found = {(each["label"], each["x"], each["y"]) for each in document["objects"]}
        assert found == CENTROIDS[document["scene_item"]]
        assert (document["detected"], document["n_left_out"]) == (bool(found), 0)
    plain = station.run("monitor", "--scene", str(boxed / "b.png"), "--count", "1").out
    assert "bright 1.00 at 20,44  bright 1.00 at 80,80  invoke" in plain
    assert plain.endswith("2 bright  b.png\n")


def test_the_threshold_of_a_cell_is_a_setting(native: Station, model: Path, boxed: Path) -> None:
    native.run("push", str(model), "--labels", ",".join(LABELS))
    native.run("settings", "threshold=127")
    assert "1 bright  a.png" in native.run("monitor", "--scene", str(boxed / "a.png"), "--count", "1").out


def test_centroids_are_scored_against_boxes(native: Station, model: Path, boxed: Path) -> None:
    truth = {**SEEN, "a.png": [*SEEN["a.png"], ("cat", 1, 1, 9, 9)], "c.png": [("dark", 40, 40, 8, 8)]}
    truth["b.png"] = [("bright", 8, 40, 24, 8), ("bright", 0, 0, 8, 8)]
    (boxed / "bounding_boxes.labels").write_text(edge_impulse_list(truth))
    words = ("bench", "--model", str(model), "--labels", ",".join(LABELS), "--data", str(boxed), "--runs", "1")
    result = native.run_json(*words, "--samples", "3", "--against", ORACLE_NAME)
    assert result["agreement"]["mismatches"] == 0
    assert result["accuracy"] is None
    objects = result["objects"]
    assert (objects["n_pictures"], objects["threshold"], objects["ignored"]) == (3, 0.5, {"cat": 1})
    assert {key: objects["all"][key] for key in ("n_objects", "n_detections", "found")} == {
        "n_objects": 5,
        "n_detections": 4,
        "found": 3,
    }
    assert (objects["all"]["precision"], objects["all"]["recall"]) == (3 / 4, 3 / 5)
    assert objects["per_class"]["bright"]["f1"] == pytest.approx(2 / 3)
    assert [each["right"] for each in objects["pictures"][1]["detections"]] == [True, False]
    text = native.run(*words, "--samples", "0").out
    assert "F1: 66.7 %" in text
    assert "boxes whose labels the model does not know are not counted: cat (1)" in text


def test_a_large_picture_is_cut_and_its_boxes_with_it(native: Station, model: Path, tmp_path: Path) -> None:
    wide = spots([("bright", 232, 120, 48, 48), ("bright", 0, 100, 40, 40)], side=480)[:288]
    write_picture(tmp_path / "wide" / "wide.png", wide)
    coco = {
        "images": [{"id": 1, "file_name": "wide.png"}],
        "categories": [{"id": 1, "name": "bright"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [232, 120, 48, 48]},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 100, 40, 40]},
        ],
    }
    (tmp_path / "wide" / "coco.json").write_text(json.dumps(coco))
    words = ("--labels", ",".join(LABELS), "--data", str(tmp_path / "wide"), "--runs", "1", "--samples", "0")
    objects = native.run_json("bench", "--model", str(model), *words)["objects"]
    assert (objects["all"]["n_objects"], objects["all"]["found"], objects["n_outside"]) == (1, 1, 1)


def test_boxes_of_no_label_of_the_model_are_refused(native: Station, model: Path, boxed: Path) -> None:
    (boxed / "bounding_boxes.labels").write_text(edge_impulse_list({"a.png": [("cat", 1, 1, 9, 9)]}))
    words = ("bench", "--model", str(model), "--data", str(boxed))
    assert "the model has no labels" in native.run(*words, code=2).err
    assert "none of the labels of the boxes, cat" in native.run(*words, "--labels", "face,cup", code=1).err
