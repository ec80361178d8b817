"""The Device on a faulty link to real firmware: nothing arrives changed, and nothing is lost unreported."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards import PoweredBoard
from tinyhost.device import Device, FrameItem, PredictionItem
from tinyhost.errors import BoardError, LinkLostError
from tinyhost.link.faults import Faults
from tinyhost.protocol.messages import InferSource, Source, StreamId
from tinyhost.protocol.pattern import pattern_bytes

from tests.device.rig import SIDE, small_model
from tests.stations import shipped_image

pytestmark = pytest.mark.firmware

BYTE_FAULTS = [
    pytest.param(Faults(drop=0.001), id="drop 0.1%"),
    pytest.param(Faults(drop=0.01), id="drop 1%"),
    pytest.param(Faults(flip=0.001), id="flip 0.1%"),
    pytest.param(Faults(flip=0.01), id="flip 1%"),
    pytest.param(Faults(duplicate=0.001), id="duplicate 0.1%"),
    pytest.param(Faults(duplicate=0.01), id="duplicate 1%"),
]
ALL_FAULTS = [
    *BYTE_FAULTS,
    pytest.param(Faults(vanish_after_bytes=9000), id="vanish"),
    pytest.param(Faults(stall_every_bytes=8000, stall_s=0.15), id="stall"),
    pytest.param(Faults(drop=0.002, flip=0.002, duplicate=0.002, vanish_after_bytes=30_000), id="all at once"),
]


@pytest.mark.parametrize("faults", ALL_FAULTS)
def test_models_pictures_and_results_arrive_unchanged(
    native: PoweredBoard, faults: Faults, pictures: list[NDArray[np.uint8]]
) -> None:
    model = small_model(20)
    with Device.open(native) as device:
        device.push(model)
        expected = device.infer(InferSource.INPUT, data=pattern_bytes(3, 40)).output
    with Device.open(native, faults=faults, fault_seed=1) as device:
        assert not device.push(small_model(21), force=True).skipped
        assert device.push(model).name == "small 20"
        assert device.read(Source.MODEL) == model
        frame = device.snapshot()
        assert any(np.array_equal(frame.pixels, picture) for picture in pictures)
        device.write_sample(pictures[0])
        assert device.read(Source.SAMPLE, n_bytes=SIDE * SIDE) == pictures[0].tobytes()
        assert device.infer(InferSource.INPUT, data=pattern_bytes(3, 40)).output == expected
        assert list(device.step_operators(InferSource.INPUT, data=pattern_bytes(3, 40)))[-1] == (2, expected)
        if faults.vanish_after_bytes:
            assert device.link_stats.reconnects > 0


@pytest.mark.parametrize("faults", BYTE_FAULTS)
def test_every_prediction_that_is_lost_on_the_way_is_reported(native: PoweredBoard, faults: Faults) -> None:
    with Device.open(native) as device:
        device.push(shipped_image("vww"))
    with (
        Device.open(native, faults=faults, fault_seed=2) as device,
        device.stream(StreamId.PREDICTIONS) as items,
    ):
        seen = [item for item in itertools.islice(items, 40) if isinstance(item, PredictionItem)]
    first, last = seen[0], seen[-1]
    lost = (last.link_lost + last.device_dropped) - (first.link_lost + first.device_dropped)
    assert len(seen) + lost + last.host_dropped == last.index - first.index + 1
    if faults.drop + faults.flip + faults.duplicate > 0.005:
        assert lost > 0


def test_a_camera_stream_goes_on_after_the_port_vanished(
    native: PoweredBoard, pictures: list[NDArray[np.uint8]]
) -> None:
    with (
        Device.open(native, faults=Faults(vanish_after_bytes=100_000)) as device,
        device.stream(StreamId.CAMERA) as items,
    ):
        seen = [item for item in itertools.islice(items, 40) if isinstance(item, FrameItem)]
        assert device.link_stats.reconnects >= 2
    known = {picture.tobytes() for picture in pictures}
    assert {item.pixels.tobytes() for item in seen} <= known


def test_a_power_cut_in_the_middle_of_a_push_is_survived_and_the_push_resumes(native: PoweredBoard) -> None:
    image = bytes(range(256)) * 1200  # no model, but pages of it are written: more than are on their way at once
    cuts = [20_000, 150_000]
    resumed: list[int] = []
    resets: list[int] = []

    with Device.open(native) as device:

        def cut(done: int, total: int) -> None:
            if resumed and done < resumed[-1]:
                assert done % 4096 == 0
            resumed.append(done)
            n_noticed = device.link_stats.restarts  # answers from before a cut are still read after it
            if done >= (*cuts, total + 1)[n_noticed] and len(resets) == n_noticed:
                resets.append(done)
                native.reset()

        with pytest.raises(Exception, match="not a model image"):
            device.push(image, progress=cut)
        assert device.link_stats.restarts == 2
    assert min(done for done in resumed[1:]) > 0


def test_requests_wait_for_a_board_that_restarts(native: PoweredBoard) -> None:
    with Device.open(native) as device:
        time.sleep(0.2)
        begin = time.monotonic()
        native.reset()
        assert device.read(Source.PATTERN, n_bytes=5000) == pattern_bytes(0, 5000)
        assert device.ping().uptime_us < 1e6 * (time.monotonic() - begin)
        assert device.link_stats.restarts == 1


def test_an_idle_session_is_kept(native: PoweredBoard) -> None:
    with Device.open(native) as device:
        time.sleep(3.6)  # longer than the board's patience, SESSION_TIMEOUT_MS
        reconnects = device.link_stats.reconnects
        device.models()
        assert reconnects == device.link_stats.reconnects == 0


def test_a_port_that_does_not_come_back_ends_the_device_with_an_error(
    native: PoweredBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyhost.device.session._RECONNECT_S", 0.5)
    with Device.open(native) as device:
        native.close()
        with pytest.raises((LinkLostError, BoardError)):
            device.models()
        with pytest.raises((LinkLostError, BoardError)):
            device.ping()
