"""The samples that a model is made for, compared with those of a board's sensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import AnomalyParams, KwsParams, Task
from tinyhost.protocol.messages import InfoReply

__all__ = ["ModelSampling", "SensorSampling", "misfit_of", "sampling_of"]

_TOLERANCE = 1 / 32  # kTolerance of firmware/apps/anomaly/anomaly.cpp
_AXES = 3
_MAX_COUNTS_PER_G = 1e9  # the firmware takes no model with more


@dataclass(frozen=True, kw_only=True)
class ModelSampling:
    """The samples that a model has learnt from."""

    rate_hz: float
    """samples per second"""
    n_channels: int
    """values of each: 1 of sound, 3 of motion"""
    counts_per_g: float | None = None
    """of motion"""
    n_coefficients: int = 0
    """of sound: cepstral coefficients (MFCC) that are its features; 0: features of the frontend, or it is motion"""


@dataclass(frozen=True, kw_only=True)
class SensorSampling:
    """The samples that a connected board's sensor gives."""

    chip: str
    """empty: not known, as on a virtual board"""
    rate_hz: float
    n_channels: int
    scale: float
    """of one count: of full scale (microphone), g (accelerometer)"""

    @classmethod
    def of_info(cls, info: InfoReply) -> SensorSampling | None:
        """Return the sampling of a board's sensor; None for a camera, without a sensor, or for old firmware."""
        if not info.sensor_rate_mhz:
            return None
        return cls(
            chip=info.sensor_chip,
            rate_hz=info.sensor_rate_mhz / 1000.0,
            n_channels=info.sensor_channels,
            scale=info.sensor_scale,
        )

    def misfits(self, wanted: ModelSampling) -> Iterator[str]:
        """Yield each thing that a model wants of samples and this sensor does not give, with what it gives."""
        gives = f"the board's {self.chip or 'sensor'} gives"
        if abs(self.rate_hz - wanted.rate_hz) > wanted.rate_hz * _TOLERANCE:
            yield f"wants {wanted.rate_hz:g} samples a second, {gives} {self.rate_hz:g}"
        if self.n_channels != wanted.n_channels:
            yield f"wants {wanted.n_channels} values in a sample, {gives} {self.n_channels}"
        if wanted.counts_per_g is not None and self.scale > 0.0:
            counts_per_g = 1.0 / self.scale
            ratio = counts_per_g / wanted.counts_per_g
            if not 1 / (1 + _TOLERANCE) <= ratio <= 1 + _TOLERANCE:
                yield f"wants {wanted.counts_per_g:,.0f} counts per g, {gives} {counts_per_g:,.0f}"


def sampling_of(image: ModelImage) -> ModelSampling | None:
    """Return the samples that a model is made for; None if it does not say, like a model of pictures."""
    task, data = image.metadata.task, image.task_data
    if task == Task.ANOMALY and len(data) >= AnomalyParams.SIZE:
        motion = AnomalyParams.unpack(data)
        counts_per_g = motion.counts_per_g if 0.0 < motion.counts_per_g < _MAX_COUNTS_PER_G else None
        return ModelSampling(rate_hz=motion.rate_mhz / 1000.0, n_channels=_AXES, counts_per_g=counts_per_g)
    if task == Task.KWS and len(data) >= KwsParams.SIZE:
        sound = KwsParams.unpack(data)
        return ModelSampling(rate_hz=float(sound.sample_rate_hz), n_channels=1, n_coefficients=sound.n_coefficients)
    return None


def misfit_of(wanted: ModelSampling | None, given: SensorSampling | None) -> str:
    """Return how a board's samples differ from those that a model is made for; "" if they do not, or if it is not
    known.
    """
    return "; it ".join(given.misfits(wanted)) if wanted and given else ""
