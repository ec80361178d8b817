"""Augmented batches: repeatable, balanced, in range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinyhost.datasets.picture_splits import PictureSet
from tinyhost.train.core.feed import one_hot
from tinyhost.train.kws.feed import KwsBatches
from tinyhost.train.vww.augment import augment_batch
from tinyhost.train.vww.feed import PictureBatches, to_input


def _pictures(n_first: int, n_second: int) -> PictureSet:
    rng = np.random.default_rng(0)
    n = n_first + n_second
    return PictureSet(
        pictures=rng.integers(0, 256, (n, 96, 96), np.uint8),
        classes=np.repeat(np.array([0, 1], np.int64), (n_first, n_second)),
        paths=tuple(Path(f"{index}.png") for index in range(n)),
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), level=st.integers(0, 255))
def test_augmented_pictures_stay_in_range(seed: int, level: int) -> None:
    pictures = np.full((2, 96, 96), level, np.uint8)
    batch = augment_batch(pictures, np.random.default_rng(seed))
    assert batch.shape == (2, 96, 96, 1)
    assert batch.dtype == np.float32
    assert 0 <= batch.min() <= batch.max() <= 1


def test_augmentation_repeats_with_its_seed_and_changes_with_it() -> None:
    pictures = _pictures(2, 2).pictures
    first, again, other = (augment_batch(pictures, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_batch_depends_on_epoch_and_step_only() -> None:
    feeds = [PictureBatches(_pictures(30, 30), 2, 8, seed=3) for _ in range(2)]
    order = feeds[0].order(4)
    np.testing.assert_array_equal(order, feeds[1].order(4))
    np.testing.assert_array_equal(feeds[0].batch(order, 4, 2)[0], feeds[1].batch(order, 4, 2)[0])


def test_an_uneven_set_is_drawn_evenly() -> None:
    uneven = _pictures(90, 10)
    order = PictureBatches(uneven, 2, 10, seed=1).order(0)
    assert np.bincount(uneven.classes[order]).tolist() == [50, 50]
    assert set(np.flatnonzero(uneven.classes == 1)) <= set(order.tolist())


def test_an_even_set_is_seen_whole_each_epoch() -> None:
    order = PictureBatches(_pictures(20, 20), 2, 8, seed=1).order(5)
    assert sorted(order.tolist()) == list(range(40))


def test_a_set_smaller_than_a_batch_makes_one_batch() -> None:
    feed = PictureBatches(_pictures(3, 3), 2, 64, seed=1)
    assert len(feed) == 1
    assert feed.batch(feed.order(0), 0, 0)[0].shape == (6, 96, 96, 1)


def test_a_small_set_is_repeated_for_the_steps_asked() -> None:
    small = _pictures(5, 3)
    feed = PictureBatches(small, 2, 4, seed=1, min_steps=10)
    order = feed.order(0)
    assert len(feed) == 10
    assert np.bincount(small.classes[order]).tolist() == [20, 20]


def test_a_small_set_of_clips_is_gone_through_several_times_with_another_round_each(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.npz")
        features = np.full((40, 49, 40), 40 * number, np.int8)
        np.savez(files[-1], features=features, classes=rng.permutation(np.repeat(np.arange(4), 10)))
    feed = KwsBatches(files, 4, 8, seed=1, min_steps=10)
    assert len(feed) == 12  # three passes of 35 clips: half of the unknown are taken
    order = feed.order(0)
    assert len(order) == 12 * 8
    levels = [
        {int(level) for level in np.unique(np.rint(feed.batch(order, 0, step)[0] * 255 - 128))} for step in range(12)
    ]
    assert [max(seen) for seen in levels] == [0] * 4 + [40] * 4 + [80] * 4


def test_one_hot_marks_the_class() -> None:
    assert one_hot(np.array([1, 0], np.int64), 2).tolist() == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_exist_after_scaling(level: int) -> None:
    assert to_input(np.full((1, 96, 96), level, np.uint8)).max() == level / 255
