"""Real class folders: every file is a sample, text, a system file, or skipped with a reason."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, SampleKind, kind_of, labelled_files
from tinyhost.datasets.picture_splits import load_splits
from tinyhost.datasets.pictures import load_class_folder
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.system.installation import add_extra

from tests.media import picture_file

_TONE = (9000 * np.sin(np.arange(16_000) / 7)).astype(np.int16)


def write_picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.arange(96 * 96, dtype=np.uint8).reshape(96, 96))


def write_photo(path: Path) -> None:
    """A photo as phones take it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture_file(Image.new("RGB", (64, 48), (90, 90, 90)), "HEIF"))


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"some text, or none")


def reasons(skipped: tuple[Skipped, ...]) -> dict[str, str]:
    return {item.what: item.reason for item in skipped}


def test_what_systems_leave_and_text_beside_samples_is_not_spoken_of(tmp_path: Path) -> None:
    write_picture(tmp_path / "person" / "a.png")
    touch(*(tmp_path / "person" / name for name in ("._a.png", ".DS_Store", "Thumbs.db", "README.md", "boxes.json")))
    touch(tmp_path / "__MACOSX" / "person" / "._a.png", tmp_path / "desktop.ini", tmp_path / "LICENSE")
    touch(tmp_path / "manifest.jsonl", tmp_path / "labels.txt", tmp_path / "set.zip")
    found = load_class_folder(tmp_path)
    assert [picture.path.name for picture in found] == ["a.png"]
    assert found.skipped == ()


def test_everything_else_is_left_out_with_the_reason(tmp_path: Path) -> None:
    write_picture(tmp_path / "person" / "a.png")
    touch(tmp_path / "person" / "b.jpg", tmp_path / "person" / "c.wav", tmp_path / "person" / "d.cr2")
    write_picture(tmp_path / "person" / "old" / "e.png")
    write_picture(tmp_path / "f.png")
    os.mkfifo(tmp_path / "person" / "g.png")
    found = load_class_folder(tmp_path)
    assert len(found) == 1
    told = reasons(found.skipped)
    assert told["person/b.jpg"].endswith("b.jpg: not a picture that can be read (18 bytes)")
    assert told["person/c.wav"].startswith("person/c.wav is none of the pictures that are read (.avif, .bmp,")
    assert "person/d.cr2" in told
    assert told["person/old/e.png"] == "person/old/e.png is deeper than LABEL/FILE"
    assert told["f.png"] == "f.png is in no label's folder"
    assert told["person/g.png"].endswith("expected a file, got a named pipe")
    assert len(told) == 6


def test_photos_of_phones_are_pictures(tmp_path: Path) -> None:
    write_photo(tmp_path / "no_person" / "IMG_0002.HEIC")
    write_picture(tmp_path / "person" / "a.png")
    found = load_class_folder(tmp_path)
    assert found.counts() == {"no_person": 1, "person": 1}
    assert found.skipped == ()


def test_a_class_that_cannot_be_decoded_is_reported_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photo(tmp_path / "no_person" / "IMG_0002.HEIC")
    write_picture(tmp_path / "person" / "a.png")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (left_out,) = load_class_folder(tmp_path).skipped
    assert left_out.what == "no_person/IMG_0002.HEIC"
    assert add_extra("media") in left_out.reason


def test_all_broken_pictures_are_reported_at_once(tmp_path: Path) -> None:
    for label in ("no_person", "person"):
        for number in range(20):
            write_picture(tmp_path / label / f"{number:02d}.png")
    touch(tmp_path / "person" / "00.png", tmp_path / "person" / "19.png", tmp_path / "no_person" / "x.jpeg")
    expected = {"person/00.png", "person/19.png", "no_person/x.jpeg"}
    assert set(reasons(load_class_folder(tmp_path).skipped)) == expected
    splits = load_splits(tmp_path)
    assert set(reasons(splits.skipped)) == expected
    assert len(splits) == 38


def test_a_label_is_composed_however_a_mac_spelt_its_folder(tmp_path: Path) -> None:
    write_picture(tmp_path / unicodedata.normalize("NFD", "café") / "a.png")
    assert load_class_folder(tmp_path).labels == (unicodedata.normalize("NFC", "café"),)


def test_a_set_without_a_sample_says_what_it_has_instead(tmp_path: Path) -> None:
    touch(tmp_path / "yes" / "a.mid", tmp_path / "no" / "b.mid")
    with pytest.raises(DatasetError, match=r"0 classes; .*; left out: no/b\.mid is none of the sounds.*, and 1 more"):
        labelled_files(tmp_path, SOUNDS)


def test_clips_of_every_format_stand_beside_one_another(tmp_path: Path) -> None:
    import soundfile

    write_wav(tmp_path / "yes" / "a.wav", _TONE)
    for suffix in ("flac", "mp3", "ogg"):
        soundfile.write(str(tmp_path / "yes" / f"b.{suffix}"), _TONE, 16_000)
    soundfile.write(str(tmp_path / "yes" / "c.mp3"), _TONE, 44_100)
    touch(tmp_path / "yes" / "cover.jpg")
    found = load_clip_folder(tmp_path)
    assert [clip.path.name for clip in found if clip.path] == ["a.wav", "b.flac", "b.mp3", "b.ogg"]
    assert all(clip.read().shape == (16_000,) for clip in found)
    assert set(reasons(found.skipped)) == {"yes/c.mp3", "yes/cover.jpg"}
    assert "expected 16,000 Hz, mono, 16 bit, got 44,100 Hz, mono, 16 bit" in reasons(found.skipped)["yes/c.mp3"]


def test_a_label_may_be_a_link_to_a_folder_elsewhere(tmp_path: Path) -> None:
    write_picture(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "person").symlink_to(tmp_path / "elsewhere")
    assert kind_of(tmp_path / "set") is PICTURES
    assert load_class_folder(tmp_path / "set").counts() == {"person": 1}


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("a/1.heic", "a/2.JPG", "a/notes.csv"), PICTURES),
        (("a/1.mp3", "a/2.m4a", "a/cover.jpg"), SOUNDS),
        (("normal/1.csv", "normal/2.CSV", "normal/photo.jpg"), MOTION),
        (("a/._1.wav", "a/.DS_Store", "a/1.docx", "list.csv"), None),
    ],
)
def test_a_set_is_of_the_kind_of_most_of_its_files(
    tmp_path: Path, names: tuple[str, ...], kind: SampleKind | None
) -> None:
    touch(*(tmp_path / name for name in names))
    assert kind_of(tmp_path) is kind
