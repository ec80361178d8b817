"""Export to Edge Impulse, import and export again: labels, parts and contents stay, and nothing is duplicated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.describe import describe
from tinyhost.datasets.edge_impulse_project import list_export
from tinyhost.datasets.exporting import export_dataset
from tinyhost.datasets.importers import detect_format
from tinyhost.datasets.parts import read_lists, write_lists
from tinyhost.datasets.speech_commands import Shares
from tinyhost.datasets.splitting import split_dataset
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv, write_motion_csv
from tinyhost.synth.machine.machine import Machine, MachineOptions

from tests.unit.datasets.test_importing import run_import
from tests.unit.datasets.test_speech_commands import clip, make_set

WORDS = ("yes", "no")


def edge_impulse_wavs(root: Path, n_training: int = 4, n_testing: int = 2, *, with_list: bool = True) -> Path:
    """An export as Edge Impulse's studio makes it: wav files in training and testing, labels in info.labels."""
    rows: list[dict[str, object]] = []
    for label in WORDS:
        for category, n in (("training", n_training), ("testing", n_testing)):
            for number in range(n):
                name = f"{category}/{label}.{category}{number}.wav.4abc.ingestion-xyz.wav"
                write_wav(root / name, clip(1000 + len(rows), 4000))
                row = {"path": name, "category": category, "label": {"type": "label", "label": label}}
                rows.append({**row, "boundingBoxes": []})
    if with_list:
        (root / "info.labels").write_text(json.dumps({"version": 1, "files": rows}))
    return root


def contents(root: Path) -> Counter[tuple[str, bytes, str]]:
    """Return label, sound and part of every clip of a data set."""
    listed = read_lists(root)
    return Counter(
        (path.parent.name, read_sound(path).tobytes(), listed.get(f"{path.parent.name}/{path.name}", "training"))
        for path in root.glob("*/*.wav")
    )


@pytest.mark.parametrize("with_list", [True, False])
def test_an_export_with_wav_files_keeps_labels_and_parts(tmp_path: Path, with_list: bool) -> None:
    report = run_import(edge_impulse_wavs(tmp_path / "ei", with_list=with_list), tmp_path / "set")
    assert report.format == "edge-impulse"
    assert report.stored == {"yes": 6, "no": 6}
    assert Counter((label, part) for label, _, part in contents(tmp_path / "set").elements()) == {
        ("yes", "training"): 4, ("yes", "testing"): 2, ("no", "training"): 4, ("no", "testing"): 2,
    }  # fmt: skip


@pytest.mark.parametrize("read", [describe, load_clip_folder, lambda root: split_dataset(root, Shares())])
@pytest.mark.parametrize("where", ["", "training"])
def test_an_export_is_no_class_folder(tmp_path: Path, read: Callable[[Path], object], where: str) -> None:
    source = edge_impulse_wavs(tmp_path / "ei")
    (source / "info.labels").rename(source / where / "info.labels")
    with pytest.raises(DatasetError, match="whose folders are not labels") as refused:
        read(source)
    assert "tinyhost data import" in refused.value.hint


def test_a_second_import_adds_nothing(tmp_path: Path) -> None:
    source = edge_impulse_wavs(tmp_path / "ei")
    run_import(source, tmp_path / "set")
    before = contents(tmp_path / "set")
    again = run_import(source, tmp_path / "set")
    assert (again.stored.total(), again.already, again.skipped) == (0, 12, [])
    assert contents(tmp_path / "set") == before


def test_copies_within_a_source_stay_what_they_are_and_are_not_doubled(tmp_path: Path) -> None:
    source = edge_impulse_wavs(tmp_path / "ei")
    for path in source.glob("*/*.wav"):
        write_wav(path, clip(1))
    for stored in (12, 0):
        report = run_import(source, tmp_path / "set")
        assert (report.stored.total(), report.already) == (stored, 12 - stored)
        assert Counter((label, part) for label, _, part in contents(tmp_path / "set").elements()) == {
            ("yes", "training"): 4, ("yes", "testing"): 2, ("no", "training"): 4, ("no", "testing"): 2,
        }  # fmt: skip
    write_wav(source / "training" / "more.wav", clip(1))
    assert run_import(source, tmp_path / "set").already == 12


def test_a_set_in_use_keeps_its_split_when_another_is_added(tmp_path: Path) -> None:
    make_set(tmp_path / "set", n_speakers=8)
    split_dataset(tmp_path / "set", Shares())
    usual = contents(tmp_path / "set")
    for name in ("validation_list.txt", "testing_list.txt"):
        (tmp_path / "set" / name).unlink()
    run_import(edge_impulse_wavs(tmp_path / "ei"), tmp_path / "set")
    assert not usual - contents(tmp_path / "set"), "without lists it was used with the usual split"
    assert len({part for _, _, part in usual}) > 1


def test_the_sets_own_lists_hold(tmp_path: Path) -> None:
    source = edge_impulse_wavs(tmp_path / "ei")
    run_import(source, tmp_path / "set")
    moved = dict.fromkeys(["yes/000001.wav"], "validation")
    write_lists(tmp_path / "set", moved)  # type: ignore[arg-type]
    run_import(source, tmp_path / "set")
    assert read_lists(tmp_path / "set")["yes/000001.wav"] == "validation"


