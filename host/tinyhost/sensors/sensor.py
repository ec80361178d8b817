"""The sensors there are, and what is true of each, whatever task uses it."""

from __future__ import annotations

from dataclasses import dataclass

from tinyhost.errors import UsageError
from tinyhost.protocol.messages import SensorKind, StreamId
from tinyhost.sensors.motion import MotionQuality
from tinyhost.sensors.picture import PictureQuality
from tinyhost.sensors.quality import SensorQuality
from tinyhost.sensors.sound import SoundQuality

__all__ = [
    "ACCELEROMETER",
    "CAMERA",
    "MICROPHONE",
    "SEAT_ADVICE",
    "SENSORS",
    "SOLDERED_ADVICE",
    "Cause",
    "Sensor",
    "sensor_of_code",
    "sensor_of_option",
]

Cause = tuple[str, str]
"""what a failure means, what to do about it"""

SEAT_ADVICE = "press board and camera firmly into their sockets"
SOLDERED_ADVICE = (
    "it is soldered to the board: unplug the board for ten seconds; if that does not help, the board is defective"
)


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """One kind of sensor."""

    name: str
    """in sentences and documents: camera, microphone, accelerometer"""
    option: str
    """what --sensor and `tinyhost doctor` call it"""
    code: SensorKind
    stream: StreamId
    """of what it gives, unchanged"""
    verb: str
    """what it does: the camera `sees`"""
    scene: str
    """an example of what --scene takes for it"""
    soldered: bool
    """to the board: there are no wires to look at"""
    absent: Cause
    """what it means if a real board's sensor does not answer"""
    stopped: Cause
    """what it means if a real board's sensor answers, and then gives nothing more"""
    quality: type[SensorQuality]
    """the class that judges what it gives"""


CAMERA = Sensor(
    name="camera",
    option="camera",
    code=SensorKind.CAMERA,
    stream=StreamId.CAMERA,
    verb="sees",
    scene="pictures/",
    soldered=False,
    absent=(
        "the camera does not answer on its bus",
        f"{SEAT_ADVICE}; with wires: 3V3 and GND, XCLK (camera XCLK to board D9: it answers only with a clock), PWDN "
        "to GND, RESET to 3V3, then SIOC (A5) and SIOD (A4)",
    ),
    stopped=(
        "the camera answers, but no complete frame arrived",
        "see the sync lines: VSYNC (D8), HREF (A1), PCLK (A0)",
    ),
    quality=PictureQuality,
)
MICROPHONE = Sensor(
    name="microphone",
    option="mic",
    code=SensorKind.MICROPHONE,
    stream=StreamId.SAMPLES,
    verb="hears",
    scene="speech:yes,no",
    soldered=True,
    absent=("the microphone gives no samples", SOLDERED_ADVICE),
    stopped=("the microphone stopped", SOLDERED_ADVICE),
    quality=SoundQuality,
)
ACCELEROMETER = Sensor(
    name="accelerometer",
    option="imu",
    code=SensorKind.ACCELEROMETER,
    stream=StreamId.SAMPLES,
    verb="measures",
    scene="machine:",
    soldered=True,
    absent=("neither an LSM9DS1 (revision 1) nor a BMI270 (revision 2) answers", SOLDERED_ADVICE),
    stopped=("the accelerometer stopped", SOLDERED_ADVICE),
    quality=MotionQuality,
)
SENSORS = (CAMERA, MICROPHONE, ACCELEROMETER)


def sensor_of_option(option: str) -> Sensor:
    """Return the sensor that --sensor calls so. Raises UsageError if there is none."""
    for sensor in SENSORS:
        if sensor.option == option:
            return sensor
    known = ", ".join(sensor.option for sensor in SENSORS)
    raise UsageError(f"there is no sensor {option!r}", hint=f"one of: {known}")


def sensor_of_code(code: int) -> Sensor | None:
    """Return the sensor that a board says it has; None of one that this version does not know."""
    return next((sensor for sensor in SENSORS if sensor.code == code), None)
