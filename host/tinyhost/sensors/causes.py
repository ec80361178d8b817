"""What a failed check means, and what to do about it."""

from __future__ import annotations

from tinyhost.protocol.self_test import Finding, LineState, SelfTestCheck
from tinyhost.protocol.status import Status
from tinyhost.sensors.sensor import ACCELEROMETER, SEAT_ADVICE, SOLDERED_ADVICE, Cause, Sensor
from tinyhost.sensors.wiring import line_name, wire

__all__ = ["cause_of"]

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
    SelfTestCheck.SAMPLE_RATE: ("it does not keep its rate: its clock is wrong", SOLDERED_ADVICE),
    SelfTestCheck.LOST_SAMPLES: _BUSY,
    SelfTestCheck.OFFSET: ("the sound is far from zero: loud sounds will be cut on one side", SOLDERED_ADVICE),
    SelfTestCheck.NOISE: ("there is no sound at all, not even noise: the microphone is dead", SOLDERED_ADVICE),
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
    SelfTestCheck.CHIP: ACCELEROMETER.absent,
    SelfTestCheck.GRAVITY: (
        "at rest it should measure 1 g, whichever way it lies",
        "test again, without touching the table; if it stays so, the accelerometer is out of order",
    ),
}
_SOLDERED_CAUSES: dict[int, Cause] = {
    SelfTestCheck.IDENTITY: ("another chip answers than this board has", SOLDERED_ADVICE),
    SelfTestCheck.REGISTERS: ("what is written to the chip does not come back", SOLDERED_ADVICE),
}
_UNKNOWN: Cause = ("this version of tinyhost does not know this check", "update tinyhost")
_BUS_LINES: dict[int, str] = {
    LineState.OPEN: "has no pull-up: it stays where it is left",
    LineState.LOW: "is held low: it touches GND, or a chip hangs",
}


def cause_of(finding: Finding, sensor: Sensor, *, virtual: bool) -> Cause:
    """Return what a failure means, and what to do; on a virtual board it is the scene's or this computer's."""
    if virtual:
        return _virtual_cause(finding, sensor)
    if finding.status == Status.NO_SENSOR:
        return sensor.absent
    if finding.status == Status.SENSOR_TIMEOUT:
        return sensor.stopped
    if finding.check == SelfTestCheck.BUS_LINE:
        return _bus_cause(finding, sensor)
    if finding.check in (SelfTestCheck.SYNC_LINE, SelfTestCheck.DATA_LINE):
        return _line_cause(finding)
    causes = {**_CAUSES, **_SOLDERED_CAUSES} if sensor.soldered else _CAUSES
    return causes.get(finding.check, _UNKNOWN)


def _virtual_cause(finding: Finding, sensor: Sensor) -> Cause:
    if finding.status == Status.NO_SENSOR:
        return f"no scene plays to the board's {sensor.name}", f"give it one: --scene {sensor.scene}"
    if finding.status == Status.SENSOR_TIMEOUT:
        return (
            "the scene stopped: a recording that has ended, or a player that hangs",
            "give it a longer scene, or loop=1",
        )
    if finding.check in (SelfTestCheck.SAMPLE_RATE, SelfTestCheck.LOST_SAMPLES, SelfTestCheck.CAPTURE_TIME):
        return "this computer is too busy to play the scene in time", _BUSY[1]
    return _CAUSES.get(finding.check, ("", ""))


def _bus_cause(finding: Finding, sensor: Sensor) -> Cause:
    what = _BUS_LINES.get(finding.measured, "does not behave")
    if sensor.soldered:
        return f"{('SCL', 'SDA')[finding.index & 1]} of the board's own sensors {what}", SOLDERED_ADVICE
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
        LineState.OPEN: (f"{line} never changes: nothing is connected to it", f"check the wire {ends}; {SEAT_ADVICE}"),
        LineState.LOW: (f"{line} is always low: it touches GND, or the camera does not drive it", f"check {ends}"),
        LineState.HIGH: (f"{line} is always high: it touches 3.3 V, or the camera does not drive it", f"check {ends}"),
        LineState.SHORTED: (f"{line} and {other} are one: they touch each other", f"look at both ends of {ends}"),
        LineState.EXCHANGED: (
            f"{line} carries what belongs on {other}",
            f"exchange these wires: {ends}, {wire(finding.check, finding.other)}",
        ),
    }
    return causes.get(finding.measured, (f"{line} does not behave", f"check the wire {ends}"))
