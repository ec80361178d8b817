"""Training clips: what is drawn, how they are changed, what batches hold. No TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.features import features
from tinyhost.audio.noise import make_noise
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.sounds import N_SILENT, UNKNOWN_CLASS, ClipSet, load_sounds
from tinyhost.errors import DatasetError
from tinyhost.train.kws.augment import SoundAugmenter, clip_features, vary_features
from tinyhost.train.kws.config import SoundAugmentation
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.rounds import FeatureRounds, draw_round, load_round

RATE = 16_000


def beep(hz: float, seconds: float = 0.3) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    time_s = np.arange(int(seconds * RATE)) / RATE
    clip = np.zeros(RATE, np.int16)
    clip[4000 : 4000 + len(time_s)] = np.rint(8000 * np.sin(2 * np.pi * hz * time_s))
    return clip


@pytest.fixture
def augmenter() -> SoundAugmenter:
    rng = np.random.default_rng(1)
    return SoundAugmenter(noises=[make_noise(kind, 2 * RATE, rng) for kind in ("white", "hum")], seed=3)


def test_the_same_seed_changes_a_clip_in_the_same_way(augmenter: SoundAugmenter) -> None:
    first = augmenter.features(beep(440), np.random.default_rng(5), silent=False)
    again = augmenter.features(beep(440), np.random.default_rng(5), silent=False)
    other = augmenter.features(beep(440), np.random.default_rng(6), silent=False)
    assert first.shape == (49, 40)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_any_change_the_features_are_the_boards() -> None:
    still = SoundAugmentation(
        cut_ms=0,
        speed=(1.0, 1.0),
        noisy_share=0.0,
        level_dbfs=(-20.0, -20.0),
        reverberant_share=0.0,
        equalizer_db=0.0,
        warm_share=0.0,
    )
    clip = np.rint(np.random.default_rng(2).normal(0, 3000, RATE)).astype(np.int16)  # loud all over, so it cannot move
    changed = SoundAugmenter(noises=[np.ones(RATE, np.float32)], config=still).features(
        clip, np.random.default_rng(1), silent=False
    )
    level = np.sqrt(np.mean(clip.astype(np.float64) ** 2))
    expected = features(np.rint(clip * (3276.8 / level)).astype(np.int16))
    above = slice(4, 40)  # beneath, the microphone's drawn loss of bass is never off
    difference = np.abs(changed[:, above].astype(int) - expected[:, above])
    assert (difference <= 2).mean() > 0.95  # samples are rounded once more, and some bass leaks upwards
    assert difference.max() <= 32  # a step of the logarithm, for faint features


def test_silence_stays_without_the_clips_word(augmenter: SoundAugmenter) -> None:
    loud = [augmenter.features(np.zeros(RATE, np.int16), np.random.default_rng(n), silent=True) for n in range(8)]
    assert len({sound.tobytes() for sound in loud}) == 8  # noise of many levels, nothing else


def test_clips_are_heard_with_a_fresh_frontend_each() -> None:
    both = clip_features(np.stack([beep(440), beep(2000)]))
    assert np.array_equal(both[1], features(beep(2000)))
    assert np.array_equal(both[0], features(beep(440)))


def test_varied_features_keep_shape_and_type() -> None:
    sounds = np.random.default_rng(1).integers(-128, 128, (50, 49, 40)).astype(np.int8)
    varied = vary_features(sounds, np.random.default_rng(2))
    assert varied.shape == (50, 49, 40)
    assert varied.dtype == np.int8
    same = [np.array_equal(before, after) for before, after in zip(sounds, varied, strict=True)]
    assert 0 < sum(same) < 50


def test_the_input_is_the_feature_plus_128_over_255() -> None:
    sound = np.array([-128, 0, 127], np.int8).reshape(1, 3, 1)
    assert to_input(sound).reshape(-1).tolist() == pytest.approx([0.0, 128 / 255, 1.0])


def test_a_round_has_words_equally_often_and_more_that_is_none() -> None:
    classes = np.array([0] * 3 + [1] * 50 + [2] * 10 + [3] * 5)
    drawn = draw_round(classes, 4, np.random.default_rng(1))
    assert np.bincount(classes[drawn]).tolist() == [5, 20, 10, 10]
    assert set(np.flatnonzero(classes == 2)) <= set(drawn.tolist())
    assert np.bincount(classes[draw_round(classes, 40, np.random.default_rng(1))]).tolist() == [20, 80, 40, 40]
    without = draw_round(classes[classes != UNKNOWN_CLASS], 4, np.random.default_rng(1))
    assert len(without) == 25


def test_rounds_are_made_once_and_again_when_the_clips_change(tmp_path: Path) -> None:
    clips = ClipSet(
        pcm=np.stack([beep(300 + 50 * n) for n in range(8)]), classes=np.arange(8) % 4, paths=(tmp_path,) * 8
    )
    noises = (make_noise("pink", 2 * RATE, np.random.default_rng(1)),)
    seen: list[tuple[int, int]] = []

    def make(clips: ClipSet) -> list[Path]:
        rounds = FeatureRounds(clips=clips, noises=noises, folder=tmp_path, seed=1, min_per_word=4, n_workers=1)
        return rounds.paths(2, lambda done, total: seen.append((done, total)))

    paths = make(clips)
    assert seen[-1] == (36, 36)
    made = load_round(paths[0])
    assert (made.features.shape, np.bincount(made.classes).tolist()) == ((18, 49, 40), [2, 8, 4, 4])
    assert not np.array_equal(made.features, load_round(paths[1]).features)
    seen.clear()
    assert make(clips) == paths
    assert seen == []
    assert make(replace(clips, pcm=clips.pcm[::-1])) != paths
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".npz"] * 4


def test_batches_take_another_half_of_the_unknown_each_epoch_all_over_it(tmp_path: Path) -> None:
    path = tmp_path / "round.npz"
    classes = np.repeat(np.arange(4), [20, 80, 40, 40])
    np.savez(path, features=np.zeros((180, 49, 40), np.int8), classes=classes)
    batches = KwsBatches([path], 4, 35, 1)
    assert len(batches) == 4
    first, second = batches.order(0), batches.order(1)
    for order in (first, second):
        assert len(set(order.tolist())) == 140
        assert np.bincount(classes[order]).tolist() == [20, 40, 40, 40]
        assert all((classes[part] == UNKNOWN_CLASS).sum() >= 4 for part in np.split(order, 4))
    assert set(first.tolist()) != set(second.tolist())
    sounds, targets = batches.batch(first, 0, 0)
    assert (sounds.shape, targets.shape) == ((35, 49, 40, 1), (35, 4))
    assert sounds.dtype == np.float32
    assert targets.argmax(axis=1).tolist() == classes[first[:35]].tolist()


def speech_set(root: Path, n: int) -> None:
    """Write a set of beeps by 12 speakers: yes, no, and two other words."""
    for hz, word in ((300, "yes"), (600, "no"), (900, "up"), (1200, "cat")):
        for index in range(n):
            (root / word).mkdir(parents=True, exist_ok=True)
            write_wav(root / word / f"{index % 12:08x}_nohash_{index}.wav", beep(hz + 5 * index))


def test_sounds_are_split_by_speaker_and_other_words_are_unknown(tmp_path: Path) -> None:
    speech_set(tmp_path, 24)
    (tmp_path / "_background_noise_").mkdir()
    write_wav(tmp_path / "_background_noise_/room.wav", np.full(2 * RATE, 100, np.int16))
    (tmp_path / "yes/broken.wav").write_bytes(b"RIFF")
    data = load_sounds(tmp_path, ("yes", "no"), min_per_word=2)
    assert data.labels == ("silence", "unknown", "yes", "no")
    assert [item.what for item in data.skipped] == ["yes/broken.wav"]
    words = sum(int((part.classes >= N_SILENT).sum()) for part in (data.train, data.val, data.test))
    assert words == 48
    assert data.train.pcm.shape == (len(data.train), RATE)
    assert len(data.noises) >= 9  # the recording, the kinds that are made, babble if there are enough voices


def test_too_few_clips_are_reported(tmp_path: Path) -> None:
    speech_set(tmp_path, 24)
    with pytest.raises(DatasetError, match=r"too few clips for training; expected at least 100 of each word"):
        load_sounds(tmp_path, ("yes", "no"), min_per_word=100)
    with pytest.raises(DatasetError, match="no clips of 'stop'"):
        load_sounds(tmp_path, ("yes", "stop"))
