"""The Nano survives wrong oscillators, faults, a pulled cable, and hosts that do not read or are hostile."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinyhost.boards.virtual import VirtualPower
from tinyhost.device import Device, Subscription
from tinyhost.device.boots import cause_of_start
from tinyhost.protocol.messages import StreamId
from tinyhost.protocol.reset import ResetReason

from tests.device.rig import small_model
from tests.nano33emu.watching import await_figures, figures, pass_time
from tests.stations import SHIPPED_MODELS, Stations

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
SCENES = {"nano33emu": "machine:imbalance", "nano33emu:rev2": "machine:imbalance?sensor=bmi270"}
MODELS: dict[str, Path] = {
    "nano33emu": SHIPPED_MODELS["anomaly"],
    "nano33emu:rev2": SHIPPED_MODELS["anomaly"].parent.with_name("anomaly_bmi270") / "model.tflite",
}
CFSR_BUS_FAULT = 0x8200
"""BFARVALID and PRECISERR: ARMv7-M Architecture Reference Manual, B3.2.15"""
SET_ADDRESS, SET_CONFIGURATION, SET_LINE_CODING, SET_CONTROL_LINE_STATE = 5, 9, 0x20, 0x22
CLEAR_FEATURE, SET_FEATURE = 1, 3


@pytest.fixture(scope="module")
def power(stations: Stations) -> Iterator[VirtualPower]:
    with stations("nano33emu", "anomaly").board.power(scene=SCENES["nano33emu"]) as powered:
        assert isinstance(powered, VirtualPower)
        yield powered


@pytest.fixture
def device(power: VirtualPower) -> Iterator[Device]:
    with Device.open(power) as opened:
        yield opened


def take(items: Subscription, n: int) -> None:
    for _ in range(n):
        next(items)


def test_every_start_has_a_number_and_a_cause_and_a_fault_its_place(power: VirtualPower, device: Device) -> None:
    first = device.info.boot
    device.reset()
    assert (device.info.boot, device.info.reset_reason) == (first + 1, ResetReason.SOFTWARE)
    starts = figures(power)["starts"]
    power.switch("fault bus")
    await_figures(power, lambda now: now["starts"] == starts + 1 and now["configured"])
    assert device.ping().boot == first + 2
    info = device.info
    assert info.reset_reason == ResetReason.FAULT
    assert info.fault_cfsr == CFSR_BUS_FAULT
    assert 0x10000 <= info.fault_pc < 0x10000 + 294_912  # in the program
    assert f"after a bus fault (pc 0x{info.fault_pc:08x}, lr 0x{info.fault_lr:08x}" in cause_of_start(info)
    power.reset()
    assert device.ping().boot not in range(first, first + 100)  # RAM is lost with the power: a random number
    assert (device.info.reset_reason, device.info.fault_pc) == (ResetReason.POWER_ON, 0)
    assert device.link_stats.boots == 3


def test_doctor_shows_a_fault_that_was_and_nothing_where_none_was(stations: Stations) -> None:
    station = stations("nano33emu:rev2", "anomaly")
    words = ("doctor", "imu", "--seconds", "0")
    with station.board.power(scene=SCENES["nano33emu:rev2"], keep_on=True) as power:
        assert isinstance(power, VirtualPower)
        assert station.run_json(*words)["fault"] is None
        assert "stopped by" not in station.run(*words).out
        power.switch("fault bus")
        await_figures(power, lambda now: now["starts"] == 2 and now["configured"])
        fault = station.run_json(*words)["fault"]
        told = station.run(*words).out
    assert (fault["kind"], fault["is_cause_of_start"]) == ("bus fault", True)
    assert (fault["cfsr"], fault["flags"]) == (CFSR_BUS_FAULT, ["PRECISERR", "BFARVALID"])
    assert fault["address"] == 0x3000_0000
    places = f"pc 0x{fault['pc']:08x}, lr 0x{fault['lr']:08x}, cfsr 0x00008200 PRECISERR BFARVALID, address 0x30000000"
    assert f"the board's firmware was stopped by a bus fault ({places}): {fault['meaning']}" in told
    assert f"firmware.elf 0x{fault['pc']:x} 0x{fault['lr'] & ~1:x}" in told


def test_a_host_that_stops_reading_loses_items_that_are_counted_and_nothing_else(
    power: VirtualPower, device: Device
) -> None:
    with device.stream(StreamId.SAMPLES) as items:
        take(items, 3)
        power.switch("usb read off")
        pass_time(power, 2.5)
        power.switch("usb read on")
        take(items, 12)
        counts = items.counts(StreamId.SAMPLES)
        assert counts.device_dropped > 0
        assert counts.restarts == 0
    assert device.link_stats.boots == 0


def test_a_cable_that_is_pulled_and_put_back_interrupts_a_stream_and_no_more(
    power: VirtualPower, device: Device
) -> None:
    boot = device.info.boot
    with device.stream(StreamId.SAMPLES) as items:
        for _ in range(2):
            take(items, 2)
            power.switch("vbus off")
            pass_time(power, 0.2)
            power.switch("vbus on")
            take(items, 2)
    assert device.ping().boot == boot
    assert device.link_stats.reconnects == 2


def test_a_push_goes_on_when_the_cable_is_back(power: VirtualPower, device: Device) -> None:
    image, pulled = small_model(77), False

    def pull(done: int, total: int) -> None:
        nonlocal pulled
        if not pulled and 0 < done < total:
            pulled = True
            power.switch("vbus off")
            power.switch("vbus on")

    assert device.push(image, force=True, progress=pull).name == "small 77"
    assert pulled
    assert device.link_stats.boots == 0


def hostile_setup(dice: random.Random) -> bytes:
    """Return a setup packet, mostly of a request that there is with fields that there are not.

    Not one that a host may send, and that changes where or whether the board is heard afterwards.
    """
    while True:
        kind = dice.choice([0x80, 0x81, 0x82, 0x00, 0x01, 0x02, 0xA1, 0x21, 0xC0, 0x40, dice.randrange(256)])
        number = dice.choice([*range(13), 0x20, 0x21, 0x22, 0x23, dice.randrange(256)])
        value = dice.choice([0, 1, 2, 3, 0x0100, 0x0200, 0x0300, 0x03FF, 0xFFFF, dice.randrange(65_536)])
        index = dice.choice([0, 1, 2, 0x0409, 0x82, 0x02, 0xFFFF, dice.randrange(65_536)])
        length = dice.choice([0, 1, 2, 7, 8, 18, 63, 64, 65, 255, 4096, 0xFFFF, dice.randrange(65_536)])
        changes_the_link = number in (SET_ADDRESS, SET_CONFIGURATION, SET_FEATURE, CLEAR_FEATURE)
        is_line = kind & 0x60 == 0x20 and number in (SET_LINE_CODING, SET_CONTROL_LINE_STATE)
        if not (kind & 0xE0 == 0 and changes_the_link) and not is_line:
            return struct.pack("<2B3H", kind, number, value, index, length)


@pytest.mark.parametrize("n_requests", [500, pytest.param(10_000, marks=pytest.mark.soak)])
def test_no_malformed_control_request_disturbs_the_board(power: VirtualPower, device: Device, n_requests: int) -> None:
    dice, boot = random.Random(n_requests), device.info.boot
    for number in range(n_requests):
        setup = hostile_setup(dice)
        n_bytes = int.from_bytes(setup[6:], "little")
        data = b"" if setup[0] & 0x80 else dice.randbytes(min(n_bytes, dice.choice([0, 7, 64, 200])))
        reply = power.switch(f"usb raw {setup.hex()} {data.hex()}".strip())
        assert reply != "timeout", f"request {number}: {setup.hex()} with {len(data)} bytes"
        if number % 100 == 99:
            assert device.ping().boot == boot
    assert device.ping().boot == boot
    assert device.link_stats.reconnects == 0
