"""One operator of each class of shapes, to measure kernels where nobody tuned, and TensorFlow Lite Micro's, too.

Written as .tflite files by `python -m scripts.bench_classes`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.oracle.sketch import VALID, Sketch

__all__ = ["CLASSES", "write_classes"]

_RELU6 = 3
_MAP = (1, 16, 16, 16)
"""Of elementwise operators and pools: 4,096 elements."""


def _add_itself(s: Sketch) -> None:
    """Of two tensors that are both computed."""
    entry = s.mark()
    s.pointwise("QUANTIZE", 0.017, 5).add(entry)


def _sub_itself(s: Sketch) -> None:
    entry = s.mark()
    s.pointwise("QUANTIZE", 0.017, 5).add(entry, code="SUB")


def _mul_itself(s: Sketch) -> None:
    entry = s.mark()
    s.pointwise("QUANTIZE", 0.017, 5).mul(entry)


def _concat_scales(s: Sketch) -> None:
    entry = s.mark()
    s.concat([entry, s.pointwise("QUANTIZE", 0.03, 5).mark()])


CLASSES: dict[str, tuple[tuple[int, ...], Callable[[Sketch], object]]] = {
    "conv 1x1, 4 to 8 channels": ((1, 24, 24, 4), lambda s: s.conv(8, 1)),
    "conv 1x1, 5 to 7 channels": ((1, 24, 24, 5), lambda s: s.conv(7, 1)),
    "conv 1x1, 16 to 16 channels": ((1, 16, 16, 16), lambda s: s.conv(16, 1)),
    "conv 1x1, 32 to 64 channels": ((1, 8, 8, 32), lambda s: s.conv(64, 1)),
    "conv 1x1, 64 to 64 channels": ((1, 6, 6, 64), lambda s: s.conv(64, 1)),
    "conv 1x1, 64 to 64 channels, 1 pixel": ((1, 1, 1, 64), lambda s: s.conv(64, 1)),
    "conv 1x1, stride 2": ((1, 17, 17, 16), lambda s: s.conv(16, 1, stride=2)),
    "conv 3x3, 1 channel": ((1, 28, 28, 1), lambda s: s.conv(8, 3)),
    "conv 3x3, 1 channel, stride 2": ((1, 48, 48, 1), lambda s: s.conv(8, 3, stride=2)),
    "conv 3x3, 3 channels": ((1, 24, 24, 3), lambda s: s.conv(8, 3)),
    "conv 3x3, 3 channels, stride 2": ((1, 48, 48, 3), lambda s: s.conv(8, 3, stride=2)),
    "conv 3x3, 4 channels, VALID": ((1, 24, 24, 4), lambda s: s.conv(8, 3, padding=VALID)),
    "conv 3x3, 16 channels": ((1, 12, 12, 16), lambda s: s.conv(16, 3)),
    "conv 3x3, 7 to 13 channels": ((1, 13, 11, 7), lambda s: s.conv(13, 3)),
    "conv 3x3, 32 channels, 4x4 pixels": ((1, 4, 4, 32), lambda s: s.conv(32, 3)),
    "conv 3x3, clamp inside the range": ((1, 12, 12, 16), lambda s: s.conv(16, 3, activation=_RELU6)),
    "conv 3x3, dilation 2": ((1, 14, 14, 8), lambda s: s.conv(8, 3, dilation=2)),
    "conv 5x5, 1 channel": ((1, 24, 24, 1), lambda s: s.conv(6, 5)),
    "conv 5x5, 6 to 16 channels, VALID": ((1, 12, 12, 6), lambda s: s.conv(16, 5, padding=VALID)),
    "conv 10x4, 1 channel, stride 2": ((1, 49, 10, 1), lambda s: s.conv(16, (10, 4), stride=2)),
    "conv 3 along time, height 1": ((1, 1, 128, 6), lambda s: s.conv(16, (1, 3))),
    "conv 3 along time, width 1": ((1, 128, 1, 6), lambda s: s.conv(16, (3, 1))),
    "conv 5 along time, 1 channel": ((1, 1, 187, 1), lambda s: s.conv(8, (1, 5))),
    "depthwise 3x3": ((1, 16, 16, 16), lambda s: s.depthwise(3)),
    "depthwise 3x3, stride 2": ((1, 24, 24, 16), lambda s: s.depthwise(3, stride=2)),
    "depthwise 3x3, 3 channels": ((1, 24, 24, 3), lambda s: s.depthwise(3)),
    "depthwise 3x3, 3x3 pixels": ((1, 3, 3, 64), lambda s: s.depthwise(3)),
    "depthwise 3x3, 6x6 pixels": ((1, 6, 6, 64), lambda s: s.depthwise(3)),
    "depthwise 3x3, clamp inside the range": ((1, 16, 16, 16), lambda s: s.depthwise(3, activation=_RELU6)),
    "depthwise 3x3, dilation 2": ((1, 16, 16, 16), lambda s: s.depthwise(3, dilation=2)),
    "depthwise 3x3, multiplier 2": ((1, 16, 16, 8), lambda s: s.depthwise(3, multiplier=2)),
    "depthwise 3x3, multiplier 8, 1 channel": ((1, 24, 24, 1), lambda s: s.depthwise(3, multiplier=8)),
    "depthwise 5x5": ((1, 16, 16, 16), lambda s: s.depthwise(5)),
    "depthwise 7x7": ((1, 12, 12, 16), lambda s: s.depthwise(7)),
    "depthwise 3 along time, height 1": ((1, 1, 128, 16), lambda s: s.depthwise((1, 3))),
    "depthwise 5 along time, width 1": ((1, 128, 1, 16), lambda s: s.depthwise((5, 1))),
    "dense 8 to 4": ((1, 8), lambda s: s.dense(4, per_tensor=True)),
    "dense 33 to 16": ((1, 33), lambda s: s.dense(16, per_tensor=True)),
    "dense 64 to 10": ((1, 64), lambda s: s.dense(10, per_tensor=True)),
    "dense 256 to 64": ((1, 256), lambda s: s.dense(64, per_tensor=True)),
    "dense 1024 to 10": ((1, 1024), lambda s: s.dense(10, per_tensor=True)),
    "max pool 2x2": (_MAP, lambda s: s.pool("MAX_POOL_2D", 2)),
    "max pool 2x2, 3 channels": ((1, 32, 32, 3), lambda s: s.pool("MAX_POOL_2D", 2)),
    "max pool 2x2, 1 channel": ((1, 32, 32, 1), lambda s: s.pool("MAX_POOL_2D", 2)),
    "max pool 3x3, stride 2": (_MAP, lambda s: s.pool("MAX_POOL_2D", 3, stride=2)),
    "max pool 2 along time": ((1, 1, 128, 16), lambda s: s.pool("MAX_POOL_2D", (1, 2))),
    "average pool 2x2": (_MAP, lambda s: s.pool("AVERAGE_POOL_2D", 2)),
    "average pool 2x2, 6 channels": ((1, 28, 28, 6), lambda s: s.pool("AVERAGE_POOL_2D", 2)),
    "average pool 2x2, 1 channel": ((1, 32, 32, 1), lambda s: s.pool("AVERAGE_POOL_2D", 2)),
    "average pool 3x3": ((1, 15, 15, 16), lambda s: s.pool("AVERAGE_POOL_2D", 3)),
    "average pool of all pixels": ((1, 6, 6, 64), lambda s: s.pool("AVERAGE_POOL_2D", 6)),
    "mean of all pixels": ((1, 6, 6, 64), lambda s: s.mean()),
    "requantize, then add both": (_MAP, _add_itself),
    "requantize, then subtract both": (_MAP, _sub_itself),
    "add a constant for each channel": (_MAP, lambda s: s.add(s.constant(16))),
    "add a constant": (_MAP, lambda s: s.add(s.constant(1))),
    "requantize, then multiply both": (_MAP, _mul_itself),
    "multiply by a constant for each channel": (_MAP, lambda s: s.mul(s.constant(16))),
    "multiply by a constant": (_MAP, lambda s: s.mul(s.constant(1))),
    "requantize twice, then concatenate": (_MAP, _concat_scales),
    "requantize": (_MAP, lambda s: s.pointwise("QUANTIZE", 0.03, 5)),
    "RELU": (_MAP, lambda s: s.pointwise("RELU", 0.03, -128)),
    "LOGISTIC": (_MAP, lambda s: s.pointwise("LOGISTIC", 1 / 256, -128)),
    "pad by 1": (_MAP, lambda s: s.pad(1, 1)),
    "softmax of 10": ((1, 10), lambda s: s.softmax()),
    "softmax of 256 times 2": ((256, 2), lambda s: s.softmax()),
}
"""By what it is a class of: the input's shape, and the operator on it."""


def write_classes(folder: Path) -> dict[str, Path]:
    """Write each as a .tflite file; return their paths by name. The same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for index, (name, (shape, build)) in enumerate(CLASSES.items()):
        sketch = Sketch(shape)
        build(sketch)
        paths[name] = folder / f"{index:03d}.tflite"
        paths[name].write_bytes(sketch.tflite())
    return paths
