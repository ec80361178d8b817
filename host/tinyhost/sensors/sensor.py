"""The sensors and their properties, independent of the task."""

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
"""cause of a failure, remedy"""

SEAT_ADVICE = "press board and camera firmly into their sockets"
SOLDERED_ADVICE = (
    "it is soldered to the board: unplug the board for ten seconds; if that does not help, the board is defective"
)


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """One kind of sensor."""

    name: str
    """name in sentences and documents: camera, microphone, accelerometer"""
    option: str
    """name for --sensor and `tinyhost doctor`"""
    code: SensorKind
    stream: StreamId
    """stream of its raw data"""
    verb: str
    """its verb in sentences: the camera `sees`"""
    scene: str
    """an example of what --scene takes for it"""
    soldered: bool
    """whether it is soldered to the board, without wires to check"""
    absent: Cause
    """cause if a real board's sensor does not answer"""
    stopped: Cause
    """cause if a real board's sensor answers, but then gives no data"""
    quality: type[SensorQuality]
    """the class that assesses its data"""


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
    """Return the sensor of this name for --sensor. Raises UsageError if there is none."""
    for sensor in SENSORS:
        if sensor.option == option:
            return sensor
    known = ", ".join(sensor.option for sensor in SENSORS)
    raise UsageError(f"there is no sensor {option!r}", hint=f"one of: {known}")


def sensor_of_code(code: int) -> Sensor | None:
    """Return the sensor of a board's code; None for one that this version does not know."""
    return next((sensor for sensor in SENSORS if sensor.code == code), None)
