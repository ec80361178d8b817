"""Machine sounds in the layouts of MIMII, ToyADMOS and DCASE's Task 2; the recordings are generated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.wav import write_wav
from tinyhost.datasets.machine_sounds import find_machine_sounds, load_machine_sounds, read_channel
from tinyhost.errors import DatasetError


def hum(seed: int, n_channels: int = 1, n: int = 1600) -> NDArray[np.int16]:
    """Return noise, (n,) or (n, n_channels); no two channels are alike."""
    shape = (n,) if n_channels == 1 else (n, n_channels)
    return np.random.default_rng(seed).integers(-9000, 9000, shape).astype(np.int16)


def make(root: Path, *names: str) -> Path:
    for index, name in enumerate(names):
        write_wav(root / name, hum(index))
    return root


def rows(root: Path) -> list[tuple[str, str, str, bool | None]]:
    """Return (file, machine, part, anomalous) of every clip."""
    found = find_machine_sounds(root)
    return [(clip.path.name, clip.name, clip.part, clip.anomalous) for clip in found.clips]


def test_dcase_2020_is_read_by_name(tmp_path: Path) -> None:
    make(
        tmp_path / "dev_data",
        "ToyCar/train/normal_id_01_00000000.wav",
        "ToyCar/test/normal_id_01_00000000.wav",
        "ToyCar/test/anomaly_id_01_00000003.wav",
        "ToyCar/test/id_05_00000000.wav",
        "fan/test/anomaly_id_00_00000000.wav",
    )
    expected = [
        ("anomaly_id_01_00000003.wav", "ToyCar id_01", "test", True),
        ("normal_id_01_00000000.wav", "ToyCar id_01", "test", False),
        ("normal_id_01_00000000.wav", "ToyCar id_01", "train", False),
        ("id_05_00000000.wav", "ToyCar id_05", "test", None),
        ("anomaly_id_00_00000000.wav", "fan id_00", "test", True),
    ]
    assert rows(tmp_path / "dev_data") == expected
    assert rows(tmp_path / "dev_data" / "ToyCar") == expected[:4]
    assert find_machine_sounds(tmp_path).layout == "dcase"
    assert list(find_machine_sounds(tmp_path).machines()) == ["ToyCar id_01", "ToyCar id_05", "fan id_00"]


def test_dcase_2021_is_read_by_section(tmp_path: Path) -> None:
    make(
        tmp_path,
        "gearbox/train/section_00_source_train_normal_0000_strength_1_ambient.wav",
        "gearbox/source_test/section_00_source_test_normal_0000.wav",
        "gearbox/test/section_01_target_test_anomaly_0049_vel_8.wav",
    )
    assert [row[1:] for row in rows(tmp_path)] == [
        ("gearbox section_00", "test", False),
        ("gearbox section_00", "train", False),
        ("gearbox section_01", "test", True),
    ]


def test_mimii_is_divided_as_its_baseline_does(tmp_path: Path) -> None:
    normal = [f"6_dB_fan/fan/id_00/normal/{i:08}.wav" for i in range(5)]
    abnormal = [f"6_dB_fan/fan/id_00/abnormal/{i:08}.wav" for i in range(2)]
    make(tmp_path, *normal, *abnormal, "6_dB_fan/fan/id_02/normal/00000000.wav")
    found = find_machine_sounds(tmp_path)
    assert found.layout == "mimii"
    assert [(c.path.parent.name, c.path.stem[-1], c.part) for c in found.machines()["6_dB_fan id_00"]] == [
        ("abnormal", "0", "test"),
        ("abnormal", "1", "test"),
        ("normal", "0", "test"),
        ("normal", "1", "test"),
        ("normal", "2", "train"),
        ("normal", "3", "train"),
        ("normal", "4", "train"),
    ]
    assert [c.part for c in found.machines()["6_dB_fan id_02"]] == ["train"]
    assert rows(tmp_path / "6_dB_fan" / "fan" / "id_00")[0][1:] == ("6_dB_fan id_00", "test", True)


def test_toyadmos_gives_its_first_microphone(tmp_path: Path) -> None:
    make(
        tmp_path,
        *(f"ToyCar/case1/NormalSound_IND/1100010001_ToyCar_case1_normal_IND_ch{ch}_0001.wav" for ch in (1, 2, 3, 4)),
        "ToyCar/case1/NormalSound_IND/1100010001_ToyCar_case1_normal_IND_ch1_0002.wav",
        "ToyCar/case1/AnomalousSound_IND/1101010001_ToyCar_case1_ab01_IND_ch1_0001.wav",
        "ToyCar/case1/NormalSound_CNT/1100110001_ToyCar_case1_normal_CNT_ch1_0001.wav",
    )
    found = find_machine_sounds(tmp_path)
    assert (found.layout, found.skipped) == ("toyadmos", ())
    assert [(c.name, c.path.stem[-8:], c.part, c.anomalous) for c in found.clips] == [
        ("ToyCar case1", "ch1_0001", "test", True),
        ("ToyCar case1", "ch1_0001", "test", False),
        ("ToyCar case1", "ch1_0002", "train", False),
    ]


def test_the_first_of_eight_channels_is_taken_when_asked_for(tmp_path: Path) -> None:
    recording = hum(3, n_channels=8)
    write_wav(tmp_path / "a.wav", recording)
    with pytest.raises(DatasetError, match="expected 16,000 Hz, mono, 16 bit, got 16,000 Hz, 8 channels, 16 bit"):
        read_channel(tmp_path / "a.wav")
    np.testing.assert_array_equal(read_channel(tmp_path / "a.wav", convert=True), recording[:, 0])


def test_48_khz_is_brought_to_16(tmp_path: Path) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)).astype(np.int16)
    write_wav(tmp_path / "a.wav", np.stack([tone, -tone], 1), rate_hz=48_000)
    pcm = read_channel(tmp_path / "a.wav", convert=True)
    assert pcm.shape == (16_000,)
    np.testing.assert_allclose(pcm[1000:-1000], tone[::3][1000:-1000], atol=100)


def test_recordings_that_cannot_be_used_are_skipped_and_reported(tmp_path: Path) -> None:
    make(tmp_path, "fan/id_00/normal/00000000.wav", "fan/id_00/abnormal/00000000.wav", "fan/notes/spoken.wav")
    write_wav(tmp_path / "fan/id_00/normal/00000001.wav", hum(9, n_channels=8))
    (tmp_path / "fan/id_00/normal/00000002.wav").write_bytes(b"RIFF....")
    found = load_machine_sounds(tmp_path)
    assert [clip.path.name for clip in found.clips] == ["00000000.wav", "00000000.wav"]
    assert found.seconds == pytest.approx(0.2)
    assert [(skip.what, skip.reason.split(": ", 1)[-1][:30]) for skip in found.skipped] == [
        ("fan/notes/spoken.wav", "its name and folder contain ne"),
        ("fan/id_00/normal/00000001.wav", "expected 16,000 Hz, mono, 16 b"),
        ("fan/id_00/normal/00000002.wav", "not a wav file: expected RIFF "),
    ]
    assert len(load_machine_sounds(tmp_path, convert=True).clips) == 3


def test_folders_without_machine_sounds_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        find_machine_sounds(tmp_path / "missing")
    make(tmp_path / "words", "yes/000001.wav", "normal/000001.wav")
    with pytest.raises(DatasetError, match="expected machine sounds in one layout, found none among 2 sounds"):
        find_machine_sounds(tmp_path / "words")
    make(tmp_path / "two", "fan/id_00/normal/00000000.wav", "fan/test/normal_id_00_00000000.wav")
    with pytest.raises(DatasetError, match="found dcase and mimii among 2 sounds"):
        find_machine_sounds(tmp_path / "two")
    (tmp_path / "broken/fan/id_00/normal").mkdir(parents=True)
    (tmp_path / "broken/fan/id_00/normal/0.wav").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"none of 1 file can be used; the first one, fan/id_00/normal/0.wav"):
        load_machine_sounds(tmp_path / "broken")


NAMES = st.sampled_from(
    ["fan", "id_00", "ID_1", "normal", "Abnormal", "test", "train", "case1", "NormalSound_IND", "AnomalousSound_IND"]
)
FILES = st.sampled_from(["0", "normal_id_01_0", "anomaly_id_9_1", "id_02_3", "x_ch2_1", "section_00_normal_1_a"])


@given(st.lists(st.tuples(st.lists(NAMES, max_size=4), FILES), min_size=1, max_size=5))
def test_every_file_is_taken_skipped_or_reported(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[list[str], str]]
) -> None:
    root = tmp_path_factory.mktemp("set")
    for folders, name in places:
        path = root.joinpath(*folders, f"{name}.wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    try:
        found = find_machine_sounds(root)
    except DatasetError as error:
        assert "expected machine sounds in one layout" in error.message
        return
    files = {path.relative_to(root).as_posix() for path in root.rglob("*.wav")}
    taken = {clip.path.relative_to(root).as_posix() for clip in found.clips}
    told = {skip.what for skip in found.skipped}
    assert not taken & told
    assert taken | told <= files
    for machine, clips in found.machines().items():
        anomalous = [clip for clip in clips if clip.anomalous]
        assert all(clip.part == "test" for clip in anomalous) or found.layout == "dcase", machine
