"""Sensors: the properties of each, its self-test's findings in words, and the assessment of its data."""

from __future__ import annotations

from tinyhost.sensors.findings import CheckResult, explain
from tinyhost.sensors.motion import MotionQuality
from tinyhost.sensors.picture import PictureQuality
from tinyhost.sensors.quality import SampleQuality, SensorQuality
from tinyhost.sensors.remarks import Remark
from tinyhost.sensors.sensor import (
    ACCELEROMETER,
    CAMERA,
    MICROPHONE,
    SENSORS,
    Sensor,
    sensor_of_code,
    sensor_of_option,
)
from tinyhost.sensors.sound import SoundQuality

__all__ = [
    "ACCELEROMETER",
    "CAMERA",
    "MICROPHONE",
    "SENSORS",
    "CheckResult",
    "MotionQuality",
    "PictureQuality",
    "Remark",
    "SampleQuality",
    "Sensor",
    "SensorQuality",
    "SoundQuality",
    "explain",
    "sensor_of_code",
    "sensor_of_option",
]
