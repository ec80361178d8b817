"""Findings in words: each failure has a meaning and a remedy; findings of newer firmware are shown verbatim."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from tinyhost.protocol.self_test import NO_INDEX, Finding, LineState, SelfTestCheck, Verdict
from tinyhost.protocol.status import Status
from tinyhost.sensors import ACCELEROMETER, CAMERA, MICROPHONE, SENSORS, Sensor, explain
from tinyhost.sensors.wiring import wire

HARDWARE = (Path(__file__).resolve().parents[3] / "docs/guides/board.md").read_text()
NEVER_FAIL = (SelfTestCheck.CAPTURE_TIME, SelfTestCheck.MOVEMENT, SelfTestCheck.D0_D1_EXCHANGED)
"""on a real board"""
CAN_FAIL = [check for check in SelfTestCheck if check not in NEVER_FAIL]


def failed(
    check: int, *, status: int = Status.OK, index: int = NO_INDEX, other: int = NO_INDEX, measured: int = 0
) -> Finding:
    return Finding(check=check, verdict=Verdict.FAILED, status=status, index=index, other=other, measured=measured)


@pytest.mark.parametrize(("check", "sensor"), list(itertools.product(CAN_FAIL, SENSORS)))
def test_every_failure_on_a_real_board_has_a_meaning_and_a_way_out(check: SelfTestCheck, sensor: Sensor) -> None:
    is_line = check in (SelfTestCheck.BUS_LINE, SelfTestCheck.SYNC_LINE, SelfTestCheck.DATA_LINE)
    finding = failed(check, index=1 if is_line else NO_INDEX, measured=LineState.LOW)
    result = explain(finding, sensor, virtual=False)
    assert result.failed
    assert result.meaning
    assert result.action
    assert "newer firmware" not in result.title
    assert "does not know" not in result.meaning


def test_a_cut_data_line_names_both_ends_of_its_wire() -> None:
    result = explain(failed(SelfTestCheck.DATA_LINE, index=7, measured=LineState.OPEN), CAMERA, virtual=False)
    assert result.title == "data line D7"
    assert result.meaning == "D7 never changes: it is not connected"
    assert "camera D7 to board D4" in result.action
    assert (result.shown, result.expected, result.unit) == ("open", "good", "line_state")
    assert (result.index, result.other) == (7, None)


def test_lines_that_touch_or_are_exchanged_name_each_other() -> None:
    shorted = explain(
        failed(SelfTestCheck.DATA_LINE, index=2, other=5, measured=LineState.SHORTED), CAMERA, virtual=False
    )
    assert shorted.meaning == "D2 and D5 are shorted together"
    assert shorted.shown == "shorted to D5"
    swapped = explain(
        failed(SelfTestCheck.DATA_LINE, index=2, other=5, measured=LineState.EXCHANGED), CAMERA, virtual=False
    )
    assert "camera D2 to board RX" in swapped.action
    assert "camera D5 to board D5" in swapped.action
    assert swapped.other == 5


def test_the_wires_are_those_of_the_page() -> None:
    table = dict(re.findall(r"\| ([A-Z0-9]+)(?: \([^)]*\))? \| ([A-Z0-9]+) \| P[01]\.\d\d \|", HARDWARE))
    assert len(table) == 14
    named = {SelfTestCheck.BUS_LINE: 2, SelfTestCheck.SYNC_LINE: 3, SelfTestCheck.DATA_LINE: 8}
    for check, n_lines in named.items():
        for index in range(n_lines):
            ends = re.fullmatch(r"camera (\w+) to board (\w+)", wire(check, index))
            assert ends
            assert table[ends[1]] == ends[2]


def test_a_bus_line_of_the_camera_and_of_the_boards_own_sensors() -> None:
    finding = failed(SelfTestCheck.BUS_LINE, index=0, measured=LineState.OPEN)
    assert "4.7 kΩ" in explain(finding, CAMERA, virtual=False).action
    assert explain(finding, ACCELEROMETER, virtual=False).meaning.startswith("SCL of the board's own sensors")


def test_an_absent_sensor_is_a_matter_of_wires_on_a_real_board_and_of_scenes_on_a_virtual_one() -> None:
    finding = failed(SelfTestCheck.CAPTURE, status=Status.NO_SENSOR)
    real, virtual = (explain(finding, CAMERA, virtual=is_virtual) for is_virtual in (False, True))
    assert "XCLK" in real.action
    assert "--scene" in virtual.action
    assert (real.status, real.measured, real.shown) == ("no_sensor", None, "no sensor")


@pytest.mark.parametrize(
    ("check", "measured", "shown"),
    [
        (SelfTestCheck.SAMPLE_RATE, 15_998_400, "15998.4 Hz"),
        (SelfTestCheck.ROW_ACTIVE, 320, "320 µs"),
        (SelfTestCheck.FRAME_PERIOD, 199_920, "199.9 ms"),
        (SelfTestCheck.IDENTITY, 0x7673, "0x7673"),
        (SelfTestCheck.NOISE, 1234, "12.34 counts"),
        (SelfTestCheck.CLIPPED, 12_500, "1.25 %"),
        (SelfTestCheck.DEFLECTION, -19_531, "-19.53 g"),
        (SelfTestCheck.GRAVITY, 1003, "1.003 g"),
        (SelfTestCheck.CHIP, 2, "BMI270"),
        (SelfTestCheck.ROTATION, -150, "-1.50 °/s"),
        (SelfTestCheck.D0_D1_EXCHANGED, 1, "yes"),
        (SelfTestCheck.OFFSET, -870, "-870 counts"),
    ],
)
def test_values_are_shown_in_units_that_people_know(check: SelfTestCheck, measured: int, shown: str) -> None:
    result = explain(
        Finding(check=check, index=NO_INDEX, other=NO_INDEX, measured=measured), ACCELEROMETER, virtual=False
    )
    assert result.shown == shown
    assert result.measured == measured
    assert (result.verdict, result.meaning) == ("passed", "")


def test_what_a_newer_firmware_finds_is_shown_by_its_number() -> None:
    finding = Finding(check=200, verdict=Verdict.FAILED, index=3, other=NO_INDEX, measured=7, lowest=8, highest=9)
    result = explain(finding, MICROPHONE, virtual=False)
    assert (result.check, result.title) == ("check_200", "check 200 of a newer firmware 3")
    assert (result.shown, result.expected) == ("7", "8 … 9")
    assert "update tinyhost" in result.action
    odd = explain(Finding(check=200, verdict=77, status=99, index=NO_INDEX), MICROPHONE, virtual=False)
    assert (odd.verdict, odd.status, odd.failed) == ("verdict_77", "status_99", True)
    line = failed(SelfTestCheck.DATA_LINE, index=44, other=99, measured=1234)
    assert "line 44" in explain(line, CAMERA, virtual=False).title
    assert explain(failed(SelfTestCheck.DEFLECTION, index=9), ACCELEROMETER, virtual=False).title.endswith("9")


def test_what_was_skipped_has_no_value() -> None:
    result = explain(
        Finding(check=SelfTestCheck.PATTERN, verdict=Verdict.SKIPPED, index=NO_INDEX), CAMERA, virtual=False
    )
    assert (result.measured, result.shown, result.expected, result.failed) == (None, "not tried", "", False)
