"""What a keyword spotter's card says of speakers, from the names of the clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tinyhost.datasets.sounds import SILENT_CLASS, UNKNOWN_CLASS, ClipSet
from tinyhost.train.kws.outcome import speakers_note


def clips(root: Path, *names: str) -> ClipSet:
    """Files of these names, a clip of noise, and a generated one, whose path is the folder."""
    for name in (*names, "music.wav"):
        (root / name).touch()
    paths = (*(root / name for name in (*names, "music.wav")), root)
    classes = np.array([UNKNOWN_CLASS] * len(names) + [SILENT_CLASS, UNKNOWN_CLASS])
    return ClipSet(pcm=np.zeros((len(paths), 16_000), np.int16), classes=classes, paths=paths)


def test_speakers_that_are_apart_are_claimed(tmp_path: Path) -> None:
    parts = (clips(tmp_path, "ann_nohash_0.wav", "ann_nohash_1.wav"), clips(tmp_path, "bob_nohash_0.wav"))
    assert (speakers_note(parts).text, speakers_note(parts).level) == ("No speaker is in two parts", "plain")


def test_a_speaker_in_two_parts_is_told(tmp_path: Path) -> None:
    parts = (clips(tmp_path, "ann_nohash_0.wav"), clips(tmp_path, "ann_nohash_1.wav", "7.wav"))
    assert speakers_note(parts).text.startswith("speakers in more than one part: 1;")
    assert speakers_note(parts).level == "warning"


def test_nothing_is_claimed_of_clips_without_a_speaker(tmp_path: Path) -> None:
    parts = (clips(tmp_path, "ann_nohash_0.wav", "7.wav"), clips(tmp_path, "8.wav"))
    assert speakers_note(parts).text.startswith("2 of 3 clips do not name their speaker")
    assert speakers_note(parts).level == "warning"
