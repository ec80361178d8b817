"""Networks of many shapes for measuring kernels, chosen to differ from the reference networks.

python -m tests.oracle.generated_networks DIRECTORY
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.oracle.sketch import VALID, Sketch

__all__ = ["NETWORKS", "write_networks"]


def _pointwise_odd(s: Sketch) -> None:
    s.conv(7, 1).conv(13, 1).conv(5, 1)


def _conv5x5(s: Sketch) -> None:
    s.conv(7, 5).conv(5, 5)


def _conv3x3_stride3(s: Sketch) -> None:
    s.conv(13, 3, stride=3).conv(13, 3, stride=3)


def _conv_7x1_1x7(s: Sketch) -> None:
    s.conv(10, (7, 1)).conv(10, (1, 7))


def _conv_dilated(s: Sketch) -> None:
    s.conv(9, 3, dilation=2).conv(9, 3, padding=VALID)


def _conv_groups(s: Sketch) -> None:
    s.conv(18, 3, groups=3)


def _depthwise5x5(s: Sketch) -> None:
    s.depthwise(5).conv(13, 1)


def _depthwise5x5_stride2(s: Sketch) -> None:
    s.depthwise(5, stride=2).conv(24, 1)


def _depthwise3x3_stride3(s: Sketch) -> None:
    s.depthwise(3, stride=3).conv(7, 1)


def _depthwise_times2(s: Sketch) -> None:
    s.depthwise(3, multiplier=2).conv(9, 1)


def _depthwise_times8_10x8(s: Sketch) -> None:
    s.depthwise((10, 8), stride=2, multiplier=8).dense(4).softmax()


def _mobilenet_v1(s: Sketch) -> None:
    s.conv(12, 3, stride=2)
    for depth, stride in ((20, 1), (36, 2), (36, 1), (68, 2)):
        s.depthwise(3, stride=stride).conv(depth, 1)
    s.mean().dense(5).softmax()


def _inverted_residual(s: Sketch, depth: int, expansion: int, stride: int = 1) -> Sketch:
    entry = s.mark()
    s.conv(s.depth * expansion, 1, activation=3).depthwise(3, stride=stride, activation=3).conv(depth, 1, activation=0)
    return s.add(entry) if stride == 1 and depth == entry.depth else s


def _mobilenet_v2(s: Sketch) -> None:
    s.conv(8, 3, stride=2)
    for depth, stride in ((8, 1), (12, 2), (12, 1), (20, 2), (20, 1)):
        _inverted_residual(s, depth, 6, stride)
    s.conv(64, 1).mean().dense(3).softmax()


def _mobilenet_v2_odd(s: Sketch) -> None:
    for _ in range(3):
        _inverted_residual(s, 10, 4)


def _mobilenet_v2_padded(s: Sketch) -> None:
    """Keras's way: ZeroPadding2D, and a VALID depthwise convolution."""
    s.conv(42, 1).pad(0, 1).depthwise(3, stride=2, padding=VALID).conv(14, 1, activation=0)


def _resnet_block(s: Sketch) -> None:
    entry = s.mark()
    s.conv(s.depth, 3).conv(s.depth, 3, activation=0).add(entry, activation=1)


def _resnet_shortcut(s: Sketch) -> None:
    entry = s.mark()
    s.conv(22, 3, stride=2).conv(22, 3, activation=0)
    branch = s.mark()
    s.restart(entry).conv(22, 1, stride=2, activation=0).add(branch, activation=1)


def _ds_cnn(s: Sketch) -> None:
    s.conv(28, (10, 4), stride=2)
    for _ in range(2):
        s.depthwise(3).conv(28, 1)
    s.mean().dense(9).softmax()


def _first_layer(s: Sketch) -> None:
    s.conv(10, 3, stride=2)


def _lenet(s: Sketch) -> None:
    s.conv(6, 5).pool("MAX_POOL_2D", 2).conv(16, 5, padding=VALID).pool("MAX_POOL_2D", 2)
    s.dense(120, activation=1).dense(84, activation=1).dense(10).softmax()


