"""Accelerometer and gyroscope together: files can be read back, as CSV, as Edge Impulse's files, and as a scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.scenes import open_scene
from tinyhost.boards.scenes.base import SampleSource
from tinyhost.boards.scenes.messages import SCENE_MAGIC, SceneReply, SceneRequest, SceneSensor
from tinyhost.boards.scenes.player import ScenePlayer
from tinyhost.datasets.edge_impulse import read_acquisition
from tinyhost.datasets.motion_exchange import export_motion, motion_of
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import parse_motion_csv, read_motion_csv, write_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.sensor import BMI270, LSM9DS1, Accelerometer
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource

N = 40


def samples(n: int = 200, sensor: Accelerometer = LSM9DS1) -> NDArray[np.int16]:
    return GestureSource(GestureOptions(gestures=("wave", "twist"), hold_s=1.0, person=3, sensor=sensor)).read(n)


def parsed(header: str, turn: str = "{i}", fall: str = "9.8") -> MotionRecording:
    rows = [f"{10 * i},0,{fall},0,1,2,{turn.format(i=i)}" for i in range(N)]
    return parse_motion_csv([header, *rows], where="a.csv")


@pytest.mark.parametrize("sensor", [LSM9DS1, BMI270], ids=lambda sensor: sensor.name)
def test_six_channels_are_read_back_to_the_count(tmp_path: Path, sensor: Accelerometer) -> None:
    written = samples(sensor=sensor)
    write_motion_csv(tmp_path / "a.csv", [written[:80], written[80:]], sensor)
    assert (tmp_path / "a.csv").read_text().splitlines()[0] == "timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ"
    recording = read_motion_csv(tmp_path / "a.csv")
    np.testing.assert_array_equal(recording.all_counts(sensor), written)
    np.testing.assert_array_equal(recording.counts(sensor), written[:, :3])
    assert (recording.n_channels, recording.assumed) == (6, "")


@pytest.mark.parametrize(
    ("names", "degrees"),
    [
        ("gyrX,gyrY,gyrZ", 1.0),
        ("gx_dps,gy_dps,gz_dps", 1.0),
        ("Gyro X (rad/s),Gyro Y (rad/s),Gyro Z (rad/s)", 57.29578),
        ("gyroscope_x [mdps],gyroscope_y [mdps],gyroscope_z [mdps]", 0.001),
        ("rotationRateX [°/s],rotationRateY [°/s],rotationRateZ [°/s]", 1.0),
    ],
)
def test_a_headers_unit_of_rotation_is_taken(names: str, degrees: float) -> None:
    recording = parsed(f"timestamp,accX,accY,accZ,{names}")
    assert recording.rotation is not None
    np.testing.assert_allclose(recording.rotation[5], np.array([1, 2, 5]) * degrees, rtol=1e-6)
    assert recording.assumed == ""


def test_a_rotation_without_a_unit_is_reported() -> None:
    recording = parsed("timestamp,ax,ay,az,gx,gy,gz")
    assert recording.rotation is not None
    assert recording.assumed.startswith("rotation taken for degrees per second")


@pytest.mark.parametrize("turn", ["", "nan", "fast", "1e9"])
def test_a_gyroscope_that_cannot_be_read_is_left_out_and_reported(turn: str) -> None:
    recording = parsed("timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ", turn)
    assert (recording.rotation, recording.n_channels) == (None, 3)
    assert recording.assumed.startswith("the gyroscope is left out")
    np.testing.assert_allclose(recording.acceleration[:, 1], 9.8)


def test_a_hand_may_shake_harder_than_a_machine() -> None:
    assert parsed("timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ", fall="25").acceleration[0, 1] == 25
    with pytest.raises(DatasetError, match="median acceleration 25"):
        parsed("timestamp,accX,accY,accZ,p,q,r", fall="25")
    with pytest.raises(DatasetError, match=r"median acceleration 0\.98"):
        parsed("timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ", fall="0.98")


def test_a_rotation_at_the_end_of_its_range_is_an_issue() -> None:
    recording = parsed("timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ", "2000")
    assert [str(issue) for issue in recording.issues if issue.axis == "gyrZ" and issue.kind == "saturated"] == [
        f"gyrZ saturated for {N} samples from sample 0 on"
    ]


def test_edge_impulses_files_keep_the_gyroscope(tmp_path: Path) -> None:
    (tmp_path / "set/wave").mkdir(parents=True)
    write_motion_csv(tmp_path / "set/wave/1.csv", [samples()])
    export_motion(tmp_path / "set", tmp_path / "exported")
    (file,) = (tmp_path / "exported").rglob("*.json")
    acquisition = read_acquisition(file)
    assert [(channel.name, channel.units) for channel in acquisition.channels][3:] == [
        ("gyrX", "dps"), ("gyrY", "dps"), ("gyrZ", "dps")
    ]  # fmt: skip
    np.testing.assert_array_equal(motion_of(acquisition, str(file)).all_counts(), samples())


@pytest.mark.parametrize("channels", [0, 3, 6])
@pytest.mark.parametrize("scene", ["hand:twist?person=3", "machine:"])
def test_a_board_gets_as_many_channels_as_it_asks_for(tmp_path: Path, scene: str, channels: int) -> None:
    source = open_scene(scene)
    assert isinstance(source, SampleSource)
    player = ScenePlayer(source, tmp_path)
    try:
        request = SceneRequest(magic=SCENE_MAGIC, seq=1, sensor=SceneSensor.ACCELEROMETER, start=2, width=channels)
        reply, data = player._answerer(request)
        assert isinstance(reply, SceneReply)
        assert (reply.width, reply.height, data) == (channels or 3, 0, b"")
    finally:
        player.close()
