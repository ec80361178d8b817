"""What a board's model was unsure of while no computer was there, into a data set."""

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
    """the label with the highest smoothed score; `normal` or `anomaly` of an app that raises alarms"""
    margin: float
    """how far the second best score was below the best; for an alarm, between score and threshold"""
    scores: Mapping[str, float]
    """by label; of an app that raises alarms, its `score`"""


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
    """samples that the board gave up for newer ones, or because another model was loaded"""
    room: int
    """most samples that the board keeps; 0: it does not know before the first one"""
    margin: float
    """from now on, samples with a smaller margin are kept; 0: none"""
    cleared: bool
    """whether the samples were erased on the board"""


def collect(device: Device, store: DatasetStore, origin: Origin, *, clear: bool) -> CollectDocument:
    """Store what a device keeps; return it. clear: erase it there, once all is stored.

    store: opened with `once`, so that what was collected before is not stored again. Raises UsageError if the app keeps
    nothing, DatasetError, LinkError, DeviceError.
    """
    setting = _setting_of(device)
    active = next((slot for slot in device.models() if slot.active), None)
    model, kept = device.active_model(), device.unsure()
    now, uptime_us = datetime.now(timezone.utc), device.ping().uptime_us
    sha256 = active.sha256.hex() if active else ""
    found = []
    for sample in kept.samples:
        taken = (now - timedelta(microseconds=max(0, uptime_us - sample.time_us))).isoformat(timespec="milliseconds")
        answer = _answer(device, model, sample, sha256, taken)
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
        model=model.name if model else "",
        model_sha256=sha256,
        samples=tuple(found),
        overwritten=kept.n_unsure - len(kept.samples),
        room=kept.n_room,
        margin=setting.value * _unit(device, model),
        cleared=clear,
    )


def set_margin(device: Device, margin: float) -> None:
    """Let a device keep what its model is less sure of, for good, through power loss too; 0: nothing.

    Raises UsageError if it cannot.
    """
    info, unit = _setting_of(device), _unit(device, device.active_model())
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


def _raises_alarms(device: Device, model: ModelImage | None) -> bool:
    return live_form(device.info, device.settings(), model.output if model else None).result == "alarm"


def _unit(device: Device, model: ModelImage | None) -> float:
    """Return the real value of one unit of the setting."""
    if _raises_alarms(device, model):
        return 1.0 / ONE
    return model.output.scale if model and model.output.scale else 1.0 / (_MAX_BYTE_MARGIN + 1)


def _answer(device: Device, model: ModelImage | None, sample: KeptSample, sha256: str, taken: str) -> UnsureAnswer:
    name, unit = model.name if model else "", _unit(device, model)
    if _raises_alarms(device, model):
        threshold = device.settings()["threshold"].value
        proposed, scores = "normal" if sample.score < threshold else "anomaly", {"score": sample.score / ONE}
    else:
        labels = [*(model.labels if model else ())]
        labels += [f"class {index}" for index in range(len(labels), max(len(sample.scores), sample.top + 1))]
        zero_point = model.output.zero_point if model else 0
        real = ((score - zero_point) * unit for score in sample.scores)
        proposed, scores = labels[sample.top], dict(zip(labels, real, strict=False))
    return UnsureAnswer(
        model=name,
        model_sha256=sha256,
        proposed=proposed,
        margin=sample.margin * unit,
        scores=scores,
        time=taken,
    )
