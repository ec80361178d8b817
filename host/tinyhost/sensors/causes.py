"""What a failed check means, and what to do about it."""

from __future__ import annotations

from typing import Literal

from tinyhost.protocol.self_test import Finding, LineState, SelfTestCheck
from tinyhost.protocol.status import Status
from tinyhost.sensors.wiring import line_name, wire

__all__ = ["cause_of"]

Cause = tuple[str, str]
"""what it means, what to do"""

_SCENES = {"camera": "--scene pictures/", "mic": "--scene words.wav", "imu": "--scene machine:"}
_HAS = {"camera": "camera", "mic": "microphone", "imu": "accelerometer"}
_SEAT = "press board and camera firmly into their sockets"
_ON_BOARD = "it is soldered to the board: unplug the board for ten seconds; if that does not help, the board is broken"
_ABSENT: dict[str, Cause] = {
    "camera": (
        "the camera does not answer on its bus",
        f"{_SEAT}; with wires: 3V3 and GND, XCLK (camera XCLK to board D9: it answers only with a clock), PWDN to GND, "
        "RESET to 3V3, then SIOC (A5) and SIOD (A4)",
    ),
    "mic": ("the microphone gives nothing", _ON_BOARD),
    "imu": ("neither an LSM9DS1 (revision 1) nor a BMI270 (revision 2) answers", _ON_BOARD),
}
_STOPPED: dict[str, Cause] = {
    "camera": ("the camera answers, but no whole frame came", "see the sync lines: VSYNC (D8), HREF (A1), PCLK (A0)"),
    "mic": ("the microphone stopped in the middle", _ON_BOARD),
    "imu": ("the accelerometer stopped in the middle", _ON_BOARD),
}
_WRONG_CLOCK = (
    "the camera's clock is not what it should be",
    "check XCLK (camera XCLK to board D9): a long or loose wire loses edges",
)
_BUSY = ("the board was held up while it listened", "run the test again, with nothing else running on this computer")
_DEFLECTED: Cause = (
    "the chip pushes its own masses and does not measure what it should",
    "test again with the board lying still on the table; if it stays so, the accelerometer is out of order",
)
_CAUSES: dict[int, Cause] = {
    SelfTestCheck.DEFLECTION: _DEFLECTED,
    SelfTestCheck.DEFLECTION_SIZE: _DEFLECTED,
    SelfTestCheck.CAPTURE: ("not every frame came whole", "see the sync lines, and make the wires shorter"),
    SelfTestCheck.START_TIME: ("the sensor takes longer to settle than it may", "run the test again"),
    SelfTestCheck.SAMPLE_RATE: ("it does not keep its rate: its clock is wrong", _ON_BOARD),
    SelfTestCheck.LOST_SAMPLES: _BUSY,
    SelfTestCheck.OFFSET: ("the sound is far from zero: loud sounds will be cut on one side", _ON_BOARD),
    SelfTestCheck.NOISE: ("there is no sound at all, not even noise: the microphone is dead", _ON_BOARD),
    SelfTestCheck.CLIPPED: ("the sound goes beyond what can be measured", "test again in a quiet room"),
    SelfTestCheck.IDENTITY: ("another chip answers at that address", "use an OV7675 or an OV7670 camera"),
    SelfTestCheck.REGISTERS: (
        "what is written to the chip does not come back: the bus is disturbed",
        "make the wires of SIOC (A5) and SIOD (A4) shorter, 10 cm at most, and check their pull-ups to 3.3 V",
    ),
    SelfTestCheck.FRAME_ROWS: ("frames do not have 120 rows: edges of VSYNC or HREF are lost", "shorter wires"),
    SelfTestCheck.FRAME_PERIOD: _WRONG_CLOCK,
    SelfTestCheck.ROW_PERIOD: _WRONG_CLOCK,
    SelfTestCheck.ROW_ACTIVE: _WRONG_CLOCK,
    SelfTestCheck.PATTERN: (
        "the bars of the test pattern do not come as they are sent",
        "see the data lines; if all are good, PCLK (camera PCLK to board A0) is disturbed: a shorter wire",
    ),
    SelfTestCheck.PATTERN_REPEATS: (
        "the same pattern looks different each time: speckles, from wires that disturb one another",
        "wires of 10 cm at most, PCLK (A0) apart from the others, a second GND between board and camera",
    ),
    SelfTestCheck.CHIP: _ABSENT["imu"],
    SelfTestCheck.GRAVITY: (
        "at rest it should measure 1 g, whichever way it lies",
        "test again, without touching the table; if it stays so, the accelerometer is out of order",
    ),
}
_ON_BOARD_CAUSES: dict[int, Cause] = {
    SelfTestCheck.IDENTITY: ("another chip answers than this board has", _ON_BOARD),
    SelfTestCheck.REGISTERS: ("what is written to the chip does not come back", _ON_BOARD),
}
_UNKNOWN: Cause = ("this version of tinyhost does not know this check", "pip install --upgrade tinyhost")
_BUS_LINES: dict[int, str] = {
    LineState.OPEN: "has no pull-up: it stays where it is left",
    LineState.LOW: "is held low: it touches GND, or a chip hangs",
}


