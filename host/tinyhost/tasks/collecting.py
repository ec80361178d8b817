"""Collection of the samples that a board kept because its model was unsure of them, into a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tinyhost.datasets.capture.unsure import UnsureAnswer, store_unsure
from tinyhost.errors import UsageError
from tinyhost.motion.score import ONE
from tinyhost.tasks.on_device import live_form

if TYPE_CHECKING:
    from tinyhost.compiler import ModelImage
    from tinyhost.datasets.origin import Origin
    from tinyhost.datasets.store import DatasetStore
    from tinyhost.device import Device
    from tinyhost.device.unsure import KeptSample
    from tinyhost.protocol.messages import SettingInfo

__all__ = ["CollectDocument", "CollectedSample", "collect", "set_margin"]

SETTING = "unsure_margin"
_MAX_BYTE_MARGIN = 255


@dataclass(frozen=True, kw_only=True)
class CollectedSample:
    """One sample."""

    file: str
    """in the data set"""
    taken: str
    """UTC, ISO 8601"""
    proposed: str
    """the label with the highest smoothed score; `normal` or `anomaly` for an app that raises alarms"""
    margin: float
    """distance between the best score and the second best; for an alarm, between score and threshold"""
    scores: Mapping[str, float]
    """by label; for an app that raises alarms, its `score`"""


@dataclass(frozen=True, kw_only=True)
class CollectDocument:
    """`tinyhost collect SET --json FILE`."""

    schema: Literal["tinyhost.collect/1"] = "tinyhost.collect/1"
    data: Path
    """folder of the data set"""
    model: str
    """its name; empty if the board has none"""
    model_sha256: str
    """of the model image, hex"""
    samples: tuple[CollectedSample, ...]
    """the oldest first"""
    overwritten: int
    """samples that were dropped for newer ones, or because another model was loaded"""
    room: int
    """maximum number of samples that the board keeps; 0 before the first one: not known yet"""
    margin: float
    """samples with a smaller margin are kept from now on; 0: none"""
    cleared: bool
    """whether the samples were erased on the board"""


def collect(device: Device, store: DatasetStore, origin: Origin, *, clear: bool) -> CollectDocument:
    """Store the samples that a device kept; return their document.

    clear: erase them on the device, once all are stored. store: opened with `once`, so that no sample is stored twice.
    Raises UsageError if the app keeps nothing, DatasetError, LinkError, DeviceError.
    """
    model, setting, kept = _Model.of(device), _setting_of(device), device.unsure()
    now, uptime_us = datetime.now(timezone.utc), device.ping().uptime_us
    found = []
    for sample in kept.samples:
        taken = (now - timedelta(microseconds=max(0, uptime_us - sample.time_us))).isoformat(timespec="milliseconds")
        answer = model.answer(sample, taken)
        n_before_us = round(1e6 * sample.values.shape[0] / kept.rate_hz) if kept.rate_hz else 0
        stored = store_unsure(
            store,
            sample.values,
            origin,
            answer,
            timestamp_us=max(0, sample.time_us - n_before_us),
            rate_hz=kept.rate_hz,
            scale=kept.scale,
            frame_index=-1 if kept.rate_hz else sample.position,
        )
        found.append(
            CollectedSample(
                file=stored.file,
                taken=taken,
                proposed=answer.proposed,
                margin=answer.margin,
                scores=answer.scores,
            )
        )
    if clear:
        device.clear_unsure()
    return CollectDocument(
        data=store.root,
        model=model.name,
        model_sha256=model.sha256,
        samples=tuple(found),
        overwritten=kept.n_unsure - len(kept.samples),
        room=kept.n_room,
        margin=setting.value * model.unit,
        cleared=clear,
    )


def set_margin(device: Device, margin: float) -> None:
    """Set the margin below which a device keeps samples, stored through power loss; 0: keep none.

    Raises UsageError if it cannot.
    """
    info, unit = _setting_of(device), _Model.of(device).unit
    least = 1 if margin > 0 else 0
    device.set_setting(SETTING, min(info.maximum, max(least, round(margin / unit))), persist=True)


def _setting_of(device: Device) -> SettingInfo:
    found = device.settings().get(SETTING)
    if found is None:
        raise UsageError(
            f"{device.name}: its app {device.info.app} keeps no samples",
            hint=f"flash the firmware of this version: tinyhost flash {device.info.app}",
        )
    return found


@dataclass(frozen=True, kw_only=True)
class _Model:
    """The active model, read once: it tells the units of the samples' scores."""

    image: ModelImage | None
    sha256: str
    """of the image, hex; empty without one"""
    alarm_threshold: int | None
    """threshold of an app that raises alarms, in Q16; None: its samples have classes"""

    @classmethod
    def of(cls, device: Device) -> _Model:
        image, settings = device.active_model(), device.settings()
        form = live_form(device.info, settings, image.output if image else None)
        return cls(
            image=image,
            sha256=next((slot.sha256.hex() for slot in device.models() if slot.active), ""),
            alarm_threshold=settings["threshold"].value if form.result == "alarm" else None,
        )

    @property
    def name(self) -> str:
        return self.image.name if self.image else ""

    @property
    def unit(self) -> float:
        """The real value of one unit of the setting unsure_margin."""
        if self.alarm_threshold is not None:
            return 1.0 / ONE
        return self.image.output.scale if self.image and self.image.output.scale else 1.0 / (_MAX_BYTE_MARGIN + 1)

    def answer(self, sample: KeptSample, taken: str) -> UnsureAnswer:
        """Return its prediction for a sample, in real units."""
        if self.alarm_threshold is not None:
            proposed = "normal" if sample.score < self.alarm_threshold else "anomaly"
            scores = {"score": sample.score / ONE}
        else:
            labels = [*(self.image.labels if self.image else ())]
            labels += [f"class {index}" for index in range(len(labels), max(len(sample.scores), sample.top + 1))]
            zero_point = self.image.output.zero_point if self.image else 0
            real = ((score - zero_point) * self.unit for score in sample.scores)
            proposed, scores = labels[sample.top], dict(zip(labels, real, strict=False))
        return UnsureAnswer(
            model=self.name,
            model_sha256=self.sha256,
            proposed=proposed,
            margin=sample.margin * self.unit,
            scores=scores,
            time=taken,
        )
