"""What a compiled model carries beside the network: its task, labels, and the defaults of the app that runs it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.compiler.tensor_info import TensorInfo
from tinyhost.errors import UsageError

__all__ = [
    "BACKGROUND",
    "AppDefaults",
    "WakeDefaults",
    "guess_task",
    "pixel_map",
    "streaming_params",
    "threshold_units",
    "with_background",
]

BACKGROUND = "background"
"""Label of a heat map's class 0, where it was given none."""
_MAX_OBJECT_CLASSES = 16
_MIN_CELL_PIXELS = 2
_STREAMED_CHANNELS = 40
"""Features of one stride, as TFLM's audio frontend gives them."""


@dataclass(frozen=True, kw_only=True)
class WakeDefaults:
    """When a cascade's second network runs.

    threshold: real value of the first network's wake score from which on it does.
    hold_ms: for how long it runs on after such a score.
    """

    threshold: float
    hold_ms: int


@dataclass(frozen=True, kw_only=True)
class AppDefaults:
    """Defaults that an app starts with; a device's own settings may override them.

    target_label: index of the label whose detection counts; None: the last.
    threshold: real value of the output above which the target counts as detected.
    smoothing: number of results to average.
    pixel_range: real values of a black and of a white pixel at the model's input; None: the ends of the input's
        quantized range, which is what image models trained on [0, 1] or [-1, 1] have.
    task_data: the task's own parameters, packed: KwsParams, AnomalyParams, GestureParams.
    wake: of a cascade (compiler/cascade.py), whose WakeParams the compiler adds to the task data.
    """

    target_label: int | None = None
    threshold: float = 0.5
    smoothing: int = 3
    pixel_range: tuple[float, float] | None = None
    task_data: bytes = b""
    wake: WakeDefaults | None = None


def guess_task(input_info: TensorInfo, output_info: TensorInfo, *, is_streaming: bool = False) -> Task:
    """Return the task that the shapes suggest: a picture to 2 outputs or a heat map, audio features, an autoencoder.

    is_streaming: it keeps a state, as wake words do that are given a few strides of features at a time.
    """
    shape = input_info.shape
    if is_streaming and shape[-1:] == (_STREAMED_CHANNELS,) and input_info.dtype == "int8":
        return Task.KWS
    is_picture = len(shape) == 4 and shape[3] in (1, 3) and min(shape[1:3]) >= 32
    if is_picture and (_is_list(output_info, 2) or _finds_objects(input_info, output_info)):
        return Task.VWW
    if shape in ((1, 49, 40, 1), (1, 49, 10, 1), (1, 1960)):
        return Task.KWS
    if len(shape) == 2 and shape == output_info.shape and math.prod(shape) > 16:
        return Task.ANOMALY
    return Task.GENERIC


def streaming_params(input_info: TensorInfo) -> bytes:
    """Return the KwsParams of a wake word that streams, as microWakeWord trains them; empty for another input.

    Strides come every 10 ms; the mean of five results counts.
    """
    n_strides, rest = divmod(math.prod(input_info.shape), _STREAMED_CHANNELS)
    if rest or not 0 < n_strides <= 100:
        return b""
    stride_ms = 10
    params = KwsParams(
        sample_rate_hz=16_000,
        window_ms=30,
        stride_ms=stride_ms,
        n_channels=_STREAMED_CHANNELS,
        n_strides=n_strides,
        average_ms=4 * n_strides * stride_ms,
        suppression_ms=1000,
        n_silent_labels=0,
        min_results=5,
        period_ms=0,
    )
    return params.pack()


def with_background(labels: tuple[str, ...], output_info: TensorInfo) -> tuple[str, ...]:
    """Return the labels of all classes: those of a heat map may come without the background's, as FOMO's do."""
    is_short = bool(labels) and output_info.is_heat_map and len(labels) == output_info.shape[3] - 1
    return (BACKGROUND, *labels) if is_short else labels


def _finds_objects(input_info: TensorInfo, output_info: TensorInfo) -> bool:
    """Return whether a picture becomes scores of several classes in cells of several pixels, as FOMO's do."""
    if not output_info.is_heat_map or not 2 <= output_info.shape[3] <= _MAX_OBJECT_CLASSES:
        return False
    sides = zip(input_info.shape[1:3], output_info.shape[1:3], strict=True)
    return all(pixels >= _MIN_CELL_PIXELS * cells for pixels, cells in sides)


def _is_list(info: TensorInfo, n: int) -> bool:
    """Return whether a tensor has n elements along its last dimension, and no more."""
    return info.shape[-1:] == (n,) and math.prod(info.shape) == n


def pixel_map(input_info: TensorInfo, defaults: AppDefaults) -> tuple[int, int]:
    """Return (multiplier, offset), Q16: a pixel p of 0..255 enters as (p * multiplier + offset) >> 16, saturated."""
    if defaults.pixel_range is None or input_info.scale == 0:
        black = 0 if input_info.dtype == "uint8" else -128
        return 1 << 16, (black << 16) + (1 << 15)
    black_real, white_real = defaults.pixel_range
    multiplier = round((white_real - black_real) / 255 / input_info.scale * (1 << 16))
    offset = round((black_real / input_info.scale + input_info.zero_point) * (1 << 16)) + (1 << 15)
    if max(abs(multiplier), abs(offset)) >= 1 << 30:
        raise UsageError(f"pixel range {defaults.pixel_range} does not fit an input of scale {input_info.scale:.3g}")
    return multiplier, offset


def threshold_units(output_info: TensorInfo, defaults: AppDefaults) -> int:
    """Return the threshold in the output's quantized units; in thousandths for a float32 output."""
    if output_info.scale == 0:
        return round(defaults.threshold * 1000)
    units = round(defaults.threshold / output_info.scale) + output_info.zero_point
    return max(-(1 << 31), min((1 << 31) - 1, units))
