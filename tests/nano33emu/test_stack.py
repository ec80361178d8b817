"""The deepest stack of each app, whatever a host makes it do, is at most half of the available room."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import pytest
from tinyhost.boards.virtual import VirtualPower
from tinyhost.device import Device
from tinyhost.errors import DeviceError
from tinyhost.protocol.messages import InferSource, StreamId

from tests.device.rig import make_pictures, small_model
from tests.nano33emu.watching import figures
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
SOAK = pytest.mark.soak
STACK_BYTES = 8192
"""firmware/boards/nano33ble/nano33ble.ld"""
STREAMS = {
    "vww": (StreamId.PREDICTIONS, StreamId.CAMERA),
    "kws": (StreamId.PREDICTIONS, StreamId.SAMPLES, StreamId.FEATURES),
    "anomaly": (StreamId.PREDICTIONS, StreamId.SAMPLES, StreamId.FEATURES),
}
N_ITEMS, N_LINES = 20, 4
PATIENCE_S = 60.0


@pytest.mark.parametrize(
    ("kind", "app"),
    [
        ("nano33emu", "kws"),
        *(pytest.param("nano33emu", app, marks=SOAK) for app in ("vww", "anomaly")),
        *(pytest.param("nano33emu:rev2", app, marks=SOAK) for app in ("vww", "kws", "anomaly")),
    ],
)
def test_no_app_uses_more_than_half_of_its_stack(stations: Stations, tmp_path: Path, kind: str, app: str) -> None:
    make_pictures(tmp_path, 2)
    sensor = "bmi270" if kind.endswith("rev2") else "lsm9ds1"
    scene = {"vww": str(tmp_path), "kws": "speech:yes,no", "anomaly": f"machine:imbalance?sensor={sensor}"}[app]
    with stations(kind, app, model=True).board.power(scene=scene) as power:
        assert isinstance(power, VirtualPower)
        read_text(power)
        with Device.open(power) as device:
            use_all(device, app)
        read_text(power)
        now = figures(power)
    sys.stderr.write(f"stack, {kind}, {app}: {now['stack_used']} of {now['stack_bytes']} B\n")
    assert (now["starts"], now["stack_bytes"]) == (1, STACK_BYTES)
    assert 1000 < now["stack_used"] <= STACK_BYTES // 2


def read_text(power: VirtualPower) -> None:
    """Read what a board prints that no host has greeted: predictions, which are formatted with floats."""
    link = power.open_link()
    try:
        text, deadline = b"", time.monotonic() + PATIENCE_S
        while text.count(b"\n") < N_LINES:
            assert time.monotonic() < deadline, text
            text += link.read(4096, 0.1)
    finally:
        link.close()


def use_all(device: Device, app: str) -> None:
    """Make the board run its own model live, by request and operator by operator, and another model."""
    device.infer(InferSource.PATTERN, seed=1, profile=True)
    with device.stream(*STREAMS[app]) as items:
        for _ in range(N_ITEMS):
            next(items)
    list(device.self_test())
    with contextlib.suppress(DeviceError):  # an app with a camera alone can
        device.infer(InferSource.SENSOR)
    device.set_setting("period_ms", 1, persist=True)
    device.push(small_model(1))
    device.infer(InferSource.PATTERN, seed=1)
    device.rollback()
    device.measure_link(20_000)
