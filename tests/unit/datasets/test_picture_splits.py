"""Reading a folder of labelled pictures: what is accepted, how it is split, what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.datasets.picture_splits import load_splits
from tinyhost.errors import DatasetError

LABELS = ("no_person", "person")


def _write(folder: Path, n: int, *, level: int = 0, shape: tuple[int, int] = (96, 96)) -> None:
    """Write n flat pictures whose grey levels are level, level + 1, and on."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(n):
        cv2.imwrite(str(folder / f"{index:05d}.png"), np.full(shape, level + index, np.uint8))


@pytest.fixture
def flat_tree(tmp_path: Path) -> Path:
    _write(tmp_path / "no_person", 20)
    _write(tmp_path / "person", 40, level=100)
    return tmp_path


def test_a_flat_tree_is_split_by_name_without_overlap(flat_tree: Path) -> None:
    splits = load_splits(flat_tree, LABELS)
    assert [len(s) for s in (splits.train, splits.val, splits.test)] == [42, 9, 9]
    levels = [set(s.pictures[:, 0, 0].tolist()) for s in (splits.train, splits.val, splits.test)]
    assert set.union(*levels) == set(range(20)) | set(range(100, 140))
    assert sum(map(len, levels)) == 60
    # Neighbours stay together: all that is learned from comes before all that is measured on.
    assert max(level for level in levels[0] if level < 100) < min(levels[1] | levels[2])


def test_classes_follow_the_order_of_the_labels(flat_tree: Path) -> None:
    train = load_splits(flat_tree, LABELS).train
    assert set(train.pictures[train.classes == 0, 0, 0].tolist()) <= set(range(20))
    train = load_splits(flat_tree, LABELS[::-1]).train
    assert set(train.pictures[train.classes == 1, 0, 0].tolist()) <= set(range(20))


def test_split_folders_are_used_as_they_are(tmp_path: Path) -> None:
    for split, n in (("train", 12), ("val", 3), ("test", 4)):
        for label in LABELS:
            _write(tmp_path / split / label, n)
    splits = load_splits(tmp_path, LABELS)
    assert [len(s) for s in (splits.train, splits.val, splits.test)] == [24, 6, 8]


def test_a_missing_test_folder_is_cut_from_train(tmp_path: Path) -> None:
    for split, n in (("train", 20), ("val", 3)):
        for label in LABELS:
            _write(tmp_path / split / label, n)
    splits = load_splits(tmp_path, LABELS)
    assert len(splits.val) == 6
    assert len(splits.train) + len(splits.test) == 40
    assert len(splits.test) >= 2


def test_other_sizes_are_cropped_to_the_middle_square_and_scaled(tmp_path: Path) -> None:
    picture = np.zeros((120, 320), np.uint8)
    picture[:, 100:220] = 200
    for label in LABELS:
        _write(tmp_path / label, 13)
        cv2.imwrite(str(tmp_path / label / "00000.png"), picture)
    first = load_splits(tmp_path, LABELS, min_per_class=5).train.pictures[0]
    assert first.shape == (96, 96)
    assert first.min() == first.max() == 200


def test_hidden_files_and_manifests_are_skipped(flat_tree: Path) -> None:
    (flat_tree / "manifest.jsonl").write_text("{}\n")
    (flat_tree / "person" / ".00099.png.partial").write_bytes(b"half")
    (flat_tree / "person" / ".00099.png").write_bytes(b"half")
    (flat_tree / ".cache").mkdir()
    assert len(load_splits(flat_tree, LABELS).train) == 42


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder") as caught:
        load_splits(tmp_path / "hall", LABELS)
    assert str(tmp_path / "hall") in caught.value.message
    assert caught.value.hint


def test_a_missing_class_is_named_with_what_was_found(tmp_path: Path) -> None:
    _write(tmp_path / "person", 20)
    with pytest.raises(DatasetError, match="no_person") as caught:
        load_splits(tmp_path, LABELS)
    assert "got person" in caught.value.message
    assert "tinyhost capture --label no_person" in caught.value.hint


def test_an_unexpected_class_is_refused(flat_tree: Path) -> None:
    _write(flat_tree / "dog", 3)
    with pytest.raises(DatasetError, match="dog"):
        load_splits(flat_tree, LABELS)


def test_an_empty_class_is_refused(flat_tree: Path) -> None:
    for path in (flat_tree / "person").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match="no pictures") as caught:
        load_splits(flat_tree, LABELS)
    assert str(flat_tree / "person") in caught.value.message


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(20)])
def test_an_unreadable_picture_is_named(flat_tree: Path, content: bytes) -> None:
    broken = flat_tree / "person" / "00003.png"
    broken.write_bytes(content)
    splits = load_splits(flat_tree, LABELS)
    (skipped,) = splits.skipped
    assert (skipped.what, str(broken) in skipped.reason) == ("person/00003.png", True)
    assert broken not in splits.train.paths


def test_a_class_without_any_readable_picture_is_refused(flat_tree: Path) -> None:
    for path in (flat_tree / "person").iterdir():
        path.write_bytes(b"GIF")
    with pytest.raises(DatasetError, match=r"person: none of 40 files can be used; the first one, person/00000.png"):
        load_splits(flat_tree, LABELS)


@pytest.mark.parametrize("n", [1, 2, 3, 12])
def test_too_few_pictures_are_counted(tmp_path: Path, n: int) -> None:
    _write(tmp_path / "no_person", 20)
    _write(tmp_path / "person", n)
    with pytest.raises(DatasetError, match="too few") as caught:
        load_splits(tmp_path, LABELS)
    assert "at least 10" in caught.value.message
