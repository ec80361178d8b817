"""What a board's model was unsure of, from the board into a data set."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.store import DatasetStore
from tinyhost.device import Device, PredictionItem, SamplesItem
from tinyhost.motion.csv import read_motion_csv
from tinyhost.protocol.messages import StreamId
from tinyhost.sensors.picture_file import read_picture
from tinyhost.synth.pictures import write_dataset
from tinyhost.tasks.collecting import collect, set_margin

from tests.commands import run_tinyhost
from tests.stations import Stations

pytestmark = pytest.mark.firmware

NOWHERE = Origin(sensor="", board="", device="", app="", firmware_version="", build_id="")


def test_a_board_that_is_alone_keeps_pictures_that_are_collected_later(stations: Stations, tmp_path: Path) -> None:
    """The very pictures of the scene, with time, scores and model; then they are gone from the board."""
    station, target = stations("native", "vww", model=True), tmp_path / "unsure"
    write_dataset(tmp_path / "drawn", 1, seed=5)
    keeper = station.start("board", "run", "--scene", str(tmp_path / "drawn"))
    station.wait_until_on(keeper)
    first = station.run_json("collect", str(target), "--margin", "2")
    assert (first["samples"], first["cleared"]) == ([], True)
    assert 0.9 < first["margin"] < 1.01  # all of a byte
    said = ("--subject", "P07", "--consent", "form 12", "--purpose", "a door")
    deadline = time.monotonic() + 60
    while not (done := station.run_json("collect", str(target), *said, "--keep"))["samples"]:
        assert keeper.poll() is None and time.monotonic() < deadline
    again = station.run_json("collect", str(target))
    collected = {item["file"]: item for item in (*done["samples"], *again["samples"])}
    originals = [read_picture(path) for path in (tmp_path / "drawn").rglob("*.png")]
    lines = read_manifest(target)
    assert {line.file for line in lines} == set(collected)  # none a second time
    for line in lines:
        item = collected[line.file]
        kept = read_picture(target / line.file)
        assert any(np.array_equal(kept, original) for original in originals)
        best, second = sorted(item["scores"].values())[:-3:-1]
        assert item["margin"] == pytest.approx(best - second)
        assert (line.subject, line.label) == ("P07", "unsure")
        assert line.attributes["model_sha256"] == done["model_sha256"] != ""
    assert "form 12" in (target / "consents.jsonl").read_text()
    words = ("data", "label", target / "unsure", tmp_path / "hall", "--labels", "no_person,person")
    assert run_tinyhost(*words, "--annotator", "ada", says="2\n" * len(lines)).code == 0
    for line in read_manifest(tmp_path / "hall"):
        assert (line.subject, line.purpose, line.label, line.sensor) == ("P07", "a door", "person", "camera")
        assert line.attributes["model_sha256"] == done["model_sha256"]
        assert line.attributes["labelled_by"] == "ada"
        assert line.consent in (tmp_path / "hall" / "consents.jsonl").read_text()
    station.run("settings", "unsure_margin=0")
    assert station.run_json("collect", str(target))["margin"] == 0


@pytest.mark.parametrize(
    ("app", "scene", "room"),
    [("kws", "speech:yes,no", 2), ("anomaly", "machine:", 29), ("gestures", "hand:wave,circle", 7)],
)
def test_the_window_that_is_kept_is_what_the_sensor_gave(
    stations: Stations, tmp_path: Path, app: str, scene: str, room: int
) -> None:
    """Sound comes back as mu-law has it, motion as it was: the samples up to the prediction's."""
    station = stations("native", app, model=True)
    with station.board.power(scene=scene) as powered, Device.open(powered) as device:
        set_margin(device, 1e4 if app == "anomaly" else 2.0)
        pieces: list[SamplesItem] = []
        with device.stream(StreamId.SAMPLES, StreamId.PREDICTIONS) as items:
            for item in items:
                if isinstance(item, SamplesItem):
                    pieces.append(item)
                elif isinstance(item, PredictionItem) and pieces[-1].position > pieces[0].rate_hz * 2.5:
                    break
        kept = device.unsure()
        assert kept.n_room == room
        assert kept.samples
        with DatasetStore(tmp_path / "set") as store:
            document = collect(device, store, NOWHERE, clear=True)
        assert device.unsure().n_unsure == 0
    heard = np.concatenate([item.samples for item in pieces])
    for sample, stored in zip(kept.samples, document.samples, strict=True):
        end = sample.position - pieces[0].position
        window = heard[end - len(sample.values) : end]
        if app == "kws":
            assert len(window) == 16_000
            assert (np.abs(sample.values.astype(np.int32) - window) <= half_step(window)).all()
            assert np.abs(window).max() > 1000
        else:
            np.testing.assert_array_equal(sample.values, window)
            assert len(read_motion_csv(tmp_path / "set" / stored.file).acceleration) == len(window)


def half_step(samples: NDArray[np.int16]) -> NDArray[np.int32]:
    """Return how far a value of G.711's mu-law may be from the sample: steps of 8, doubled in each octave."""
    biased = np.minimum(np.abs(samples.astype(np.int32)), 32_635) + 132
    octaves: NDArray[np.int32] = 4 << (np.floor(np.log2(biased)).astype(np.int32) - 7)
    return octaves
