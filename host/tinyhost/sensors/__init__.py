"""Whether a board's sensor is well: its self-test's findings in words, and a judgement of what it sees."""

from __future__ import annotations

from tinyhost.sensors.findings import CheckResult, Sensor, explain
from tinyhost.sensors.motion import MotionSight
from tinyhost.sensors.picture import PictureSight
from tinyhost.sensors.remarks import Remark
from tinyhost.sensors.sound import SoundSight

__all__ = ["CheckResult", "MotionSight", "PictureSight", "Remark", "Sensor", "Sight", "SoundSight", "explain"]

Sight = PictureSight | SoundSight | MotionSight
