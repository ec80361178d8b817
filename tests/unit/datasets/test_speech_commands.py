from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.keywords import CLIP_SAMPLES, SILENCE, UNKNOWN
from tinyhost.audio.speakers import PARTS, part_named, part_of_file, part_of_speaker, speaker_id, speaker_of_file
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.clips import ClipFolder, load_clip_folder
from tinyhost.datasets.describe import describe
from tinyhost.datasets.exporting import export_clips
from tinyhost.datasets.parts import read_lists, write_lists
from tinyhost.datasets.speech_commands import Shares, divide, part_of_clips
from tinyhost.errors import DatasetError, UsageError

# Where Speech Commands v0.02's own validation_list.txt and testing_list.txt put these people.
OFFICIAL = {
    "testing": "0c40e715 0ea0e2f4 022cd682 096456f9 2aa787cf ffa76c4a 24ad3ebe d7467392 5828dfa2 91223b83 f0ae7203 "
    "42beb5eb 44260689 44715c1c 95ba4996 94de6a6a caf9fceb 82b99576 81dc4a94 e41a903b",
    "validation": "fde2dee7 099d52ad 66cff190 541120c7 364c0853 0ab3b47d 4abefdf5 65ec06e5 44bc77f7 62641b88 50f55535 "
    "97ae8b25 1657c9fa 258f4559 3ca784ec 3e2ba5f7 409c962a 41285056",
}


def clip(seed: int, n: int = CLIP_SAMPLES) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-3000, 3000, n).astype(np.int16)


def make_set(root: Path, n_speakers: int = 60) -> ClipFolder:
    seed = 0
    for label in ("yes", "no", "cat", "dog", "tree"):
        for speaker in range(n_speakers):
            for take in range(2):
                seed += 1
                write_wav(root / label / f"{speaker_id(f'person {speaker}')}_nohash_{take}.wav", clip(seed))
    for name in ("hum", "rain"):
        write_wav(root / "_background_noise_" / f"{name}.wav", clip(len(name), 5 * CLIP_SAMPLES))
    return load_clip_folder(root)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    return make_set(tmp_path_factory.mktemp("set"))


@pytest.mark.parametrize("part", OFFICIAL)
def test_the_split_is_that_of_the_official_lists(part: str) -> None:
    sides = {part_of_file(f"{speaker}_nohash_1.wav") for speaker in OFFICIAL[part].split()}
    assert sides == {part}


def test_speakers_stay_on_their_side_as_a_set_grows() -> None:
    assert speaker_of_file("0c40e715_nohash_12.wav") == "0c40e715"
    assert speaker_of_file("000001.wav") == "000001.wav"
    shares = Counter(part_of_speaker(f"person {number}") for number in range(20_000))
    assert abs(shares["validation"] / 20_000 - 0.1) < 0.01
    assert abs(shares["testing"] / 20_000 - 0.1) < 0.01
    assert part_of_speaker("x", validation_percent=0.0, testing_percent=0.0) == "training"
    assert speaker_id("Ann") == speaker_id("Ann") != speaker_id("Bob")
    assert speaker_id("0c40e715") == "0c40e715"
    assert [part_named(part) for part in PARTS] == list(PARTS)
    with pytest.raises(UsageError):
        part_named("train")


