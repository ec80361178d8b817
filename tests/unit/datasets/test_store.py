from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.sound_file import read_sound
from tinyhost.datasets import DatasetStore, Origin, load_class_folder, validate_label
from tinyhost.datasets.manifest import MANIFEST_NAME, Sample, read_manifest
from tinyhost.datasets.store import BACKGROUND_LABEL
from tinyhost.errors import DatasetError
from tinyhost.sensors.picture_file import read_picture

ORIGIN = Origin(
    sensor="camera",
    board="native",
    device="abc",
    app="vww",
    firmware_version="0.1.0",
    build_id="0123456789abcdef",
    settings={"period_ms": 100},
    scene="hall",
    note="evening",
)


def picture(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (96, 96), dtype=np.uint8)


def add(store: DatasetStore, seed: int, label: str = "person") -> Sample:
    return store.add(picture(seed), label, ORIGIN, frame_index=seed, dropped=0, timestamp_us=seed * 1000)


def test_stored_pictures_and_their_lines_read_back(tmp_path: Path) -> None:
    with DatasetStore(tmp_path / "hall") as store:
        for seed in range(3):
            add(store, seed)
        add(store, 3, "no_person")
        assert store.counts() == {"no_person": 1, "person": 3}
    samples = read_manifest(tmp_path / "hall")
    assert [sample.file for sample in samples] == [
        "person/000001.png",
        "person/000002.png",
        "person/000003.png",
        "no_person/000001.png",
    ]
    assert samples[1].settings == {"period_ms": 100}
    assert samples[1].frame_index == 1
    np.testing.assert_array_equal(read_picture(tmp_path / "hall" / samples[1].file), picture(1))


