"""The Device against real firmware, on every virtual board: requests, models, inference, streams, settings."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards import PoweredBoard
from tinyhost.compiler.image_format import OperatorCode
from tinyhost.device import Device, FrameItem, PredictionItem
from tinyhost.errors import DeviceError, PortBusyError, UsageError
from tinyhost.models.fits import Limits
from tinyhost.protocol.messages import InferSource, SlotState, Source, StreamId
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.protocol.status import Status

from tests.device.rig import SIDE, small_model

pytestmark = pytest.mark.firmware


@pytest.fixture(scope="module")
def model() -> bytes:
    return small_model(1)


@pytest.fixture
def ready(device: Device, model: bytes) -> Device:
    device.push(model)
    return device


def test_info_says_who_the_board_is(device: Device, powered: PoweredBoard) -> None:
    assert device.info.board == powered.board.kind
    assert device.info.app == "vww"
    assert device.info.n_slots == 2
    assert (
        device.info.tick_unit
        == {"native": "ns", "m4": "instructions", "nano33emu": "estimated cycles"}[device.info.board]
    )


def test_info_has_every_operator_that_the_firmware_was_built_with(device: Device) -> None:
    of_a_plan = set(OperatorCode) - {OperatorCode.RESHAPE}
    assert bin(Limits.of_device(device).operators) == bin(sum(1 << code for code in of_a_plan))


def test_a_second_device_on_the_same_board_is_refused_and_told_who_has_it(
    device: Device, powered: PoweredBoard
) -> None:
    with pytest.raises(PortBusyError, match="held by this program"):
        Device.open(powered)


def test_a_closed_device_lets_go_of_the_port(powered: PoweredBoard) -> None:
    for _ in range(3):
        with Device.open(powered) as device:
            device.ping()


def test_the_port_is_free_after_an_exception(powered: PoweredBoard) -> None:
    with pytest.raises(ZeroDivisionError), Device.open(powered):
        _ = 1 / 0
    Device.open(powered).close()


def test_push_activates_skips_and_rolls_back(device: Device) -> None:
    old, new = small_model(10), small_model(11)
    device.push(old, force=True)
    result = device.push(new)
    assert (result.name, result.skipped, result.resumed_at) == ("small 11", False, 0)
    assert result.bytes_sent >= len(new)
    again = device.push(new)
    assert again.skipped
    assert again.bytes_sent == 0
    assert device.read(Source.MODEL) == new
    assert device.rollback().name == "small 10"
    assert device.read(Source.MODEL) == old
    assert {slot.state for slot in device.models()} == {SlotState.VALID}


def test_push_reports_progress_up_to_the_end(device: Device) -> None:
    seen: list[tuple[int, int]] = []
    image = small_model(12)
    device.push(image, force=True, progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, len(image))
    assert seen[-1] == (len(image), len(image))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_is_no_model_is_refused_and_the_old_one_stays(ready: Device, model: bytes) -> None:
    with pytest.raises(DeviceError, match="MODEL_COMMIT refused: not a model image") as caught:
        ready.push(bytes(5000))
    assert caught.value.status == Status.IMAGE_MAGIC
    assert ready.read(Source.MODEL) == model


def test_the_device_refuses_a_model_larger_than_a_slot_before_it_is_sent(device: Device) -> None:
    with pytest.raises(DeviceError, match="MODEL_BEGIN refused: larger than the space for it") as caught:
        device.push(bytes(device.info.slot_bytes + 1))
    assert caught.value.status == Status.NO_SPACE


def test_active_model_is_what_was_pushed(ready: Device, model: bytes) -> None:
    image = ready.active_model()
    assert image is not None
    assert image.name == "small 1"
    assert image.data == model


def test_the_same_input_gives_the_same_output_from_every_source(ready: Device) -> None:
    data = pattern_bytes(5, 40)
    given = ready.infer(InferSource.INPUT, data=data)
    made = ready.infer(InferSource.PATTERN, seed=5)
    assert given.output == made.output
    assert len(given.output) == 40
    assert given.input_crc32 == made.input_crc32
    assert given.invoke_ticks > 0


def test_operators_run_one_by_one_end_with_the_same_output(ready: Device) -> None:
    steps = list(ready.step_operators(InferSource.PATTERN, seed=5))
    assert [index for index, _ in steps] == [0, 1, 2]
    assert steps[-1][1] == ready.infer(InferSource.PATTERN, seed=5).output


def test_a_profile_has_every_operator(ready: Device) -> None:
    result = ready.infer(InferSource.PATTERN, seed=1, profile=True)
    assert len(result.operators) == result.n_operators == 3
    assert all(entry.ticks > 0 for entry in result.operators)


def test_prepared_input_is_what_the_operators_would_get(ready: Device) -> None:
    assert ready.prepared_input(InferSource.PATTERN, seed=9) == pattern_bytes(9, 40)


def test_inference_without_input_says_so(ready: Device) -> None:
    ready.infer(InferSource.PATTERN)
    with pytest.raises(DeviceError) as caught:
        ready.infer(InferSource.INPUT)
    assert caught.value.status == Status.BAD_STATE


def test_a_model_that_is_not_the_apps_runs_on_no_picture(ready: Device) -> None:
    with pytest.raises(DeviceError) as caught:
        ready.infer(InferSource.SAMPLE, data=np.zeros((SIDE, SIDE), np.uint8))
    assert caught.value.status == Status.MODEL_MISMATCH


@pytest.mark.parametrize(
    ("source", "data"),
    [
        (InferSource.SAMPLE, None),
        (InferSource.SAMPLE, np.zeros((4, 4, 3), np.uint8)),
        (InferSource.SENSOR, b"x"),
        (InferSource.INPUT, np.zeros((4, 4), np.uint8)),
    ],
)
def test_data_that_does_not_fit_the_source_is_refused(ready: Device, source: InferSource, data: object) -> None:
    with pytest.raises(UsageError):
        ready.infer(source, data=data)  # type: ignore[arg-type]


def test_snapshots_are_the_pictures_of_the_scene(device: Device, pictures: list[NDArray[np.uint8]]) -> None:
    frames = [device.snapshot() for _ in range(len(pictures))]
    assert [frame.index - frames[0].index for frame in frames] == list(range(len(pictures)))
    assert {frame.pixels.tobytes() for frame in frames} == {picture.tobytes() for picture in pictures}


def test_a_picture_that_was_written_reads_back(device: Device) -> None:
    gray = np.arange(120 * 160, dtype=np.uint32).astype(np.uint8).reshape(120, 160)
    device.write_sample(gray)
    assert device.read(Source.SAMPLE) == gray.tobytes()
    assert device.read(Source.SAMPLE, offset=100, n_bytes=50) == gray.tobytes()[100:150]


def test_reading_beyond_the_end_is_a_usage_error(device: Device) -> None:
    with pytest.raises(UsageError, match="it has 1048576"):
        device.read(Source.PATTERN, offset=1_048_570, n_bytes=7)


def test_streams_lose_nothing_on_a_good_link(device: Device, pictures: list[NDArray[np.uint8]]) -> None:
    with device.stream(StreamId.CAMERA, StreamId.PREDICTIONS, period_ms=5) as items:
        seen = [next(items) for _ in range(30)]
    frames = [item for item in seen if isinstance(item, FrameItem)]
    predictions = [item for item in seen if isinstance(item, PredictionItem)]
    assert [item.index for item in frames] == list(range(len(frames)))
    assert [item.index for item in predictions] == list(range(len(predictions)))
    assert {item.pixels.tobytes() for item in frames} <= {picture.tobytes() for picture in pictures}
    for stream, received in ((StreamId.CAMERA, frames), (StreamId.PREDICTIONS, predictions)):
        counts = items.counts(stream)
        assert counts.received >= len(received)
        assert (counts.device_dropped, counts.link_lost, counts.host_dropped) == (0, 0, 0)


def test_what_nobody_takes_from_the_queue_is_counted(native: PoweredBoard) -> None:
    with Device.open(native) as device, device.stream(StreamId.CAMERA) as items:
        while items.counts(StreamId.CAMERA).received < 300:
            device.ping()
        counts = items.counts(StreamId.CAMERA)
        first = next(items)
    assert counts.host_dropped >= 300 - 256
    assert first.index >= counts.host_dropped


def test_settings_change_and_are_bounded(device: Device) -> None:
    before = device.settings()["period_ms"]
    assert device.set_setting("period_ms", 250).value == 250
    assert device.settings()["period_ms"].value == 250
    device.set_setting("period_ms", before.value)
    with pytest.raises(UsageError, match="out of bounds"):
        device.set_setting("smoothing", 256)
    with pytest.raises(UsageError, match="no setting 'volume'"):
        device.set_setting("volume", 11)


def test_reset_starts_the_firmware_again(ready: Device, model: bytes) -> None:
    ready.set_setting("period_ms", 333)
    ready.reset()
    assert ready.link_stats.restarts == 1
    assert ready.settings()["period_ms"].value != 333
    assert ready.read(Source.MODEL) == model


def test_link_measurement_moves_the_bytes_and_framing_is_cheap(device: Device) -> None:
    result = device.measure_link(65_536)
    assert result.frame_overhead <= 0.015
    assert result.to_host_useful_bytes_per_s <= result.to_host_raw_bytes_per_s
    assert result.to_device_useful_bytes_per_s <= result.to_device_raw_bytes_per_s
    assert result.round_trip_s > 0


def test_a_picture_that_is_too_large_is_refused_by_its_size(device: Device) -> None:
    with pytest.raises(UsageError, match=r"got \(70000, 3000\) uint8"):
        device.infer(InferSource.SAMPLE, data=np.zeros((70_000, 3000), np.uint8))
