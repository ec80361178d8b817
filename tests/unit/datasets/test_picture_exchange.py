"""Pictures into, through and out of a data set: labels, parts and pixels survive."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.pictures import load_class_folder, part_of_pictures
from tinyhost.sensors.picture_file import read_picture

from tests.commands import run_json, run_tinyhost
from tests.media import picture_file

LABELS = ("no_person", "person")


def write_pictures(folder: Path, n: int, *, first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + n):
        cv2.imwrite(str(folder / f"{number:04d}.png"), np.full((8, 8, 3), (number, 3 * number, 255 - number), np.uint8))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number, label in enumerate(LABELS):
        write_pictures(tmp_path / "set" / label, 20, first=40 * number)
    return tmp_path / "set"


def parts(root: Path) -> dict[str, str]:
    """The part of each picture, by its grey level: names differ."""
    found = load_class_folder(root)
    sides = part_of_pictures(found)[1]
    levels = (f"{picture.label} {picture.read()[0, 0]}" for picture in found)
    return dict(zip(levels, sides, strict=True))


def test_a_split_is_written_and_believed(pictures: Path) -> None:
    document = run_json("data", "split", pictures, "--validation", "20", "--testing", "40")
    assert (document["kind"], document["by"]) == ("pictures", "order")
    assert document["parts"] == {"training": 16, "validation": 8, "testing": 16}
    assert len((pictures / "testing_list.txt").read_text().splitlines()) == 16
    described = run_json("data", "info", pictures)
    assert (described["split_by"], described["parts"]) == ("lists", document["parts"])


def test_pictures_are_imported_with_labels_and_parts_and_not_twice(pictures: Path, tmp_path: Path) -> None:
    run_json("data", "split", pictures)
    document = run_json("data", "import", pictures, tmp_path / "copy")
    assert document["stored"] == dict.fromkeys(LABELS, 20)
    assert parts(tmp_path / "copy") == parts(pictures)
    again = run_json("data", "import", pictures, tmp_path / "copy")
    assert (again["stored"], again["already"]) == ({}, 40)
    sample = read_manifest(tmp_path / "copy")[0]
    assert (sample.sensor, sample.width, sample.height) == ("import", 8, 8)
    assert sample.scene_item == "no_person/0000.png"


def test_folders_of_parts_are_imported_as_parts(tmp_path: Path) -> None:
    for number, name in enumerate(("train", "val", "test")):
        for other, label in enumerate(LABELS):
            write_pictures(tmp_path / "tree" / name / label, 3, first=20 * number + 10 * other)
    document = run_json("data", "import", tmp_path / "tree", tmp_path / "set")
    assert document["parts"] == {"training": 6, "validation": 6, "testing": 6}
    assert parts(tmp_path / "set") == parts(tmp_path / "tree")


def test_pictures_go_to_edge_impulse_as_they_are_and_come_back(pictures: Path, tmp_path: Path) -> None:
    run_json("data", "split", pictures, "--validation", "20", "--testing", "20")
    document = run_json("data", "export", pictures, tmp_path / "upload")
    assert document["parts"] == {"training": 24, "validation": 8, "testing": 8}
    files = json.loads((tmp_path / "upload" / "info.labels").read_text())["files"]
    assert {row["label"]["label"] for row in files} == set(LABELS)
    first = tmp_path / "upload" / files[0]["path"]
    assert first.read_bytes() == (pictures / "no_person" / "0000.png").read_bytes(), "in colour, to the byte"
    run_json("data", "import", tmp_path / "upload", tmp_path / "back")
    assert parts(tmp_path / "back") == parts(pictures)


def test_what_edge_impulse_does_not_take_becomes_png(tmp_path: Path) -> None:
    (tmp_path / "set" / "person").mkdir(parents=True)
    photo = picture_file(Image.new("RGB", (64, 48), (90, 90, 90)), "HEIF")
    (tmp_path / "set" / "person" / "IMG_1.HEIC").write_bytes(photo)
    run_json("data", "export", tmp_path / "set", tmp_path / "upload")
    (written,) = tmp_path.glob("upload/*/*.png")
    assert written.name == "person.000001.IMG_1.png"
    assert read_picture(written).shape == (48, 64)


def test_pictures_have_no_place_among_speech_commands(pictures: Path, tmp_path: Path) -> None:
    done = run_tinyhost("data", "export", str(pictures), str(tmp_path / "out"), "--format", "speech-commands")
    assert done.code == 2
    assert "--format speech-commands is for clips" in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()


def test_sound_whose_channels_cancel_is_kept_and_the_manifest_says_so(tmp_path: Path) -> None:
    tone = (9000 * np.sin(np.arange(16_000) / 7)).astype(np.int16)
    write_wav(tmp_path / "in" / "yes" / "a.wav", np.stack([tone, -tone], 1))
    run_json("data", "import", tmp_path / "in", tmp_path / "set", "--resample")
    (sample,) = read_manifest(tmp_path / "set")
    assert sample.note == "the channels cancel: channel 1 alone is used"