def test_next_run_goes_on_with_the_numbers(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        add(store, 0)
    with DatasetStore(tmp_path) as store:
        assert store.counts() == {"person": 1}
        assert add(store, 1).file == "person/000002.png"


def test_every_torn_end_of_the_manifest_is_mended(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        add(store, 0)
        add(store, 1)
    whole = (tmp_path / MANIFEST_NAME).read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first + 1, len(whole), 7):
        (tmp_path / MANIFEST_NAME).write_bytes(whole[:end])
        with DatasetStore(tmp_path) as store:
            assert store.recovery.torn_line
            assert store.recovery.adopted == ("person/000002.png",)
            assert store.counts() == {"person": 2}
        assert [sample.adopted for sample in read_manifest(tmp_path)] == [False, True]


def test_unfinished_files_go_and_unreadable_ones_are_reported(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        add(store, 0)
    (tmp_path / "person" / ".000002.png.part").write_bytes(b"half")
    (tmp_path / "person" / "000007.png").write_bytes(b"no picture")
    with DatasetStore(tmp_path) as store:
        assert store.recovery.temporaries == 1
        assert store.recovery.unreadable == ("person/000007.png",)
        assert add(store, 1).file == "person/000008.png"
    assert not (tmp_path / "person" / ".000002.png.part").exists()


def test_deleted_pictures_are_reported_and_not_counted(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        add(store, 0)
        add(store, 1)
    (tmp_path / "person" / "000001.png").unlink()
    with DatasetStore(tmp_path) as store:
        assert store.recovery.missing == ("person/000001.png",)
        assert store.counts() == {"person": 1}


def test_a_damaged_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        add(store, 0)
    manifest = tmp_path / MANIFEST_NAME
    manifest.write_text("{broken\n" + manifest.read_text())
    with pytest.raises(DatasetError, match=r"manifest\.jsonl:1"), DatasetStore(tmp_path):
        pass
    manifest.write_text(manifest.read_text().split("\n", 1)[1])
    with DatasetStore(tmp_path) as store:
        assert store.counts() == {"person": 1}


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with DatasetStore(tmp_path), pytest.raises(DatasetError, match="another process"), DatasetStore(tmp_path):
        pass


def test_a_killed_writer_leaves_a_valid_set(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np; from pathlib import Path; from tinyhost.datasets import DatasetStore, Origin\n"
        "origin = Origin(sensor='camera', board='', device='', app='', firmware_version='', build_id='')\n"
        "with DatasetStore(Path(sys.argv[1])) as store:\n"
        "    for i in range(100000):\n"
        "        pixels = np.full((96, 96), i % 256, np.uint8)\n"
        "        store.add(pixels, 'a', origin, frame_index=i, dropped=0, timestamp_us=0)\n"
        "        print(i, flush=True)\n"
    )
    for stop_after in (1, 3, 8):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(stop_after):
                process.stdout.readline()
            process.kill()
        with DatasetStore(tmp_path) as store:
            files = {sample.file for sample in read_manifest(tmp_path)}
            assert not store.recovery.unreadable
            assert not store.recovery.missing
        assert files == {f"a/{path.name}" for path in (tmp_path / "a").glob("*.png")}
        assert len(load_class_folder(tmp_path)) == len(files) >= stop_after


@pytest.mark.parametrize(
    "label",
    ["", ".", "..", "a/b", "a\\b", "../x", "/etc", ".hidden", "a\n", "a\0", "-x", "x" * 32, "a.", "a ", "a,b", "nul"],
)
def test_labels_that_are_no_plain_folder_name_are_refused(label: str) -> None:
    with pytest.raises(DatasetError, match="label"):
        validate_label(label)


@given(st.text(max_size=40))
def test_an_accepted_label_stays_below_its_folder(label: str) -> None:
    root = Path("/data/set")
    try:
        label = validate_label(label)
    except DatasetError:
        return
    assert (root / label).resolve().parent == root
    assert (root / label).name == label


def test_manifest_lines_keep_their_keys(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        add(store, 0)
    line = json.loads((tmp_path / MANIFEST_NAME).read_text())
    expected = (
        "file sha256 label time sensor board device app firmware_version build_id settings scene scene_item note "
        "frame_index dropped timestamp_us width height sample_rate_hz n_samples n_channels speaker issues adopted "
        "subject consent retain_until purpose attributes"
    )
    assert set(line) == set(expected.split())
    assert line["time"].endswith("+00:00")


LINE = b'{"file": "a/1.png", "sha256": "", "label": "a", "time": "", '


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINE + b'"width": "8"}', "width: expected a whole number"),
        (LINE + b'"sample_rate_hz": NaN}', "sample_rate_hz: expected a finite number, got NaN"),
        (LINE + b'"issues": [3]}', r"issues: expected a list of texts, got \[3\]"),
        (LINE + b'"issues": null}', "issues: expected a list of texts, got null"),
        (LINE + b'"settings": {"a": true}}', "settings: a: expected a whole number"),
        (LINE + b'"adopted": 1}', "adopted: expected true or false"),
        (LINE + b'"x": ' + b"[" * 5000, "more than 32 levels|no JSON"),
        (LINE.replace(b"a/1.png", b"../1.png") + b'"x": 1}', "file: expected a path below the data set's folder"),
        (LINE.replace(b"a/1.png", b"/etc/x") + b'"x": 1}', "file: expected a path below the data set's folder"),
        (b'{"label": "a"}', '"file" is missing'),
    ],
)
def test_a_line_that_no_capture_writes_is_refused_with_its_place(tmp_path: Path, line: bytes, message: str) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(b"\n" + line + b"\n")
    with pytest.raises(DatasetError, match=rf"{MANIFEST_NAME}:2.*({message})"):
        read_manifest(tmp_path)


def test_a_line_of_a_later_version_is_read(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(LINE + b'"later": {"a": [1]}, "issues": ["dark"]}\n')
    assert [(item.file, item.issues) for item in read_manifest(tmp_path)] == [("a/1.png", ("dark",))]


def test_class_folder_converts_colour_and_passes_over_what_is_no_class(tmp_path: Path) -> None:
    for label in ("b", "a", "empty", ".git"):
        (tmp_path / label).mkdir()
    cv2.imwrite(str(tmp_path / "a" / "1.png"), np.full((8, 9, 3), (0, 0, 255), np.uint8))
    cv2.imwrite(str(tmp_path / "b" / "1.jpg"), np.full((8, 9), 7, np.uint8))
    (tmp_path / "b" / "notes.txt").write_text("x")
    folder = load_class_folder(tmp_path)
    assert folder.labels == ("a", "b")
    assert folder.counts() == {"a": 1, "b": 1}
    assert folder.pictures[0].read().shape == (8, 9)


def test_a_label_and_a_set_may_be_links_to_another_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "hall").mkdir()
    (tmp_path / "hall" / "person").symlink_to(disk)
    (tmp_path / "linked").symlink_to(tmp_path / "hall")
    with DatasetStore(tmp_path / "linked") as store:
        add(store, 1)
    assert (disk / "000001.png").is_file()
    assert load_class_folder(tmp_path / "linked").counts() == {"person": 1}
    (disk / "000002.png").symlink_to(tmp_path / "gone")
    (skipped,) = load_class_folder(tmp_path / "hall").skipped
    assert (skipped.what, skipped.reason.rsplit(": ")[-1]) == ("person/000002.png", "No such file or directory")


def test_class_folder_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        load_class_folder(tmp_path / "missing")
    with pytest.raises(DatasetError, match="0 classes"):
        load_class_folder(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"1\.png"):
        load_class_folder(tmp_path)


def clip(seed: int, n: int = 16_000) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-3000, 3000, n).astype(np.int16)


