"""A board's cost of listening: to preprocess each stride of sound, and to run the model on the window up to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DeviceError
from tinyhost.metrics.spread import Spread
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.protocol.status import Status
from tinyhost.tasks.findings import Listening

if TYPE_CHECKING:
    from tinyhost.device import Device, FedResult

__all__ = ["BUDGET_PER_S", "measure_listening", "summarize_listening"]

BUDGET_PER_S = 64_000_000
"""Instructions that the nRF52840 at 64 MHz could run in a second, if each took one cycle."""

_NS_PER_S = 1_000_000_000
_MICROPHONE_HZ = 16_000
_SECONDS = 3
_SEED = 1


def measure_listening(device: Device) -> Listening | None:
    """Return the costs over three seconds of noise; None if the active model is not for the app's microphone."""
    try:
        results = list(device.feed([_noise()], rate_hz=_MICROPHONE_HZ))
    except DeviceError as error:
        if error.status in (Status.MODEL_MISMATCH, Status.UNSUPPORTED):
            return None
        raise
    return summarize_listening(results, rate_hz=_MICROPHONE_HZ, unit=device.info.tick_unit)


def _noise() -> NDArray[np.int16]:
    """Return white noise at a quarter of full scale, from a fixed seed."""
    n_samples = _SECONDS * _MICROPHONE_HZ
    return (np.frombuffer(pattern_bytes(_SEED, 2 * n_samples), "<i2") // 4).astype(np.int16)


def summarize_listening(results: list[FedResult], *, rate_hz: float, unit: str) -> Listening | None:
    """Return the costs from the results of samples that were fed without a break; None from fewer than two.

    The first result, which has the strides of a whole window, only tells where the second one's begin.
    """
    if len(results) < 2:
        return None
    rest = results[1:]
    n_strides = sum(each.prediction.n_strides for each in rest)
    seconds = (rest[-1].prediction.position - results[0].prediction.position) / rate_hz
    strides_per_s, inferences_per_s = n_strides / seconds, len(rest) / seconds
    per_stride = Spread.of([each.prediction.preprocess_ticks // each.prediction.n_strides for each in rest])
    invoke = Spread.of([each.prediction.invoke_ticks for each in rest])
    per_s = round(strides_per_s * per_stride.median + inferences_per_s * invoke.median)
    budget_per_s = _NS_PER_S if unit == "ns" else BUDGET_PER_S
    return Listening(
        unit=unit,
        strides_per_s=strides_per_s,
        inferences_per_s=inferences_per_s,
        per_stride=per_stride,
        invoke=invoke,
        per_s=per_s,
        budget_per_s=budget_per_s,
        busy_share=per_s / budget_per_s,
    )
