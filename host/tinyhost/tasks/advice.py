"""The next step for a board that makes no predictions."""

from __future__ import annotations

from tinyhost.device.refusals import status_hint
from tinyhost.protocol.status import Status
from tinyhost.tasks.live import LiveHeader, Reading

__all__ = ["advice"]

_SENSOR_FAILED = (Status.NO_SENSOR, Status.SENSOR_TIMEOUT)


def advice(reading: Reading, header: LiveHeader) -> str:
    """Return the next step if a board makes no predictions; "" if it does, or if no remedy is known."""
    status = Status.__members__.get(reading.status.upper())
    if status is None or status == Status.OK:
        return ""
    if header.misfit and status in (Status.SAMPLE_RATE, Status.SAMPLE_SCALE):
        return f"the model {header.model} {header.misfit}: {header.misfit_hint}"
    if status not in _SENSOR_FAILED:
        return status_hint(status)
    sensor = header.sensor
    if header.is_virtual:
        if header.scene or sensor is None:
            return "check the scene"
        return f"no scene plays for its {sensor.name}; choose one: --scene {sensor.scene}"
    return f"check the {sensor.name if sensor else 'sensor'}'s seat and cables"
