"""A new task is a folder here and one in firmware/apps: nothing else is changed, and every command supports it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.build import build_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.compiler import compile_tflite
from tinyhost.device import Device, PredictionItem
from tinyhost.hil.rigs import board_of_spec, load_rig
from tinyhost.monitor.lines import plain_line
from tinyhost.monitor.watch import header_of, reading_of
from tinyhost.motion.csv import read_motion_csv, write_motion_csv
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.protocol.messages import StreamId
from tinyhost.tasks import registry
from tinyhost.tasks.registry import register, task_of_app

from tests.apps.shakes import FIRMWARE, SHAKES, WINDOW
from tests.oracle.builder import ModelBuilder
from tests.stations import Station, share_objects

pytestmark = pytest.mark.firmware

REPO = Path(__file__).parents[2]
LABELS = ("still", "shake")
N_WINDOWS = 4


@pytest.fixture(scope="module", autouse=True)
def _registered() -> Iterator[None]:
    register(SHAKES)
    yield
    registry._ADDED.remove(SHAKES)


def movement(label: str) -> NDArray[np.int16]:
    """Return (n, 3) samples of a board that lies still, or is shaken four times a second."""
    time_s = np.arange(N_WINDOWS * WINDOW) / LSM9DS1.rate_hz
    acceleration = np.tile([0.0, 9.8, 0.0], (len(time_s), 1))
    acceleration += np.random.default_rng(1).normal(0.0, 0.05, acceleration.shape)
    if label == "shake":
        acceleration[:, 0] += 8.0 * np.sin(2 * np.pi * 4.0 * time_s)
    return LSM9DS1.counts(acceleration)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of each movement."""
    root = tmp_path_factory.mktemp("shakes")
    for label in LABELS:
        (root / label).mkdir()
        write_motion_csv(root / label / "1.csv", [movement(label)])
    return root


def model() -> bytes:
    """Return the image of a model that holds the sum of three ranges against 20 steps."""
    builder = ModelBuilder()
    ranges = builder.tensor([1, 3], scale=1.0, zero_point=-128)
    weights = builder.tensor([2, 3], scale=0.02, data=np.array([[-50] * 3, [50] * 3], np.int8))
    bias = builder.tensor([2], dtype="int32", scale=0.02, data=np.array([1000, -1000], np.int32))
    logits = builder.tensor([1, 2], scale=0.5)
    scores = builder.tensor([1, 2], scale=1 / 256, zero_point=-128)
    builder.operator("FULLY_CONNECTED", [ranges, weights, bias], logits)
    builder.operator("SOFTMAX", [logits], scores, Beta=1.0)
    return compile_tflite(builder.build([ranges], [scores]), name="shakes", labels=LABELS).image


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Station:
    """A native board with the firmware of a checkout that has one folder and one environment more."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(REPO / "firmware", project / "firmware", ignore=shutil.ignore_patterns("test", "fuzz"))
    (project / "firmware/apps/shakes").mkdir()
    shutil.copy(FIRMWARE, project / "firmware/apps/shakes")
    environment = "[env:shakes_native]\nextends = native\nbuild_src_filter = ${native.sources} +<apps/shakes/>\n"
    (project / "platformio.ini").write_text(f"{(REPO / 'platformio.ini').read_text()}\n{environment}")
    share_objects(project)
    station = Station(kind="native", state=tmp_path_factory.mktemp("state"))
    flash_firmware(station.board, build_firmware("shakes", "native", project=project))
    with station.board.power() as powered, Device.open(powered) as device:
        device.push(model())
    return station


def test_a_benchmark_has_what_the_task_finds(station: Station, data: Path, tmp_path: Path) -> None:
    written, page = tmp_path / "bench.json", tmp_path / "report.html"
    options = ("--runs", "2", "--samples", "5", "--data", str(data), "--json", str(written), "--report", str(page))
    shown = station.run("bench", *options).out
    document = json.loads(written.read_text())
    assert document["app"] == "shakes"
    assert document["agreement"]["mismatches"] == 0
    confusion = [[N_WINDOWS, 0], [0, N_WINDOWS]]
    assert document["shakes"] == {"data": str(data), "n": 2 * N_WINDOWS, "confusion": confusion}
    assert (document["accuracy"], document["motion"]) == (None, None)
    for text in (shown, page.read_text()):
        assert "Shakes" in text
        assert "100.0" in text
        assert all(label in text for label in LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_a_live_view_shows_its_classes(station: Station, data: Path, label: str) -> None:
    scene = f"{data / label / '1.csv'}?loop=1"
    with station.board.power(scene=scene) as powered, Device.open(powered) as device:
        header = header_of(device, powered, scene)
        assert (header.form, header.sensor, header.labels) == (SHAKES.live, SHAKES.sensor, LABELS)
        with device.stream(StreamId.PREDICTIONS) as items:
            item = next(items)
        assert isinstance(item, PredictionItem)
        assert label in plain_line(reading_of(item, header), header)


def test_its_samples_are_captured_as_it_says(station: Station, data: Path, tmp_path: Path) -> None:
    scene = f"{data / 'shake' / '1.csv'}?loop=1"
    options = ("--sensor", "imu", "--label", "shake", "--seconds", "1", "--data", str(tmp_path), "--scene", scene)
    station.run("capture", *options)
    (captured,) = tmp_path.glob("shake/*.csv")
    samples = read_motion_csv(captured).counts()
    assert len(samples) >= 100
    assert np.ptp(samples[:, 0]) > 8000


def test_the_doctor_examines_its_sensor(station: Station, data: Path) -> None:
    scene = f"{data / 'shake' / '1.csv'}?loop=1"
    assert "the accelerometer works" in station.run("doctor", "imu", "--seconds", "1", "--scene", scene).err


def test_rigs_take_its_app(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    rig = tmp_path / "rig.toml"
    rig.write_text('name = "r"\ntests = "tests"\n[[board]]\nname = "one"\ntype = "native"\napp = "shakes"\n')
    assert load_rig(rig).board("one").app == "shakes"
    assert task_of_app(board_of_spec("m4").with_options(app="shakes", scene=None).app) is SHAKES
