"""The cause of a failed check, and its remedy."""

from __future__ import annotations

from tinyhost.protocol.self_test import Finding, LineState, SelfTestCheck
from tinyhost.protocol.status import Status
from tinyhost.sensors.sensor import ACCELEROMETER, SEAT_ADVICE, SOLDERED_ADVICE, Cause, Sensor
from tinyhost.sensors.wiring import line_name, wire

__all__ = ["cause_of"]

_WRONG_CLOCK = (
    "the camera's clock is wrong",
    "check XCLK (camera XCLK to board D9): a long or loose wire loses edges",
)
_BUSY = (
    "the board was delayed while it was listening",
    "run the test again, with nothing else running on this computer",
)
_DEFLECTED: Cause = (
    "the chip deflects its own masses but does not measure the expected values",
    "test again with the board lying still on the table; if the result is the same, the accelerometer is defective",
)
_CAUSES: dict[int, Cause] = {
    SelfTestCheck.DEFLECTION: _DEFLECTED,
    SelfTestCheck.DEFLECTION_SIZE: _DEFLECTED,
    SelfTestCheck.CAPTURE: ("not every frame was complete", "check the sync lines, and use shorter wires"),
    SelfTestCheck.START_TIME: ("the sensor takes too long to settle", "run the test again"),
    SelfTestCheck.SAMPLE_RATE: ("its sample rate is wrong: its clock is off", SOLDERED_ADVICE),
    SelfTestCheck.LOST_SAMPLES: _BUSY,
    SelfTestCheck.OFFSET: ("the sound has a large offset: loud sounds will be clipped on one side", SOLDERED_ADVICE),
    SelfTestCheck.NOISE: ("there is no sound at all, not even noise: the microphone is dead", SOLDERED_ADVICE),
    SelfTestCheck.CLIPPED: ("the sound exceeds the measuring range", "test again in a quiet room"),
    SelfTestCheck.IDENTITY: ("a different chip answers at that address", "use an OV7675 or an OV7670 camera"),
    SelfTestCheck.REGISTERS: (
        "the chip's registers do not read back what was written: the bus is disturbed",
        "make the wires of SIOC (A5) and SIOD (A4) shorter, 10 cm at most, and check their pull-ups to 3.3 V",
    ),
    SelfTestCheck.FRAME_ROWS: ("frames do not have 120 rows: edges of VSYNC or HREF are lost", "shorter wires"),
    SelfTestCheck.FRAME_PERIOD: _WRONG_CLOCK,
    SelfTestCheck.ROW_PERIOD: _WRONG_CLOCK,
    SelfTestCheck.ROW_ACTIVE: _WRONG_CLOCK,
    SelfTestCheck.PATTERN: (
        "the bars of the test pattern do not arrive as sent",
        "check the data lines; if all are good, PCLK (camera PCLK to board A0) is disturbed: use a shorter wire",
    ),
    SelfTestCheck.PATTERN_REPEATS: (
        "the test pattern differs each time: crosstalk between wires causes speckles",
        "use wires of at most 10 cm, keep PCLK (A0) apart from the others, and add a second GND wire",
    ),
    SelfTestCheck.CHIP: ACCELEROMETER.absent,
    SelfTestCheck.GRAVITY: (
        "at rest it should measure 1 g, whichever way it lies",
        "test again without touching the table; if the result is the same, the accelerometer is defective",
    ),
    SelfTestCheck.ROTATION: (
        "at rest the gyroscope should measure next to no rotation",
        "test again without touching the table; if the result is the same, the gyroscope is defective",
    ),
}
_SOLDERED_CAUSES: dict[int, Cause] = {
    SelfTestCheck.IDENTITY: ("a different chip answers than this board should have", SOLDERED_ADVICE),
    SelfTestCheck.REGISTERS: ("the chip's registers do not read back what was written", SOLDERED_ADVICE),
}
_UNKNOWN: Cause = ("this version of tinyhost does not know this check", "update tinyhost")
_BUS_LINES: dict[int, str] = {
    LineState.OPEN: "has no pull-up",
    LineState.LOW: "is held low: it is shorted to GND, or a chip hangs",
}


def cause_of(finding: Finding, sensor: Sensor, *, virtual: bool) -> Cause:
    """Return the cause of a failure and its remedy; on a virtual board it lies in the scene or this computer."""
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
            "the scene stopped: the recording has ended, or the player hangs",
            "use a longer scene, or loop=1",
        )
    if finding.check in (SelfTestCheck.SAMPLE_RATE, SelfTestCheck.LOST_SAMPLES, SelfTestCheck.CAPTURE_TIME):
        return "this computer is too busy to play the scene in time", _BUSY[1]
    return _CAUSES.get(finding.check, ("", ""))


def _bus_cause(finding: Finding, sensor: Sensor) -> Cause:
    what = _BUS_LINES.get(finding.measured, "is faulty")
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
        LineState.OPEN: (f"{line} never changes: it is not connected", f"check the wire {ends}; {SEAT_ADVICE}"),
        LineState.LOW: (
            f"{line} is always low: it is shorted to GND, or the camera does not drive it",
            f"check {ends}",
        ),
        LineState.HIGH: (
            f"{line} is always high: it is shorted to 3.3 V, or the camera does not drive it",
            f"check {ends}",
        ),
        LineState.SHORTED: (f"{line} and {other} are shorted together", f"check both ends of {ends}"),
        LineState.EXCHANGED: (
            f"{line} carries the signal of {other}",
            f"exchange these wires: {ends}, {wire(finding.check, finding.other)}",
        ),
    }
    return causes.get(finding.measured, (f"{line} is faulty", f"check the wire {ends}"))
