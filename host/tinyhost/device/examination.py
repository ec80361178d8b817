"""The examination of a board's sensor: the results of its self-test, and remarks on its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tinyhost.device.self_test import TestProgress
from tinyhost.device.stream_items import FrameItem, SamplesItem, StreamItem
from tinyhost.protocol.faults import FaultRecord, fault_of
from tinyhost.sensors import (
    CheckResult,
    PictureQuality,
    Remark,
    SampleQuality,
    Sensor,
    SensorQuality,
    explain,
)
from tinyhost.sensors.motion import MotionReport
from tinyhost.sensors.picture import PictureReport
from tinyhost.sensors.sound import SoundReport

if TYPE_CHECKING:
    from tinyhost.device.device import Device

__all__ = ["Examination", "SensorCheckDocument", "SensorDataDocument", "observe_sensor", "self_test_results"]

_VIRTUAL_PERIOD_MS = 60
"""Shortest period between a virtual board's frames: its scene could give them faster than they can be analysed."""
_TICK_S, _LEAST_S = 0.1, 0.01
_FIRST_S = 10.0
"""A sensor without data for this long counts as silent."""
_GIVES_NOTHING = ("no_sensor", "sensor_timeout")


@dataclass(frozen=True, kw_only=True)
class SensorDataDocument:
    """The sensor's data, and remarks on it."""

    seconds: float
    """time during which the sensor was watched"""
    items: int
    """number of pictures or samples"""
    remarks: list[Remark]
    """remarks, the worst first"""
    camera: PictureReport | None = None
    microphone: SoundReport | None = None
    accelerometer: MotionReport | None = None


@dataclass(frozen=True, kw_only=True)
class SensorCheckDocument:
    """`tinyhost doctor camera|mic|imu --json FILE`.

    Exits 1 if a check failed, or a remark is `bad`; 2 if the app on the board has another sensor.
    """

    schema: Literal["tinyhost.sensor_check/1"] = "tinyhost.sensor_check/1"
    ok: bool
    """whether no check failed and no remark is `bad`"""
    board: str
    """the type: `native`, `m4`, `nano33emu`, `nano33ble`"""
    name: str
    """the name for `--board`"""
    revision: str
    """hardware revision of the board; empty if it has none"""
    app: str
    firmware_version: str
    build_id: str
    sensor: str
    """`camera`, `mic`, `imu`"""
    scene: str | None
    """the scene as given"""
    fault: FaultRecord | None
    """what last stopped the firmware since the board was powered on; null if nothing did, or the board keeps no
    record"""
    checks: list[CheckResult]
    """the results of the board's self-test, in its order"""
    seen: SensorDataDocument | None
    """the sensor's data; null without a sensor, or with `--seconds 0`"""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """The results of an examination."""

    sensor: Sensor
    seconds: float
    results: list[CheckResult]
    quality: SensorQuality | None
    """None if the sensor is missing, or was not watched"""

    @property
    def remarks(self) -> list[Remark]:
        """The remarks on the sensor's data."""
        return self.quality.remarks() if self.quality is not None else []

    @property
    def faults(self) -> list[tuple[str, str]]:
        """The faults, with a remedy for each."""
        failed = [(result.meaning or result.title, result.action) for result in self.results if result.failed]
        return failed + [(remark.text, remark.action) for remark in self.remarks if remark.level == "bad"]

    def document(self, device: Device, *, board: str, scene: str | None) -> SensorCheckDocument:
        """Return the JSON document."""
        info = device.info
        return SensorCheckDocument(
            ok=not self.faults,
            board=info.board,
            name=board,
            revision=info.revision,
            app=info.app,
            firmware_version=info.firmware_version,
            build_id=info.build_id,
            sensor=self.sensor.option,
            scene=scene,
            fault=fault_of(info),
            checks=self.results,
            seen=self._data(),
        )

    def _data(self) -> SensorDataDocument | None:
        if self.quality is None:
            return None
        report: dict[str, Any] = {self.sensor.name: self.quality.report()}
        return SensorDataDocument(seconds=self.seconds, items=self.quality.n_items, remarks=self.remarks, **report)


def self_test_results(device: Device, sensor: Sensor, *, virtual: bool, progress: TestProgress) -> list[CheckResult]:
    """Return the results of the device's self-test of its sensor, in words. virtual: a scene takes the sensor's place.

    Raises DeviceError if the firmware has no self-test, or a stream is on.
    """
    return [explain(finding, sensor, virtual=virtual) for finding in device.self_test(progress)]


def observe_sensor(
    device: Device,
    sensor: Sensor,
    results: list[CheckResult],
    *,
    seconds: float,
    virtual: bool,
    on_news: Callable[[SensorQuality], None],
) -> SensorQuality | None:
    """Return an assessment of some seconds of the sensor's data; None if the self-test found no sensor, or for 0 s.

    The seconds are in the board's time, from the first item, which is given a longer time to arrive. on_news: called
    about ten times a second with the assessment so far.
    """
    if seconds <= 0 or any(result.status in _GIVES_NOTHING for result in results):
        return None
    quality = sensor.quality()
    with device.stream(sensor.stream, period_ms=_VIRTUAL_PERIOD_MS if virtual else 0) as items:
        end_s = device.now_s() + max(seconds, _FIRST_S)
        while (left_s := end_s - device.now_s()) > 0:
            item = items.get(max(_LEAST_S, min(_TICK_S, left_s)))
            if item is not None and not quality.n_items:
                end_s = device.now_s() + seconds
            while item is not None:
                _add(quality, item)
                item = items.get(0)
            on_news(quality)
    return quality


def _add(quality: SensorQuality, item: StreamItem) -> None:
    """Add an item to the assessment of its kind."""
    if isinstance(item, FrameItem) and isinstance(quality, PictureQuality):
        quality.add(item.pixels, frame_index=item.frame_index, timestamp_us=item.timestamp_us)
    elif isinstance(item, SamplesItem) and isinstance(quality, SampleQuality):
        quality.add(
            item.samples,
            position=item.position,
            timestamp_us=item.timestamp_us,
            rate_hz=item.rate_hz,
            lost=item.lost,
            scale=item.scale,
        )