def _inception(s: Sketch) -> None:
    entry = s.mark()
    branches = [
        s.restart(entry).conv(6, 1).mark(),
        s.restart(entry).conv(4, 1).conv(7, 3).mark(),
        s.restart(entry).conv(3, 1).conv(5, 5).mark(),
    ]
    s.concat(branches).pool("AVERAGE_POOL_2D", 3)


def _signal(s: Sketch) -> None:
    """Along time only, as for accelerometers."""
    s.conv(11, (5, 1), stride=2).conv(17, (5, 1), stride=2).mean().dense(4).softmax()


def _autoencoder(s: Sketch) -> None:
    for n in (50, 7, 50):
        s.dense(n, activation=1)
    s.dense(96)


def _dense_odd(s: Sketch) -> None:
    s.dense(67, activation=1).dense(13).softmax()


NETWORKS: dict[str, tuple[tuple[int, ...], Callable[[Sketch], object]]] = {
    "pointwise_5_7_13": ((1, 17, 23, 5), _pointwise_odd),
    "pointwise_64": ((1, 12, 12, 64), lambda s: s.conv(64, 1)),
    "conv5x5_5_7": ((1, 31, 29, 5), _conv5x5),
    "conv3x3_stride3_13": ((1, 40, 37, 13), _conv3x3_stride3),
    "conv7x1_1x7_10": ((1, 21, 20, 10), _conv_7x1_1x7),
    "conv3x3_dilated_9": ((1, 19, 18, 9), _conv_dilated),
    "conv3x3_groups3_12": ((1, 15, 15, 12), _conv_groups),
    "first_conv_rgb_65": ((1, 65, 65, 3), _first_layer),
    "first_conv_gray_5x5": ((1, 61, 47, 1), lambda s: s.conv(7, 5, stride=2)),
    "depthwise5x5_13": ((1, 23, 21, 13), _depthwise5x5),
    "depthwise5x5_stride2_24": ((1, 25, 25, 24), _depthwise5x5_stride2),
    "depthwise3x3_stride3_7": ((1, 50, 44, 7), _depthwise3x3_stride3),
    "depthwise3x3_times2_3": ((1, 33, 35, 3), _depthwise_times2),
    "depthwise10x8_times8_1": ((1, 49, 40, 1), _depthwise_times8_10x8),
    "mobilenet_v1_65": ((1, 65, 65, 1), _mobilenet_v1),
    "mobilenet_v2_48": ((1, 48, 48, 3), _mobilenet_v2),
    "mobilenet_v2_odd_19x10": ((1, 19, 19, 10), _mobilenet_v2_odd),
    "mobilenet_v2_padded_22": ((1, 22, 22, 7), _mobilenet_v2_padded),
    "resnet_block_16": ((1, 16, 16, 16), _resnet_block),
    "resnet_block_11": ((1, 15, 15, 11), _resnet_block),
    "resnet_shortcut_22": ((1, 14, 14, 11), _resnet_shortcut),
    "ds_cnn_28": ((1, 49, 10, 1), _ds_cnn),
    "lenet_28": ((1, 28, 28, 1), _lenet),
    "inception_8": ((1, 15, 15, 8), _inception),
    "signal_128x6": ((1, 128, 1, 6), _signal),
    "autoencoder_96": ((1, 96), _autoencoder),
    "dense_131_67_13": ((1, 131), _dense_odd),
}
"""By name: the input's shape, and what is built on it."""


def write_networks(folder: Path) -> list[Path]:
    """Write every network as a .tflite file; return their paths. The same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (shape, build) in NETWORKS.items():
        sketch = Sketch(shape)
        build(sketch)
        paths.append(folder / f"{name}.tflite")
        paths[-1].write_bytes(sketch.tflite())
    return paths


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    print(f"{len(write_networks(Path(arguments[0])))} networks in {arguments[0]}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