def test_a_round_trip_loses_no_clips_part_and_no_label(tmp_path: Path) -> None:
    make_set(tmp_path / "a", n_speakers=6)
    split_dataset(tmp_path / "a", Shares(validation=20, testing=30))
    first = export_dataset(tmp_path / "a", tmp_path / "ei1", "edge-impulse", shares=Shares())
    run_import(tmp_path / "ei1", tmp_path / "b")
    second = export_dataset(tmp_path / "b", tmp_path / "ei2", "edge-impulse", shares=Shares())
    assert first.parts == second.parts
    assert min(first.parts.values()) > 0

    def told(root: Path) -> Counter[tuple[str, bytes, str | None]]:
        return Counter((file.label, file.path.read_bytes(), file.part) for file in list_export(root).files)

    assert told(tmp_path / "ei1") == told(tmp_path / "ei2")
    assert sum(label == "_background_noise_" for label, _, _ in told(tmp_path / "ei2")) == 2


def test_the_lists_of_a_class_folder_are_kept(tmp_path: Path) -> None:
    make_set(tmp_path / "a", n_speakers=6)
    split_dataset(tmp_path / "a", Shares(validation=20, testing=30))
    run_import(tmp_path / "a", tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_files_without_one_label_and_those_that_no_list_names_are_reported(tmp_path: Path) -> None:
    source = edge_impulse_wavs(tmp_path / "ei")
    document = json.loads((source / "info.labels").read_text())
    document["files"][0]["label"] = {"type": "unlabeled"}
    document["files"][1]["label"] = {"type": "multi-label", "labels": [{"label": "yes", "startIndex": 0}]}
    document["files"][2]["path"] = "training/gone.wav"
    (source / "info.labels").write_text("\ufeff" + json.dumps(document))
    report = run_import(source, tmp_path / "set")
    assert report.stored.total() == 9
    reasons = sorted(item.reason.split(": ")[-1] for item in report.skipped)
    assert reasons == ["No such file or directory", *["expected one label in info.labels, got none, or several"] * 2,
                       "not in info.labels"]  # fmt: skip


def motion_set(root: Path, n: int = 6) -> Path:
    for label in ("normal", "loose"):
        for number in range(n):
            machine = MachineOptions(seed=number, fault="none" if label == "normal" else "looseness")
            write_file = root / label / f"{number:06d}.csv"
            write_file.parent.mkdir(parents=True, exist_ok=True)
            write_motion_csv(write_file, Machine(machine).blocks(200))
    return root


def test_motion_keeps_its_parts_on_the_way_out_and_in(tmp_path: Path) -> None:
    done = split_dataset(motion_set(tmp_path / "a"), Shares(validation=20, testing=20))
    assert (done.kind, done.parts) == ("motion", {"training": 8, "validation": 2, "testing": 2})
    first = export_dataset(tmp_path / "a", tmp_path / "ei", "edge-impulse", shares=Shares())
    assert first.parts == done.parts
    run_import(tmp_path / "ei", tmp_path / "b")
    again = run_import(tmp_path / "ei", tmp_path / "b")
    assert (again.stored.total(), again.already) == (0, 12)

    def parts(root: Path) -> Counter[tuple[str, bytes, str]]:
        listed = read_lists(root)
        names = [path.relative_to(root).as_posix() for path in root.glob("*/*.csv")]
        return Counter(
            (name.split("/")[0], read_motion_csv(root / name).counts().tobytes(), listed.get(name, "training"))
            for name in names
        )

    assert parts(tmp_path / "a") == parts(tmp_path / "b")


def test_motion_of_other_programs_is_imported_in_pieces_without_gaps(tmp_path: Path) -> None:
    times = [10 * i for i in range(50)] + [10 * i for i in range(60, 110)]
    rows = "\n".join(f"{t / 1000:g};{0.1 * (t % 70) / 9.8:.4f};0,1;1".replace(".", ",") for t in times)
    (tmp_path / "in" / "idle").mkdir(parents=True)
    (tmp_path / "in" / "idle" / "phone.csv").write_text(f"Time (s);X (g);Y (g);Z (g)\n{rows}\n")
    report = run_import(tmp_path / "in", tmp_path / "set")
    assert (report.format, report.stored) == ("folder", {"idle": 1})
    pieces = [read_motion_csv(path) for path in sorted((tmp_path / "set" / "idle").iterdir())]
    assert [len(piece.acceleration) for piece in pieces] == [50, 50]
    assert pieces[0].acceleration[0, 2] == pytest.approx(9.8066)


def test_pictures_are_imported_with_their_parts_and_once(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for number in range(3):
            path = tmp_path / "in" / part / "person" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((8, 8), 10 * number + (part == "test"), np.uint8))
    for stored in (6, 0):
        report = run_import(tmp_path / "in", tmp_path / "set")
        assert (report.stored.total(), report.already) == (stored, 6 - stored)
    assert Counter(read_lists(tmp_path / "set").values()) == {"testing": 3}


def test_what_a_source_is(tmp_path: Path) -> None:
    write_wav(tmp_path / "classes" / "yes" / "a.wav", clip(0))
    (tmp_path / "classes" / "dataset.json").write_text("{}")
    assert detect_format(tmp_path / "classes") == "folder"
    write_wav(tmp_path / "parts" / "training" / "a.wav", clip(0))
    assert detect_format(tmp_path / "parts") == "folder"
