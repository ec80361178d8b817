"""Real power cuts at any moment: the flash stays intact, and the board reports that it has restarted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from tinyhost.device import Device
from tinyhost.hil.station import Station
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import InferSource, Source

pytestmark = pytest.mark.needs_power_cut


def sha256(image: bytes) -> str:
    return hashlib.sha256(image).hexdigest()


def test_the_board_loses_its_power_and_starts_anew(device: Device, cut_power: Callable[[], None]) -> None:
    before = device.info.boot
    cut_power()
    device.ping()
    assert device.info.boot != before


@pytest.mark.parametrize("share", [0.3, 0.999])
def test_a_power_cut_in_the_middle_of_a_push_leaves_a_whole_model(
    station: Station, device: Device, default_model: ModelFile, cut_power: Callable[[], None], share: float
) -> None:
    other = station.compile_model(name="other")
    expected = device.infer(InferSource.PATTERN, seed=5).output

    class CutError(Exception):
        pass

    def cut(done: int, total: int) -> None:
        if done >= share * total:
            cut_power()
            raise CutError

    with pytest.raises(CutError):
        device.push(other.image_for(device.engine), force=True, progress=cut)
    device.ping()
    whole = {sha256(model.image_for(device.engine)) for model in (default_model, other)}
    active = next(slot for slot in device.models() if slot.active)
    assert active.sha256.hex() in whole
    assert sha256(device.read(Source.MODEL)) == active.sha256.hex()
    assert device.infer(InferSource.PATTERN, seed=5).output == expected  # both images have the same answers
    device.push(other.image_for(device.engine))
    assert next(slot for slot in device.models() if slot.active).sha256.hex() == sha256(other.image_for(device.engine))