def test_stored_clips_have_the_layout_of_speech_commands(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        files = [
            store.add_clip(clip(0), "yes", ORIGIN, speaker="Ann").file,
            store.add_clip(clip(1), "yes", ORIGIN, speaker="Ann").file,
            store.add_clip(clip(2), "no", ORIGIN, speaker="0a1b2c3d").file,
            store.add_clip(clip(3), "yes", ORIGIN).file,
            store.add_clip(clip(4, 48_000), BACKGROUND_LABEL, ORIGIN, speaker="Ann").file,
        ]
        ann = files[0].removeprefix("yes/").split("_")[0]
        assert len(ann) == 8
        assert files == [
            f"yes/{ann}_nohash_0.wav",
            f"yes/{ann}_nohash_1.wav",
            "no/0a1b2c3d_nohash_0.wav",
            "yes/000001.wav",
            "_background_noise_/000001.wav",
        ]
    with DatasetStore(tmp_path) as store:
        sample = store.add_clip(clip(5), "yes", ORIGIN, speaker="Ann", dropped=3, timestamp_us=7, note="again")
    assert sample.file == f"yes/{ann}_nohash_2.wav"
    assert (sample.speaker, sample.sample_rate_hz, sample.n_samples, sample.n_channels) == ("Ann", 16_000, 16_000, 1)
    assert (sample.dropped, sample.timestamp_us, sample.note) == (3, 7, "evening again")
    assert read_manifest(tmp_path)[-1] == sample
    np.testing.assert_array_equal(read_sound(tmp_path / sample.file), clip(5))


def test_clips_without_a_line_are_adopted_and_damaged_ones_reported(tmp_path: Path) -> None:
    with DatasetStore(tmp_path) as store:
        kept = store.add_clip(clip(0), "yes", ORIGIN, speaker="Ann")
        store.add(picture(0), "yes", ORIGIN, frame_index=0, dropped=0, timestamp_us=0)
    (tmp_path / MANIFEST_NAME).unlink()
    (tmp_path / "yes" / "9.wav").write_bytes((tmp_path / kept.file).read_bytes()[:100])
    with DatasetStore(tmp_path) as store:
        assert store.recovery.adopted == ("yes/000001.png", kept.file)
        assert store.recovery.unreadable == ("yes/9.wav",)
        assert store.counts() == {"yes": 2}
    adopted = read_manifest(tmp_path)[1]
    assert (adopted.speaker, adopted.n_samples, adopted.adopted) == (kept.file[4:12], 16_000, True)
    assert adopted.sha256 == kept.sha256
