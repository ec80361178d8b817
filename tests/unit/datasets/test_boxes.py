"""Boxes around objects, from the lists of Edge Impulse and COCO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tinyhost.datasets.boxes import BOX_LIST, Box, load_boxed_pictures
from tinyhost.errors import DatasetError

from tests.heat_maps import edge_impulse_list, spots, write_picture

FACE = Box(label="face", x=1.0, y=2.0, width=30.0, height=40.0)


def coco(**changes: Any) -> dict[str, Any]:
    """Return a list of two pictures, one of which shows a face and a crowd."""
    return {
        "images": [{"id": 5, "file_name": "a.png"}, {"id": 6, "file_name": "b.png"}],
        "categories": [{"id": 3, "name": "face"}],
        "annotations": [
            {"id": 1, "image_id": 5, "category_id": 3, "bbox": [1, 2, 30, 40.0], "segmentation": [[1, 2]]},
            {"id": 2, "image_id": 5, "category_id": 3, "bbox": [0, 0, 90, 90], "iscrowd": 1},
        ],
        **changes,
    }


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        write_picture(folder / name, spots([]))


def test_boxes_of_edge_impulse_are_read_by_part(tmp_path: Path) -> None:
    pictures(tmp_path, "training/a.png", "training/b.png", "testing/c.png", "testing/stray.png")
    box = ("face", 1, 2, 30, 40)
    (tmp_path / "training" / BOX_LIST).write_text(edge_impulse_list({"a.png": [box], "b.png": []}))
    (tmp_path / "testing" / BOX_LIST).write_text(edge_impulse_list({"c.png": [box, box], "gone.png": [box]}))
    found = load_boxed_pictures(tmp_path)
    assert [(each.path.name, each.boxes, each.part) for each in found.pictures] == [
        ("c.png", (FACE, FACE), "testing"),
        ("a.png", (FACE,), "training"),
        ("b.png", (), "training"),
    ]
    assert [each.path.name for each in found.of_part("testing")] == ["c.png"]
    assert [str(each) for each in found.skipped] == [
        "testing/bounding_boxes.labels: 'gone.png': no such picture",
        "testing/stray.png: no list of boxes names it",
    ]
    with pytest.raises(DatasetError, match="no pictures for validation"):
        found.of_part("validation")


@pytest.mark.parametrize(
    ("listed_in", "picture_folder"),
    [
        ("annotations/instances_val2017.json", "val2017"),
        ("annotations/instances.json", "images"),
        ("_annotations.coco.json", "."),
        ("train/_annotations.coco.json", "train"),
    ],
)
def test_boxes_of_coco_are_found_where_its_tools_put_them(tmp_path: Path, listed_in: str, picture_folder: str) -> None:
    pictures(tmp_path, f"{picture_folder}/a.png", f"{picture_folder}/b.png")
    file = tmp_path / listed_in
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(coco()))
    found = load_boxed_pictures(tmp_path)
    crowd = Box(label="face", x=0.0, y=0.0, width=90.0, height=90.0, is_crowd=True)
    assert [each.boxes for each in found.pictures] == [(FACE, crowd), ()]
    assert found.skipped == ()


@pytest.mark.parametrize("name", ["../a.png", "/etc/a.png/../..", "x/../../a.png", "C:\\a.png", "", "a\0.png"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    pictures(tmp_path, "a.png")
    (tmp_path / BOX_LIST).write_text(edge_impulse_list({name: []}))
    with pytest.raises(DatasetError, match="is no path within the folder"):
        load_boxed_pictures(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"annotations": [{"id": 1, "image_id": 9, "category_id": 3, "bbox": [1, 2, 3, 4]}]}, "image_id"),
        ({"annotations": [{"id": 1, "image_id": 5, "category_id": 9, "bbox": [1, 2, 3, 4]}]}, "category_id"),
        ({"annotations": [{"id": 1, "image_id": 5, "category_id": 3, "bbox": [1, 2, 3]}]}, "expected 4 numbers"),
        ({"annotations": [{"id": 1, "image_id": 5, "category_id": 3, "bbox": [1, 2, -3, 4]}]}, "at least 0"),
        ({"annotations": [{"id": 1, "image_id": 5, "category_id": 3, "bbox": [1, 2, 3, "4"]}]}, "expected 4 numbers"),
        ({"images": {}}, "images: expected a list"),
        ({"categories": [{"id": 3}]}, '"name" is missing'),
    ],
)
def test_a_list_of_another_form_is_refused_with_its_key(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "coco.json").write_text(json.dumps(coco(**change)))
    with pytest.raises(DatasetError, match=words):
        load_boxed_pictures(tmp_path)


def test_a_folder_without_boxes_says_what_is_expected(tmp_path: Path) -> None:
    pictures(tmp_path, "face/a.png")
    with pytest.raises(DatasetError, match="no list of boxes") as caught:
        load_boxed_pictures(tmp_path)
    assert BOX_LIST in caught.value.hint
    with pytest.raises(DatasetError, match="no such folder"):
        load_boxed_pictures(tmp_path / "gone")
