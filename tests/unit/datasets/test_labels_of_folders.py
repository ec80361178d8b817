"""Folders of labels in any script, as Linux, Windows and Macs write them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.audio.speakers import part_of_speaker, speaker_id
from tinyhost.audio.wav import write_wav
from tinyhost.datasets import DatasetStore, Origin, load_class_folder
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.importers import find_samples
from tinyhost.datasets.importers.contract import ReadAs
from tinyhost.datasets.importing import ImportReport, import_samples
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.parts import LIST_FILES
from tinyhost.datasets.picture_splits import load_splits
from tinyhost.datasets.speech_commands import Shares, divide
from tinyhost.datasets.splitting import split_dataset

APART = unicodedata.normalize("NFD", "sí")
"""as a Mac names a folder"""
ORIGIN = Origin(sensor="import", board="", device="", app="", firmware_version="", build_id="")


def _write_pictures(folder: Path, n: int) -> None:
    folder.mkdir(parents=True)
    for number in range(n):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((8, 8), number, np.uint8))


def _write_clips(folder: Path, n: int) -> None:
    for number in range(n):
        write_wav(folder / f"{number}.wav", np.full(16_000, number, np.int16))


def test_pictures_are_trained_on_and_judged_by_the_composed_label(tmp_path: Path) -> None:
    _write_pictures(tmp_path / APART, 8)
    _write_pictures(tmp_path / "sí", 7)
    _write_pictures(tmp_path / "нет", 15)
    splits = load_splits(tmp_path, ("нет", "sí"))
    assert sum(map(len, (splits.train, splits.val, splits.test))) == 30
    assert load_splits(tmp_path).labels == ("sí", "нет")
    assert load_class_folder(tmp_path).counts() == {"sí": 15, "нет": 15}


def test_clips_are_found_and_split_by_the_composed_label(tmp_path: Path) -> None:
    _write_clips(tmp_path / APART, 4)
    _write_clips(tmp_path / "no", 4)
    folder = load_clip_folder(tmp_path)
    assert (folder.counts(), folder.skipped) == ({"no": 4, "sí": 4}, ())
    before = split_dataset(tmp_path, Shares(validation=25, testing=25))
    assert APART not in "".join((tmp_path / name).read_text() for name in LIST_FILES.values())
    data = divide(load_clip_folder(tmp_path), (APART,))
    assert data.labels == ("silence", "unknown", "sí")
    assert sum(data.counts(part)["sí"] for part in before.parts) == 4


def test_words_to_import_are_compared_composed(tmp_path: Path) -> None:
    _write_clips(tmp_path / "from" / APART, 2)
    _write_clips(tmp_path / "from" / "no", 2)
    report = ImportReport(format="folder")
    with DatasetStore(tmp_path / "to") as store:
        import_samples(
            find_samples(tmp_path / "from", "folder", ReadAs()), store, report, source=tmp_path, words=["sí"]
        )
    assert (dict(report.stored), report.not_wanted) == ({"sí": 2}, 2)
    assert {sample.label for sample in read_manifest(tmp_path / "to")} == {"sí"}


def test_a_stored_sample_has_its_composed_label(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        sample = store.add_clip(np.zeros(16_000, np.int16), APART, ORIGIN)
        assert store.counts() == {"sí": 1}
    assert (sample.label, sample.file) == ("sí", "sí/000001.wav")


@pytest.mark.parametrize("name", ["José", "Zoë", "Nguyễn"])
def test_a_speaker_is_the_same_on_every_computer(name: str) -> None:
    apart = unicodedata.normalize("NFD", name)
    assert apart != name
    assert speaker_id(apart) == speaker_id(name)
    assert part_of_speaker(apart) == part_of_speaker(name)
