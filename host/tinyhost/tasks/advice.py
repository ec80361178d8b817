"""What to do about a prediction that is none."""

from __future__ import annotations

from tinyhost.device.refusals import status_hint
from tinyhost.protocol.status import Status
from tinyhost.tasks.live import MonitorHeader, Reading

__all__ = ["advice"]

_SCENES = {
    "camera": "--scene FOLDER, with pictures in it",
    "microphone": "--scene speech:yes,no",
    "accelerometer": "--scene machine:",
}
_VIRTUAL = ("native", "m4")
_SENSOR_FAILED = (Status.NO_SENSOR, Status.SENSOR_TIMEOUT)


def advice(reading: Reading, header: MonitorHeader) -> str:
    """Return the next action for someone whose board does not predict; "" if it does, or nothing is known to help."""
    status = Status.__members__.get(reading.status.upper())
    if status is None or status == Status.OK:
        return ""
    if status not in _SENSOR_FAILED:
        return status_hint(status)
    if header.board in _VIRTUAL and not header.scene:
        return f"nothing is there for its {header.sensor}: {_SCENES.get(header.sensor, '--scene')}"
    return f"check the {header.sensor}'s seat and cables" if header.board not in _VIRTUAL else "look at the scene"
