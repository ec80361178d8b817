"""tinyhost capture of sound and of motion on real firmware: the stored samples equal the sensor's, to the bit."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.wav import write_wav
from tinyhost.boards.scenes.messages import SceneReply
from tinyhost.datasets.manifest import read_manifest
from tinyhost.motion.csv import read_motion_csv
from tinyhost.synth.machine.machine import Machine, MachineOptions

from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware


def words(n_words: int, level: float = 0.2) -> NDArray[np.int16]:
    """Return tones of 0.4 s, each of another pitch, with 1.1 s of near silence behind each."""
    rng = np.random.default_rng(4)
    n = round(1.5 * SAMPLE_RATE_HZ)
    t = np.arange(n) / SAMPLE_RATE_HZ
    envelope = np.where((t > 0.3) & (t < 0.7), np.sin(np.pi * (t - 0.3) / 0.4) ** 2, 0.0)
    parts = [np.sin(2 * np.pi * (300 + 50 * i) * t) * envelope * level for i in range(n_words)]
    sound = np.concatenate(parts) + rng.normal(0, 1e-4, n_words * n)
    return np.rint(sound * 32767).clip(-32768, 32767).astype(np.int16)


def is_part(piece: NDArray[np.int16], whole: NDArray[np.int16]) -> bool:
    """Return whether the samples are somewhere in the others, in a row."""
    starts = np.flatnonzero(whole[: len(whole) - len(piece) + 1] == piece[0])
    return any(np.array_equal(whole[start : start + len(piece)], piece) for start in starts)


def kept(station: Station, samples: NDArray[np.int16]) -> list[Path]:
    """Return the files of a board that have a piece of what its sensor gave."""
    pieces = [samples[at : at + 16].tobytes() for at in range(0, len(samples) - 16, 16)]
    files = [path for path in station.state.rglob("*") if path.is_file()]
    return [path for path in files if any(piece in path.read_bytes() for piece in pieces if len(set(piece)) > 8)]


@pytest.mark.parametrize("kind", ["native", "m4"])
def test_stored_words_are_what_was_played(stations: Stations, kind: str, tmp_path: Path) -> None:
    sound = words(12)
    write_wav(tmp_path / "words.wav", sound)
    station = stations(kind, "kws")
    document = station.run_json(
        *("capture", "--sensor", "mic", "--label", "yes", "--count", "2", "--countdown", "0", "--speaker", "ann"),
        *("--data", str(tmp_path / "set"), "--scene", str(tmp_path / "words.wav")),
    )
    assert (document["stored"], document["ended_by"]) == (2, "done")
    assert (document["dropped"] > 0) == ("samples missing" in document["rejected"]), document
    samples = read_manifest(tmp_path / "set")
    assert [(sample.label, sample.sensor, sample.speaker) for sample in samples] == [("yes", "microphone", "ann")] * 2
    for sample in samples:
        clip = read_sound(tmp_path / "set" / sample.file)
        assert len(clip) == SAMPLE_RATE_HZ
        assert is_part(clip, sound)


def test_what_is_no_word_is_refused_with_the_reason(stations: Stations, tmp_path: Path) -> None:
    write_wav(tmp_path / "quiet.wav", words(40, level=0.001))
    station = stations("native", "kws")
    process = station.start(
        *("capture", "--sensor", "mic", "--label", "yes", "--count", "1", "--countdown", "0"),
        *("--data", str(tmp_path / "set"), "--scene", str(tmp_path / "quiet.wav")),
    )
    assert process.stderr is not None
    line = next(line for line in process.stderr if "again, please" in line)
    assert "too quiet" in line
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert not list((tmp_path / "set").glob("*/*.wav"))


def test_background_noise_is_one_long_file(stations: Stations, tmp_path: Path) -> None:
    sound = words(4)
    write_wav(tmp_path / "noise.wav", sound)
    station = stations("native", "kws")
    station.run(
        *("capture", "--sensor", "mic", "--background", "--seconds", "3", "--data", str(tmp_path / "set")),
        *("--scene", str(tmp_path / "noise.wav")),
    )
    (file,) = (tmp_path / "set" / "_background_noise_").glob("*.wav")
    stored = read_sound(file)
    assert len(stored) >= 3 * SAMPLE_RATE_HZ
    assert is_part(stored, sound)
    assert not kept(station, stored)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("louder", "clipped: "), ("shifted", "offset: the sound has a mean of +12 %"), ("constant", "silence: every")],
)
def test_what_is_wrong_with_sound_is_said_and_kept(stations: Stations, fault: str, said: str, tmp_path: Path) -> None:
    sound = words(2).astype(np.int32)
    planted = {"louder": 30 * sound, "shifted": sound + 4000, "constant": np.full_like(sound, 7)}
    write_wav(tmp_path / "noise.wav", planted[fault].clip(-32768, 32767).astype(np.int16))
    document = stations("native", "kws").run_json(
        *("capture", "--sensor", "mic", "--background", "--seconds", "1", "--data", str(tmp_path / "set")),
        *("--scene", str(tmp_path / "noise.wav")),
    )
    (sample,) = read_manifest(tmp_path / "set")
    assert [text[: len(said)] for text in sample.issues] == [said]
    assert document["issues"] == [f"{sample.file}: {sample.issues[0]}"]


@pytest.mark.parametrize("kind", ["native", "m4"])
def test_stored_motion_is_what_the_machine_did(stations: Stations, kind: str, tmp_path: Path) -> None:
    station = stations(kind, "anomaly")
    document = station.run_json(
        *("capture", "--sensor", "imu", "--seconds", "3", "--label", "normal", "--data", str(tmp_path)),
        *("--scene", "machine:imbalance?rpm=480&seed=3"),
    )
    assert (document["dropped"], document["issues"]) == (0, [])
    (sample,) = read_manifest(tmp_path)
    assert (sample.sample_rate_hz, sample.n_channels, sample.scene_item) == (119.0, 3, "imbalance")
    counts = read_motion_csv(tmp_path / sample.file).counts()
    machine = Machine(MachineOptions(rpm=480, fault="imbalance", seed=3)).read(len(counts))
    assert len(counts) >= 3 * 119
    np.testing.assert_array_equal(counts, machine)
    assert not kept(station, counts)


def test_a_stuck_sensor_is_flagged(stations: Stations, tmp_path: Path) -> None:
    document = stations("native", "anomaly").run_json(
        *("capture", "--sensor", "imu", "--seconds", "2", "--label", "normal", "--data", str(tmp_path)),
        *("--scene", "machine:stuck"),
    )
    assert any("stuck" in issue for issue in document["issues"])


def test_a_stuck_gyroscope_and_a_gap_in_the_scene_are_flagged(stations: Stations, tmp_path: Path) -> None:
    motion = np.random.default_rng(1).normal((0, 0, 9.8, 0, 0, 0), (2, 2, 1, 80, 80, 80), (300, 6))
    motion[60:160, 4] = 12.0
    rows = "\n".join(
        f"{i * 10 + 200 * (i >= 180)}," + ",".join(f"{value:.4f}" for value in row) for i, row in enumerate(motion)
    )
    (tmp_path / "hand.csv").write_text(f"timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ\n{rows}\n")
    station = stations("native", "gestures")
    document = station.run_json(
        *("capture", "--sensor", "imu", "--seconds", "2", "--label", "wave", "--data", str(tmp_path / "set")),
        *("--scene", str(tmp_path / "hand.csv")),
    )
    (sample,) = read_manifest(tmp_path / "set")
    gap = "gap: 20 samples missing before sample 180; what follows is played without a pause"
    stuck = f"{sample.file}: gyrY stuck for 100 samples from sample 60 on"
    assert document["issues"] == [f"{tmp_path / 'hand.csv'}: {gap}", stuck]
    assert not kept(station, read_motion_csv(tmp_path / "set" / sample.file).all_counts())


def n_samples_given(reply: Path) -> int:
    """Return how many samples a scene has given so far."""
    data = reply.read_bytes() if reply.exists() else b""
    return SceneReply.unpack(data).position if len(data) >= SceneReply.SIZE else 0


def test_ctrl_c_keeps_what_was_recorded(stations: Stations, tmp_path: Path) -> None:
    station = stations("native", "anomaly")
    process = station.start(
        *("capture", "--sensor", "imu", "--seconds", "60", "--label", "normal", "--data", str(tmp_path)),
        *("--scene", "machine:"),
    )
    station.wait_until_on(process)
    deadline = time.monotonic() + 60
    while n_samples_given(station.state / "native" / "accelerometer.reply") < 119:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    sample, *_ = read_manifest(tmp_path)  # a computer that is busy loses samples: a gap begins another file
    counts = read_motion_csv(tmp_path / sample.file).counts()
    assert sample.n_samples == len(counts) > 0
    np.testing.assert_array_equal(counts, Machine(MachineOptions()).read(len(counts)))


def test_a_recording_that_ends_is_a_sensor_that_stopped(stations: Stations, tmp_path: Path) -> None:
    rows = "\n".join(f"{i * 10},0.1,0.2,{9.8 + 0.01 * (i % 7)}" for i in range(200))
    (tmp_path / "short.csv").write_text(f"timestamp,accX,accY,accZ\n{rows}\n")
    stations("native", "anomaly").run(
        *("capture", "--sensor", "imu", "--seconds", "60", "--label", "normal", "--data", str(tmp_path / "set")),
        *("--scene", str(tmp_path / "short.csv")),
        code=1,
    )
    (sample,) = read_manifest(tmp_path / "set")
    assert sample.n_samples == 200  # all that there was


def test_the_wrong_app_is_named(native: Station, tmp_path: Path) -> None:
    err = native.run("capture", "--sensor", "mic", "--label", "yes", "--data", str(tmp_path), code=2).err
    assert "the app vww has the camera; the microphone belongs to kws" in err
    assert "tinyhost flash kws --board native" in err
