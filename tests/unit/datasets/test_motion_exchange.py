"""Motion in Edge Impulse's format: exports can be imported again, and files without motion are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.datasets import DatasetStore
from tinyhost.datasets.edge_impulse import parse_acquisition
from tinyhost.datasets.folder import MOTION, kind_of
from tinyhost.datasets.importers import detect_format, find_samples
from tinyhost.datasets.importers.contract import ReadAs
from tinyhost.datasets.importing import ImportReport, import_samples
from tinyhost.datasets.motion_exchange import export_motion, motion_of
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv, write_motion_csv
from tinyhost.synth.machine.machine import Machine, MachineOptions


def document(sensors: list[dict[str, str]], values: list[list[float]]) -> bytes:
    payload = {"device_type": "X", "interval_ms": 10, "sensors": sensors, "values": values}
    return json.dumps({"protected": {"ver": "v1", "alg": "none"}, "signature": "0", "payload": payload}).encode()


def axes(*names: str, units: str = "m/s2") -> list[dict[str, str]]:
    return [{"name": name, "units": units} for name in names]


def test_what_was_exported_is_imported_to_the_count(tmp_path: Path) -> None:
    samples = Machine(MachineOptions(fault="imbalance")).read(500)
    (tmp_path / "set" / "normal").mkdir(parents=True)
    write_motion_csv(tmp_path / "set" / "normal" / "000001.csv", [samples])
    assert kind_of(tmp_path / "set") is MOTION
    assert export_motion(tmp_path / "set", tmp_path / "out") == (["training"], [])
    assert detect_format(tmp_path / "out") == "edge-impulse"
    report = ImportReport(format="edge-impulse")
    with DatasetStore(tmp_path / "back") as store:
        found = find_samples(tmp_path / "out", "edge-impulse", ReadAs())
        import_samples(found, store, report, source=tmp_path / "out")
    assert (report.stored, report.skipped) == ({"normal": 1}, [])
    back = read_motion_csv(tmp_path / "back" / "normal" / "000001.csv")
    assert back.rate_hz == pytest.approx(119.0, rel=1e-4)
    np.testing.assert_array_equal(back.counts(), samples)


def test_a_recording_with_a_gap_becomes_two_files(tmp_path: Path) -> None:
    (tmp_path / "set" / "normal").mkdir(parents=True)
    times = [10 * i for i in range(50)] + [10 * i for i in range(60, 110)]
    rows = "\n".join(f"{t},0.1,{0.01 * (t % 70)},9.8" for t in times)
    (tmp_path / "set" / "normal" / "a.csv").write_text(f"timestamp,accX,accY,accZ\n{rows}\n")
    (tmp_path / "set" / "normal" / "b.csv").write_text("timestamp,accX\n1,2\n")
    parts, skipped = export_motion(tmp_path / "set", tmp_path / "out")
    assert len(parts) == 2
    assert [item.what for item in skipped] == ["normal/b.csv"]


@pytest.mark.parametrize(("units", "gravity"), [("g", 1.0), ("mg", 1000.0), ("m/s2", 9.80665), ("m/s^2", 9.80665)])
@pytest.mark.parametrize("names", [("accZ", "gyrX", "accY", "accX"), ("z", "temp", "y", "x")])
def test_axes_may_stand_in_any_order_in_any_unit(units: str, gravity: float, names: tuple[str, ...]) -> None:
    content = document(axes(*names, units=units), [[gravity, 7.0, 0.0, 0.5 * gravity]] * 3)
    recording = motion_of(parse_acquisition(content, "x"), "x")
    np.testing.assert_allclose(recording.acceleration[0], [0.5 * 9.80665, 0.0, 9.80665])
    assert recording.rate_hz == 100


@pytest.mark.parametrize(
    ("sensors", "words"),
    [
        (axes("accX", "accY"), "accX, accY, accZ"),
        (axes("accX", "accY", "accZ", units="V"), "one of m/s2, g, mg, got V"),
    ],
)
def test_what_is_no_motion_is_named(sensors: list[dict[str, str]], words: str) -> None:
    content = document(sensors, [[0.0] * len(sensors)] * 3)
    with pytest.raises(DatasetError, match=words):
        motion_of(parse_acquisition(content, "x"), "x")


@pytest.mark.parametrize(
    ("change", "words"), [((b"10,", b"5000,"), "0.2 Hz, expected 1 to"), ((b"9.0", b"1e200"), "not an accel")]
)
def test_what_no_accelerometer_gives_is_refused(change: tuple[bytes, bytes], words: str) -> None:
    content = document(axes("accX", "accY", "accZ"), [[0.0, 1.0, 9.0]] * 3).replace(*change)
    with pytest.raises(DatasetError, match=words):
        motion_of(parse_acquisition(content, "x"), "x")