def test_parts_classes_and_shares_are_the_fields(folder: ClipFolder) -> None:
    data = divide(folder, ("yes", "no"))
    assert data.labels == (SILENCE, UNKNOWN, "yes", "no")
    assert data.split_by == "speaker"
    speakers = {
        part: {clip.speaker for clip in data.parts[part] if clip.label not in {SILENCE, UNKNOWN}} for part in PARTS
    }
    everybody = {
        part: {clip.speaker for clip in data.parts[part] if clip.speaker and clip.label != SILENCE} for part in PARTS
    }
    for one, other in (("training", "validation"), ("training", "testing"), ("validation", "testing")):
        assert not everybody[part_named(one)] & everybody[part_named(other)]
    for part in PARTS:
        counts = data.counts(part)
        wanted = counts["yes"] + counts["no"]
        assert wanted == 4 * len(speakers[part]) > 0
        assert counts[UNKNOWN] == counts[SILENCE] == -(-wanted // 10)
    assert sum(data.counts(part)["yes"] for part in PARTS) == 120
    again = divide(folder, ("yes", "no"))
    assert again.parts == data.parts
    assert divide(folder, ("yes", "no"), seed=1).parts != data.parts


def test_clips_of_every_class_are_seconds(folder: ClipFolder) -> None:
    data = divide(folder, ("yes", "no"), shares=Shares(silence=50.0))
    sounds = {label: [c.read() for c in data.parts["training"] if c.label == label][:20] for label in data.labels}
    assert all(pcm.shape == (CLIP_SAMPLES,) for found in sounds.values() for pcm in found)
    levels = [float(np.abs(pcm).max()) for pcm in sounds[SILENCE]]
    assert max(levels) <= 3000
    assert max(levels) - min(levels) > 500, "one loudness"


def test_without_background_silence_is_digital(tmp_path: Path) -> None:
    write_wav(tmp_path / "yes" / "000001.wav", clip(0))
    data = divide(load_clip_folder(tmp_path), ("yes",), shares=Shares(validation=0, testing=0))
    (silence,) = [item for item in data.parts["training"] if item.label == SILENCE]
    assert not silence.read().any()
    assert silence.speaker == ""


def test_with_few_speakers_the_files_are_split(tmp_path: Path) -> None:
    folder = make_set(tmp_path, n_speakers=2)
    for number in range(200):
        write_wav(tmp_path / "yes" / f"{number:06d}.wav", clip(number, 2000))
    folder = load_clip_folder(tmp_path)
    split_by, sides = part_of_clips(folder, Shares())
    assert split_by == "file"
    assert 5 <= sides.count("testing") <= 40


def test_a_sets_own_lists_decide(tmp_path: Path) -> None:
    folder = make_set(tmp_path, n_speakers=30)
    before, sides = part_of_clips(folder, Shares(validation=30, testing=30))
    write_lists(
        tmp_path,
        {f"{clip.label}/{clip.path.name}": side for clip, side in zip(folder, sides, strict=True) if clip.path},
    )
    after, read_back = part_of_clips(folder, Shares())
    assert (before, after) == ("speaker", "lists")
    assert read_back == sides
    assert part_of_clips(folder, Shares(), use_lists=False)[0] == "speaker"
    (tmp_path / "testing_list.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DatasetError, match=r"testing_list\.txt"):
        part_of_clips(folder, Shares())


def test_a_set_without_validation_gives_some_of_its_training_for_it(tmp_path: Path) -> None:
    folder = make_set(tmp_path, n_speakers=30)
    names = [f"{clip.label}/{clip.path.name}" for clip in folder if clip.path]
    write_lists(tmp_path, dict.fromkeys(names[::4], "testing"))
    data = divide(folder, ("yes", "no"))
    tested = {f"{clip.path.parent.name}/{clip.path.name}" for clip in data.parts["testing"] if clip.path}
    assert data.counts("validation")["yes"] > 0
    assert not tested & set(names) - set(names[::4])


@pytest.mark.parametrize("name", ["validation_list.txt", "testing_list.txt"])
def test_one_list_is_enough_and_is_read_as_other_systems_write_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("\ufeffyes/a.wav\r\n./no\\b.wav\r\n\r\n".encode())
    assert read_lists(tmp_path) == dict.fromkeys(["yes/a.wav", "no/b.wav"], name.removesuffix("_list.txt"))


def test_a_file_in_two_parts_is_an_error(tmp_path: Path) -> None:
    for name in ("validation_list.txt", "testing_list.txt"):
        (tmp_path / name).write_text("yes/a.wav\n")
    with pytest.raises(DatasetError, match=r"testing_list\.txt: yes/a\.wav is in validation_list\.txt too"):
        read_lists(tmp_path)


def test_words_that_are_not_there_are_refused(folder: ClipFolder) -> None:
    with pytest.raises(DatasetError, match="no clips of 'maybe'; there are cat, dog, no, tree, yes"):
        divide(folder, ("yes", "maybe"))
    with pytest.raises(DatasetError):
        divide(folder, ())
    with pytest.raises(UsageError, match="invalid percentages"):
        Shares(validation=60, testing=60)


def test_files_that_cannot_be_used_are_skipped_and_reported(tmp_path: Path) -> None:
    write_wav(tmp_path / "yes" / "a.wav", clip(0))
    write_wav(tmp_path / "yes" / "slow.wav", clip(0), rate_hz=8000)
    write_wav(tmp_path / "yes" / "wide.wav", np.stack([clip(0)] * 2, 1))
    (tmp_path / "yes" / "cut.wav").write_bytes((tmp_path / "yes" / "a.wav").read_bytes()[:-2])
    (tmp_path / "yes" / "empty.wav").write_bytes(b"")
    (tmp_path / "yes" / "text.txt").write_text("no clip")
    (tmp_path / "yes" / ".hidden.wav").write_bytes(b"")
    write_wav(tmp_path / "a:b" / "a.wav", clip(1))
    folder = load_clip_folder(tmp_path)
    assert folder.counts() == {"yes": 1}
    assert {item.what for item in folder.skipped} == {
        "a:b/a.wav",
        "yes/cut.wav",
        "yes/empty.wav",
        "yes/slow.wav",
        "yes/wide.wav",
    }
    reasons = {item.what: item.reason for item in folder.skipped}
    assert "8,000 Hz" in reasons["yes/slow.wav"]
    assert "stereo" in reasons["yes/wide.wav"]
    assert "label 'a:b'" in reasons["a:b/a.wav"]


def test_folders_without_a_usable_clip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        load_clip_folder(tmp_path / "none")
    with pytest.raises(DatasetError, match="0 classes"):
        load_clip_folder(tmp_path)
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(DatasetError, match=r"none of 1 file can be used; the first one, yes/a\.wav"):
        load_clip_folder(tmp_path)


def test_export_in_the_layout_of_speech_commands_is_the_same_set(folder: ClipFolder, tmp_path: Path) -> None:
    counts = export_clips(folder, tmp_path / "out", "speech-commands")
    copy = load_clip_folder(tmp_path / "out")
    assert copy.counts() == folder.counts()
    assert len(copy.background) == 2
    assert part_of_clips(copy, Shares()) == ("lists", part_of_clips(folder, Shares())[1])
    assert sum(counts.values()) == len(folder)
    for one, other in zip(folder, copy, strict=True):
        assert one.path is not None
        assert other.path is not None
        assert one.path.read_bytes() == other.path.read_bytes()
    with pytest.raises(DatasetError, match="the folder is not empty"):
        export_clips(folder, tmp_path / "out", "speech-commands")


def test_a_set_is_described(folder: ClipFolder) -> None:
    found = describe(folder.root)
    assert (found.kind, found.files, found.speakers, found.background_files) == ("clips", 600, 60, 2)
    assert found.seconds == pytest.approx(600.0)
    assert found.parts is not None
    assert sum(found.parts.values()) == 600