def cause_of(finding: Finding, sensor: Literal["camera", "mic", "imu"], *, virtual: bool) -> Cause:
    """Return what a failure means, and what to do. virtual: the board is."""
    if virtual:
        return _virtual_cause(finding, sensor)
    if finding.status == Status.NO_SENSOR:
        return _ABSENT[sensor]
    if finding.status == Status.SENSOR_TIMEOUT:
        return _STOPPED[sensor]
    if finding.check == SelfTestCheck.BUS_LINE:
        return _bus_cause(finding, sensor)
    if finding.check in (SelfTestCheck.SYNC_LINE, SelfTestCheck.DATA_LINE):
        return _line_cause(finding)
    causes = _CAUSES if sensor == "camera" else {**_CAUSES, **_ON_BOARD_CAUSES}
    return causes.get(finding.check, _UNKNOWN)


def _virtual_cause(finding: Finding, sensor: str) -> Cause:
    if finding.status == Status.NO_SENSOR:
        return f"no scene plays to the board's {_HAS[sensor]}", f"give it one: {_SCENES[sensor]}"
    if finding.status == Status.SENSOR_TIMEOUT:
        return (
            "the scene stopped: a recording that has ended, or a player that hangs",
            "give it a longer scene, or loop=1",
        )
    if finding.check in (SelfTestCheck.SAMPLE_RATE, SelfTestCheck.LOST_SAMPLES, SelfTestCheck.CAPTURE_TIME):
        return "this computer is too busy to play the scene in time", _BUSY[1]
    return _CAUSES.get(finding.check, ("", ""))


def _bus_cause(finding: Finding, sensor: str) -> Cause:
    what = _BUS_LINES.get(finding.measured, "does not behave")
    if sensor != "camera":
        return f"{('SCL', 'SDA')[finding.index & 1]} of the board's own sensors {what}", _ON_BOARD
    line = line_name(finding.check, finding.index)
    if finding.measured == LineState.OPEN:
        return (
            f"{line} {what}",
            f"check 3V3 and the wire {wire(finding.check, finding.index)}; a module without pull-ups needs 4.7 kΩ "
            f"from {line} to 3V3",
        )
    return f"{line} {what}", f"check the wire {wire(finding.check, finding.index)}; unplug the board for ten seconds"


def _line_cause(finding: Finding) -> Cause:
    line, ends = line_name(finding.check, finding.index), wire(finding.check, finding.index)
    other = line_name(finding.check, finding.other)
    causes: dict[int, Cause] = {
        LineState.OPEN: (f"{line} never changes: nothing is connected to it", f"check the wire {ends}; {_SEAT}"),
        LineState.LOW: (f"{line} is always low: it touches GND, or the camera does not drive it", f"check {ends}"),
        LineState.HIGH: (f"{line} is always high: it touches 3.3 V, or the camera does not drive it", f"check {ends}"),
        LineState.SHORTED: (f"{line} and {other} are one: they touch each other", f"look at both ends of {ends}"),
        LineState.EXCHANGED: (
            f"{line} carries what belongs on {other}",
            f"exchange these wires: {ends}, {wire(finding.check, finding.other)}",
        ),
    }
    return causes.get(finding.measured, (f"{line} does not behave", f"check the wire {ends}"))
