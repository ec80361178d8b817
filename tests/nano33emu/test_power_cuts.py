"""Power cuts at and within the flash's word writes and page erases, by way of USB: the old or the new, always."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import pytest
from tinyhost.boards.virtual import VirtualPower
from tinyhost.device import Device
from tinyhost.errors import TinyhostError
from tinyhost.protocol.messages import SlotInfo, SlotState

from tests.device.rig import small_model
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
N_WRITES, N_ERASES = 1500, 4
"""of a push of a small model: its words, and the pages of its slot"""


class PowerWasCutError(Exception):
    """Ends a push in the middle."""


@pytest.fixture(scope="module")
def power(stations: Stations) -> Iterator[VirtualPower]:
    with stations("nano33emu", "vww").board.power() as powered:
        assert isinstance(powered, VirtualPower)
        yield powered


def active(device: Device) -> SlotInfo:
    (slot,) = (slot for slot in device.models() if slot.active)
    assert slot.state == SlotState.VALID
    return slot


def arm(power: VirtualPower, dice: random.Random, n_writes: int) -> str:
    """Have the power cut at one of the next flash operations; return which."""
    what, n = ("erase", dice.randint(1, N_ERASES)) if dice.random() < 0.3 else ("write", dice.randint(1, n_writes))
    command = f"cut-at {what} {n}{dice.choice(['', ' inside'])}"
    power.switch(command)
    return command


@pytest.mark.parametrize("n_times", [20, pytest.param(700, marks=pytest.mark.soak)])
def test_a_push_that_loses_its_power_leaves_the_old_model_or_the_new_one(power: VirtualPower, n_times: int) -> None:
    dice, images, n_cuts = random.Random(n_times), {f"small {n}": small_model(n) for n in (1, 2)}, 0
    with Device.open(power) as device:
        device.push(images["small 1"])
        for _ in range(n_times):
            old, boots = active(device).name, device.link_stats.boots
            new = "small 2" if old == "small 1" else "small 1"
            where = arm(power, dice, N_WRITES)

            def stop(done: int, total: int, boots: int = boots) -> None:
                if device.link_stats.boots != boots:
                    raise PowerWasCutError

            with contextlib.suppress(PowerWasCutError, TinyhostError):
                device.push(images[new], force=True, progress=stop)
            power.switch("cut-at off")
            assert active(device).name in (old, new), where
            n_cuts += device.link_stats.boots - boots
    assert n_cuts >= n_times * 2 // 3


@pytest.mark.parametrize("n_times", [10, pytest.param(600, marks=pytest.mark.soak)])
def test_a_setting_that_is_kept_while_the_power_fails_is_the_old_one_or_the_new_one(
    power: VirtualPower, n_times: int
) -> None:
    dice, n_cuts = random.Random(n_times), 0
    with Device.open(power) as device:
        device.set_setting("period_ms", 1, persist=True)
        for number in range(n_times):
            old, new, boots = device.settings()["period_ms"].value, 10 + number, device.link_stats.boots
            where = arm(power, dice, 4)
            with contextlib.suppress(TinyhostError):
                device.set_setting("period_ms", new, persist=True)
            device.ping()
            n_cuts += device.link_stats.boots - boots
            power.switch("cut-at off")
            power.reset()
            assert device.settings()["period_ms"].value in (old, new), where
    assert n_cuts >= n_times // 3
