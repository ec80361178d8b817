"""Drift: live samples compared with a model's training samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from tinyhost.datasets.store import encode_png
from tinyhost.device import FrameItem, SamplesItem
from tinyhost.errors import DatasetError
from tinyhost.monitor.drift import DriftWatch
from tinyhost.monitor.state import MonitorState
from tinyhost.motion.csv import write_motion_csv
from tinyhost.sensors.sensor import ACCELEROMETER
from tinyhost.tasks.anomaly import ANOMALY
from tinyhost.tasks.live import LiveHeader
from tinyhost.views.monitor import monitor_view

from tests.unit.monitor.test_monitor import HEADER, reading

MACHINE = replace(HEADER, app="anomaly", sensor=ACCELEROMETER, form=ANOMALY.live, rate_hz=119.0, window_samples=128)


def picture(seed: int, level: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng((4, seed))
    return np.clip(rng.normal(level + rng.normal(0, 20), 30, (24, 24)), 0, 255).astype(np.uint8)


def shaking(seed: int, n: int, strength: float) -> NDArray[np.int16]:
    """Counts of a board that lies on its back."""
    rng = np.random.default_rng((5, seed))
    return np.rint(rng.normal((0, 0, 8192), 300 * strength * rng.uniform(0.8, 1.2), (n, 3))).astype(np.int16)


def watched(place: Path, header: LiveHeader, items: Sequence[FrameItem | SamplesItem]) -> DriftWatch:
    watch = DriftWatch(place)
    for index, item in enumerate(items):
        watch.take_reading(reading(index), header)
        watch.take_sample(item)
    return watch


def test_darker_pictures_are_drift_and_others_alike_are_none(tmp_path: Path) -> None:
    for number in range(60):
        path = tmp_path / "set" / "person" / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(picture(number, 150)))
    found = {}
    for level in (150, 70):
        frames = [
            FrameItem(timestamp_us=500_000 * i, frame_index=i, pixels=picture(1000 + i // 2, level)) for i in range(80)
        ]
        found[level] = watched(tmp_path / "set", HEADER, frames).result
        assert found[level].n == 40  # one of each second
    assert found[150].features == ()
    assert found[70].features
    assert found[70].features[0].feature == "brightness"
    assert found[70].features[0].median < 90 < found[70].features[0].median_before
    state = MonitorState()
    state.connected(HEADER)
    state.add_reading(reading(1))
    state.drift = found[70]
    console = Console(width=120, height=40, record=True)
    console.print(monitor_view(state.snapshot(), 120, 40))
    assert "drift brightness 15" in console.export_text()
    with pytest.raises(DatasetError, match="expected at least 20"):
        (tmp_path / "few" / "person").mkdir(parents=True)
        (tmp_path / "few" / "person" / "a.png").write_bytes(encode_png(picture(1, 99)))
        watched(tmp_path / "few", HEADER, [])
        DriftWatch(tmp_path / "few").take_reading(reading(1), HEADER)


@pytest.mark.parametrize(("strength", "drifts"), [(1.0, False), (3.0, True)])
def test_windows_of_motion_are_compared_with_windows_of_recordings(
    tmp_path: Path, strength: float, drifts: bool
) -> None:
    (tmp_path / "normal").mkdir()
    write_motion_csv(tmp_path / "normal" / "1.csv", [np.concatenate([shaking(i, 128, 1.0) for i in range(60)])])
    items = [
        SamplesItem(
            timestamp_us=round(1e6 * 64 * i / 119),
            position=64 * i,
            lost=0,
            rate_hz=119.0,
            scale=1 / 8192,
            samples=shaking(500 + i // 2, 128, strength)[64 * (i % 2) :][:64],
        )
        for i in range(60)
    ]
    result = watched(tmp_path, MACHINE, items).result
    assert result.n >= 28
    names = {item.feature for item in result.features or ()}
    assert ({"deviation x", "deviation y", "deviation z"} <= names) is drifts
    assert drifts or not names
    with pytest.raises(DatasetError, match=r"motion, but .* gives pictures"):
        DriftWatch(tmp_path).take_reading(reading(1), HEADER)
