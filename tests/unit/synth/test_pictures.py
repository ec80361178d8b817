"""The picture renderer: seeded, varied, and two classes that differ only in the figure."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinyhost.errors import DatasetError
from tinyhost.synth.pictures import LABELS, render, write_dataset


@settings(max_examples=60)
@given(label=st.sampled_from(LABELS), seed=st.integers(0, 2**32 - 1))
def test_any_seed_gives_a_picture_with_contrast(label: str, seed: int) -> None:
    picture = render(label, np.random.default_rng(seed))
    assert picture.shape == (96, 96)
    assert picture.dtype == np.uint8
    assert int(picture.max()) - int(picture.min()) >= 10


@pytest.mark.parametrize("label", LABELS)
def test_the_same_seed_gives_the_same_picture(label: str) -> None:
    first, second = (render(label, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_other_seeds_give_other_pictures() -> None:
    seen = {render("person", np.random.default_rng(seed)).tobytes() for seed in range(20)}
    assert len(seen) == 20


def test_neither_brightness_nor_contrast_gives_the_class_away() -> None:
    means, spreads = [], []
    for label in LABELS:
        pictures = np.stack([render(label, np.random.default_rng(seed)) for seed in range(150)])
        means.append(pictures.mean(axis=(1, 2)))
        spreads.append(pictures.std(axis=(1, 2)))
    for a, b in (means, spreads):
        pooled = np.sqrt((a.var() + b.var()) / 2)
        assert abs(a.mean() - b.mean()) / pooled < 0.5


def test_an_unknown_label_names_the_known_ones() -> None:
    with pytest.raises(DatasetError, match="no_person, person"):
        render("cat", np.random.default_rng(0))


def test_a_set_has_a_folder_for_each_split_and_label(tmp_path: Path) -> None:
    files = write_dataset(tmp_path, 3, 1, split="val")
    assert [str(path.relative_to(tmp_path)) for path in files] == [
        f"val/{label}/{index:05d}.png" for label in LABELS for index in range(3)
    ]
    picture = cv2.imread(str(files[0]), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (96, 96)


def _contents(files: list[Path]) -> set[bytes]:
    return {path.read_bytes() for path in files}


def test_splits_and_seeds_share_no_picture(tmp_path: Path) -> None:
    sets = [
        _contents(write_dataset(tmp_path / str(seed), 5, seed, split=split))
        for seed in (1, 2)
        for split in ("train", "val", "test")
    ]
    assert len(set.union(*sets)) == 6 * 10


def test_a_larger_set_begins_with_the_smaller_one(tmp_path: Path) -> None:
    small = _contents(write_dataset(tmp_path / "small", 2, 4))
    assert small <= _contents(write_dataset(tmp_path / "large", 4, 4))
