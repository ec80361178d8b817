"""Motion in Edge Impulse's format: what goes out comes in again; what is no motion is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.datasets import DatasetStore
from tinyhost.datasets.edge_impulse import parse_acquisition
from tinyhost.datasets.importing import ImportReport, detect_format, find_clips, import_clips
from tinyhost.datasets.motion_exchange import export_motion, is_motion_folder, motion_of
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
    assert is_motion_folder(tmp_path / "set")
    assert export_motion(tmp_path / "set", tmp_path / "out") == (1, [])
    assert detect_format(tmp_path / "out") == "edge-impulse"
    report = ImportReport(format="edge-impulse")
    with DatasetStore(tmp_path / "back") as store:
        import_clips(find_clips(tmp_path / "out", "edge-impulse"), store, report, source=tmp_path / "out")
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
    n_files, skipped = export_motion(tmp_path / "set", tmp_path / "out")
    assert n_files == 2
    assert [item.what for item in skipped] == ["normal/b.csv"]


def test_g_is_brought_to_counts_and_axes_may_stand_in_any_order() -> None:
    content = document(axes("accZ", "accY", "accX", units="g"), [[1.0, 0.0, 0.5]] * 3)
    recording = motion_of(parse_acquisition(content, "x"), "x")
    np.testing.assert_array_equal(recording.samples[0], [round(0.5 / 0.000122), 0, round(1 / 0.000122)])
    assert recording.rate_hz == 100


@pytest.mark.parametrize(
    ("sensors", "words"),
    [(axes("accX", "accY"), "accX, accY, accZ"), (axes("accX", "accY", "accZ", units="V"), "m/s2 or g")],
)
def test_what_is_no_motion_is_named(sensors: list[dict[str, str]], words: str) -> None:
    content = document(sensors, [[0.0] * len(sensors)] * 3)
    with pytest.raises(DatasetError, match=words):
        motion_of(parse_acquisition(content, "x"), "x")
