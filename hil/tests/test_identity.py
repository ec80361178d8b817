"""The identity and the limits that the board reports."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

from tinyhost.device import Device
from tinyhost.hil.station import Station
from tinyhost.protocol.messages import MAX_REQUEST_BYTES

TICK_UNITS = {"native": "ns", "m4": "instructions", "nano33emu": "estimated cycles", "nano33ble": "cycles"}
REVISIONS = {"nano33emu": "rev 1", "nano33emu:rev2": "rev 2"}


def test_the_board_is_the_one_that_was_asked_for(device: Device, station: Station) -> None:
    assert (device.info.board, device.info.app) == (station.asked.type.partition(":")[0], station.asked.app)
    assert device.info.revision == REVISIONS.get(station.asked.type, device.info.revision)
    if station.asked.serial:
        assert station.asked.serial in device.info.unique_id


def test_the_firmware_is_the_one_that_was_just_built(device: Device, station: Station) -> None:
    assert device.info.build_id == station.firmware.build_id
    assert re.fullmatch(r"\d+(\.\d+)*\S*", device.info.firmware_version)  # which the build id is made over, too


def test_the_limits_make_sense(device: Device) -> None:
    info = device.info
    assert info.max_request_bytes == MAX_REQUEST_BYTES
    assert info.n_slots == 2
    assert info.slot_bytes > 0
    assert info.slot_bytes % info.page_bytes == 0
    assert info.sample_bytes > 0
    assert info.tick_unit == TICK_UNITS[info.board]


def test_the_board_keeps_its_identity_through_a_restart(device: Device, restart: Callable[[], None]) -> None:
    before = device.info
    restart()
    device.ping()
    assert device.info.boot != before.boot
    assert replace(device.info, boot=0, reset_reason=0) == replace(before, boot=0, reset_reason=0)


def test_the_clock_runs_forward(device: Device) -> None:
    first = device.ping().uptime_us
    time.sleep(0.05)
    assert device.ping().uptime_us > first


def test_a_restart_starts_the_clock_again(device: Device, restart: Callable[[], None]) -> None:
    time.sleep(0.5)
    before = device.ping().uptime_us
    restart()
    assert device.ping().uptime_us < before
