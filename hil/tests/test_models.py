"""Models are pushed, skipped, resumed, rolled back, and survive a power cut at any moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from tinyhost.device import Device
from tinyhost.device.writing import WINDOW_BYTES
from tinyhost.hil.station import Station
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import InferSource, SlotState, Source


@pytest.fixture
def other_model(station: Station) -> ModelFile:
    """The default model under another name: a different image with the same outputs."""
    return station.compile_model(name="other")


def active_sha256(device: Device) -> str:
    return next(slot.sha256.hex() for slot in device.models() if slot.active)


def sha256(model: ModelFile) -> str:
    return hashlib.sha256(model.image).hexdigest()


def test_a_pushed_model_is_active_and_reads_back_the_same(
    device: Device, default_model: ModelFile, record_property: Callable[[str, object], None]
) -> None:
    pushed = device.push(default_model.image, force=True)
    record_property("push of a model", f"{pushed.bytes_sent:,} bytes in {pushed.seconds:.2f} s")
    assert active_sha256(device) == sha256(default_model)
    assert device.read(Source.MODEL, n_bytes=len(default_model.image)) == default_model.image


def test_a_model_that_is_there_is_not_sent_again(device: Device, default_model: ModelFile) -> None:
    again = device.push(default_model.image)
    assert again.skipped
    assert again.bytes_sent == 0


def test_a_model_in_the_other_slot_is_activated_without_sending_it(
    device: Device, default_model: ModelFile, other_model: ModelFile
) -> None:
    device.push(other_model.image)
    assert active_sha256(device) == sha256(other_model)
    back = device.push(default_model.image)
    assert (back.skipped, back.bytes_sent) == (True, 0)
    assert active_sha256(device) == sha256(default_model)


def test_rollback_brings_the_model_before_back(
    device: Device, default_model: ModelFile, other_model: ModelFile
) -> None:
    device.push(other_model.image)
    assert device.rollback().sha256.hex() == sha256(default_model)
    assert active_sha256(device) == sha256(default_model)


def test_a_restart_keeps_the_active_model(
    device: Device, default_model: ModelFile, restart: Callable[[], None]
) -> None:
    before = device.infer(InferSource.PATTERN, seed=3).output
    restart()
    assert active_sha256(device) == sha256(default_model)
    assert device.infer(InferSource.PATTERN, seed=3).output == before


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_push_goes_on_where_a_restart_stopped_it(
    device: Device, default_model: ModelFile, other_model: ModelFile, restart: Callable[[], None], share: float
) -> None:
    device.push(default_model.image, force=True)
    cuts: list[int] = []

    def cut_once(done: int, total: int) -> None:
        if not cuts and done >= share * total:
            cuts.append(done)
            restart()

    pushed = device.push(other_model.image, force=True, progress=cut_once)
    assert len(cuts) == 1
    assert active_sha256(device) == sha256(other_model)
    assert device.read(Source.MODEL, n_bytes=len(other_model.image)) == other_model.image
    # At most what was not durable at the cut went out twice: a page that was being filled, and what was on its way.
    assert pushed.bytes_sent <= len(other_model.image) + WINDOW_BYTES + 4 * device.info.page_bytes


def test_a_push_that_was_given_up_leaves_the_old_model_running(
    device: Device, default_model: ModelFile, other_model: ModelFile, restart: Callable[[], None]
) -> None:
    device.push(default_model.image, force=True)

    class GivenUpError(Exception):
        pass

    def give_up(done: int, total: int) -> None:
        if done >= total // 2:
            raise GivenUpError

    with pytest.raises(GivenUpError):
        device.push(other_model.image, force=True, progress=give_up)
    restart()
    assert active_sha256(device) == sha256(default_model)
    assert SlotState.PARTIAL in {slot.state for slot in device.models()}
    resumed = device.push(other_model.image)
    assert resumed.resumed_at > 0
    assert active_sha256(device) == sha256(other_model)
