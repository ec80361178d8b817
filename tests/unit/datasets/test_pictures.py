"""Which picture is in which part: the same for training, for `bench --part` and for `data info`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.audio.speakers import PARTS, Part
from tinyhost.datasets.describe import describe
from tinyhost.datasets.parts import write_lists
from tinyhost.datasets.picture_splits import load_splits
from tinyhost.datasets.pictures import load_class_folder, part_of_pictures, pictures_of_part
from tinyhost.errors import DatasetError

LABELS = ("no_person", "person")


def write_pictures(folder: Path, n: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        cv2.imwrite(str(folder / f"{number:04d}.png"), np.full((8, 8), number, np.uint8))


def names_by_part(root: Path) -> dict[Part, set[str]]:
    found = {part: pictures_of_part(load_class_folder(root), part) for part in PARTS}
    return {part: {picture.path.relative_to(root).as_posix() for picture in found[part]} for part in PARTS}


def assert_training_agrees(root: Path) -> None:
    splits = load_splits(root)
    sets = {"training": splits.train, "validation": splits.val, "testing": splits.test}
    assert names_by_part(root) == {
        part: {path.relative_to(root).as_posix() for path in pictures.paths} for part, pictures in sets.items()
    }


def test_class_folders_are_divided_in_the_order_of_names(tmp_path: Path) -> None:
    for label in LABELS:
        write_pictures(tmp_path / label, 20)
    parts = names_by_part(tmp_path)
    assert [len(parts[part]) for part in PARTS] == [28, 6, 6]
    assert parts["validation"] == {f"{label}/{number:04d}.png" for label in LABELS for number in (17, 18, 19)}
    assert parts["testing"] == {f"{label}/{number:04d}.png" for label in LABELS for number in (14, 15, 16)}
    assert_training_agrees(tmp_path)
    found = describe(tmp_path)
    assert (found.kind, found.split_by) == ("pictures", "order")
    assert found.parts == {"training": 28, "validation": 6, "testing": 6}


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "validation", "testing")])
def test_folders_of_parts_are_used_as_they_are(tmp_path: Path, names: tuple[str, str, str]) -> None:
    for name, n in zip(names, (12, 3, 4), strict=True):
        for label in LABELS:
            write_pictures(tmp_path / name / label, n)
    parts = names_by_part(tmp_path)
    assert [len(parts[part]) for part in PARTS] == [24, 6, 8]
    assert parts["testing"] == {f"{names[2]}/{label}/{number:04d}.png" for label in LABELS for number in range(4)}
    assert_training_agrees(tmp_path)
    assert describe(tmp_path).split_by == "folder"


def test_a_part_without_a_folder_is_the_end_of_training(tmp_path: Path) -> None:
    for label in LABELS:
        write_pictures(tmp_path / "train" / label, 20)
        write_pictures(tmp_path / "test" / label, 5)
    assert [len(pictures) for pictures in names_by_part(tmp_path).values()] == [34, 6, 10]
    assert_training_agrees(tmp_path)


def test_pictures_beside_the_parts_are_reported(tmp_path: Path) -> None:
    write_pictures(tmp_path / "train" / "person", 3)
    write_pictures(tmp_path / "more" / "person", 1)
    (left_out,) = load_class_folder(tmp_path).skipped
    assert left_out.reason == "more/person/0000.png is beside train, so in no part"


def test_lists_win_over_the_order(tmp_path: Path) -> None:
    for label in LABELS:
        write_pictures(tmp_path / label, 20)
    listed: dict[str, Part] = {f"{label}/0000.png": "testing" for label in LABELS}
    write_lists(tmp_path, {**listed, "person/0001.png": "validation"})
    parts = names_by_part(tmp_path)
    assert (parts["testing"], parts["validation"]) == (set(listed), {"person/0001.png"})
    assert_training_agrees(tmp_path)
    assert describe(tmp_path).split_by == "lists"


def test_pictures_of_trains_are_a_label(tmp_path: Path) -> None:
    for label in ("bus", "train"):
        write_pictures(tmp_path / label, 10)
    assert load_class_folder(tmp_path).counts() == {"bus": 10, "train": 10}


def test_a_part_that_a_set_does_not_have_is_an_error(tmp_path: Path) -> None:
    write_pictures(tmp_path / "person", 1)
    found = load_class_folder(tmp_path)
    assert Counter(part_of_pictures(found)[1]) == {"validation": 1}
    with pytest.raises(DatasetError, match=r"no pictures for testing; there are 1 for validation"):
        pictures_of_part(found, "testing")
