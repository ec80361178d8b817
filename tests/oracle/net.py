"""A model while a strategy builds it, and random quantization and windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import MAX_SCALE, as_scale

__all__ = [
    "ACTIVATIONS",
    "SAME",
    "VALID",
    "Layer",
    "Model",
    "Net",
    "append",
    "finish",
    "output_scale",
    "random_conv",
    "random_move",
    "random_pool",
    "random_product",
    "random_reduction",
    "random_resize",
    "random_scale",
    "random_transpose_conv",
    "random_weights",
    "random_window",
    "random_zero_point",
    "start",
]

ACTIVATIONS = (0, 1, 2, 3)  # NONE, RELU, RELU_N1_TO_1, RELU6
SAME, VALID = 0, 1


@dataclass(frozen=True, kw_only=True)
class Model:
    """A .tflite file and the form of its input."""

    data: bytes
    shape: tuple[int, ...]
    dtype: str
    seed: int

    def inputs(self, n: int) -> list[NDArray[np.generic]]:
        """Return n random inputs; the last is of extremes only, unless they are floats."""
        rng = np.random.default_rng(self.seed)
        if self.dtype == "float32":
            integers = [rng.integers(-(2**20), 2**20, self.shape) for _ in range(n)]  # the same on every computer
            return [np.ldexp(each.astype(np.float32), rng.integers(-24, -9)).astype(np.float32) for each in integers]
        limits = np.iinfo(self.dtype)
        uniform = [rng.integers(limits.min, limits.max + 1, self.shape).astype(self.dtype) for _ in range(n - 1)]
        return [*uniform, rng.choice([limits.min, limits.max], self.shape).astype(self.dtype)]


@dataclass(frozen=True, kw_only=True)
class Net:
    """A model under construction: tensor index, shape, scale and zero point of its tip."""

    builder: ModelBuilder
    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int


Layer = Callable[[st.DrawFn, np.random.Generator, Net], Net]


def random_scale(draw: st.DrawFn, low: float = 1e-3, high: float = 1.0) -> float:
    exponent = draw(st.floats(np.log2(low), np.log2(high)))
    return as_scale(2.0**exponent)


def random_zero_point(draw: st.DrawFn) -> int:
    return draw(st.one_of(st.integers(-128, 127), st.sampled_from([-128, 0, 127])))


def start(
    draw: st.DrawFn,
    *,
    rank: int = 4,
    max_size: int = 9,
    max_channels: int = 9,
    batch: bool = False,
    shape: tuple[int, ...] = (),
) -> Net:
    """Return a net of nothing but an input, of this shape or a random one."""
    builder = ModelBuilder()
    if not shape:
        n = draw(st.integers(1, 2)) if batch else 1
        sizes = [draw(st.integers(1, max_size)) for _ in range(max(0, rank - 2))]
        shape = (n, *sizes, draw(st.integers(1, max_channels)))[-rank:]
    scale, zero_point = random_scale(draw), random_zero_point(draw)
    index = builder.tensor(shape, scale=scale, zero_point=zero_point)
    return Net(builder=builder, index=index, shape=shape, scale=scale, zero_point=zero_point)


def append(
    draw: st.DrawFn,
    net: Net,
    code: str,
    inputs: list[int],
    shape: tuple[int, ...],
    scale: float,
    zero_point: int,
    **options: object,
) -> Net:
    scale = as_scale(min(max(scale, 1e-6), MAX_SCALE))  # chains would drift beyond what any network has
    index = net.builder.tensor(shape, scale=scale, zero_point=zero_point)
    net.builder.operator(code, inputs, index, **options)
    return Net(builder=net.builder, index=index, shape=shape, scale=scale, zero_point=zero_point)


def finish(draw: st.DrawFn, net: Net, root: Net) -> Model:
    """Return the model from the input that is all of `root` to the tip of `net`."""
    data = net.builder.build([root.index], [net.index])
    return Model(data=data, shape=root.shape, dtype="int8", seed=draw(st.integers(0, 2**32 - 1)))


def random_window(draw: st.DrawFn, size: int, *, dilated: bool) -> tuple[int, int, int, int, int]:
    """Return (filter, stride, dilation, output for SAME, output for VALID)."""
    dilation = draw(st.integers(1, 3)) if dilated else 1
    filter_size = draw(st.integers(1, 5))
    stride = draw(st.integers(1, 4))
    extent = (filter_size - 1) * dilation + 1
    return filter_size, stride, dilation, -(-size // stride), (size + stride - extent) // stride


def random_conv(
    draw: st.DrawFn, net: Net, *, depthwise: bool
) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, object]]:
    """Return the shapes of the weights and of the output of a convolution, and its options."""
    n, height, width, depth = net.shape
    fh, sh, dh, same_h, valid_h = random_window(draw, height, dilated=True)
    fw, sw, dw, same_w, valid_w = random_window(draw, width, dilated=True)
    same = draw(st.booleans()) or min(valid_h, valid_w) < 1
    options: dict[str, object] = {
        "Padding": SAME if same else VALID,
        "StrideH": sh,
        "StrideW": sw,
        "DilationHFactor": dh,
        "DilationWFactor": dw,
        "FusedActivationFunction": draw(st.sampled_from(ACTIVATIONS)),
    }
    if depthwise:
        multiplier = draw(st.integers(1, 4))
        options["DepthMultiplier"] = multiplier
        shape: tuple[int, ...] = (1, fh, fw, depth * multiplier)
    else:
        groups = draw(st.sampled_from([g for g in range(1, depth + 1) if depth % g == 0])) if draw(st.booleans()) else 1
        shape = (groups * draw(st.integers(1, 6)), fh, fw, depth // groups)
    n_out = shape[3] if depthwise else shape[0]
    return shape, (n, same_h, same_w, n_out) if same else (n, valid_h, valid_w, n_out), options


def random_pool(draw: st.DrawFn, net: Net) -> tuple[tuple[int, ...], dict[str, object]]:
    """Return the output's shape of a pool, and its options."""
    n, height, width, depth = net.shape
    fh, sh, _, same_h, valid_h = random_window(draw, height, dilated=False)
    fw, sw, _, same_w, valid_w = random_window(draw, width, dilated=False)
    same = draw(st.booleans()) or min(valid_h, valid_w) < 1
    return (n, same_h, same_w, depth) if same else (n, valid_h, valid_w, depth), {
        "Padding": SAME if same else VALID,
        "StrideH": sh,
        "StrideW": sw,
        "FilterHeight": fh,
        "FilterWidth": fw,
        "FusedActivationFunction": draw(st.sampled_from(ACTIVATIONS)),
    }


def random_reduction(draw: st.DrawFn, net: Net) -> tuple[list[int], tuple[int, ...], dict[str, object]]:
    """Return the inputs, the output's shape and the options of a MEAN or SUM over any dimensions."""
    keep, rank = draw(st.booleans()), len(net.shape)
    axes = sorted(draw(st.sets(st.integers(0, rank - 1), min_size=1, max_size=rank)))
    shape = tuple(1 if i in axes else dim for i, dim in enumerate(net.shape) if keep or i not in axes)
    return [net.index, net.builder.integers(axes)], shape, {"KeepDims": keep}


def random_product(draw: st.DrawFn, net: Net) -> tuple[list[tuple[int, ...] | None], dict[str, bool], tuple[int, ...]]:
    """Return the shapes of a BATCH_MATMUL's inputs, None for the net itself, its options, and the output's shape.

    It is of the net with itself, or with a constant on either side, each perhaps transposed.
    """
    *batch, rows, columns = net.shape
    adjoint, flips = draw(st.booleans()), draw(st.booleans())
    m, k = (columns, rows) if adjoint else (rows, columns)
    kind = draw(st.sampled_from(["itself", "constant behind", "constant before"]))
    if kind == "itself":
        return [None, None], {"AdjX": adjoint, "AdjY": not adjoint}, (*batch, m, m)
    p = draw(st.integers(1, 9))
    other = (*(dim if draw(st.booleans()) else 1 for dim in batch), *((k, p) if flips else (p, k)))
    if kind == "constant before":  # (p, k) of the constant, (k, m) of the net
        return [other, None], {"AdjX": flips, "AdjY": not adjoint}, (*batch, p, m)
    return [None, other], {"AdjX": adjoint, "AdjY": not flips}, (*batch, m, p)


def random_transpose_conv(draw: st.DrawFn, net: Net) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, int]]:
    """Return the shapes of a TRANSPOSE_CONV's weights and output, and its options."""
    n, height, width, depth = net.shape
    same = draw(st.booleans())
    strides = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 2]))
    sizes = [draw(st.integers(1, 5)) for _ in strides]
    grown = zip((height, width), strides, sizes, strict=True)
    output = [dim * stride if same else (dim - 1) * stride + max(size, stride) for dim, stride, size in grown]
    n_out = draw(st.integers(1, 6))
    options = {"Padding": SAME if same else VALID, "StrideH": strides[0], "StrideW": strides[1]}
    options["FusedActivationFunction"] = draw(st.sampled_from(ACTIVATIONS))
    return (n_out, *sizes, depth), (n, *output, n_out), options


def random_resize(draw: st.DrawFn, net: Net) -> tuple[tuple[int, ...], dict[str, bool]]:
    """Return the output's shape of a RESIZE_BILINEAR, and its options."""
    n, height, width, depth = net.shape
    target = (n, draw(st.integers(1, 3 * height)), draw(st.integers(1, 3 * width)), depth)
    aligned, half = draw(st.sampled_from([(False, False), (False, True), (True, False)]))
    return target, {"AlignCorners": aligned, "HalfPixelCenters": half}


def random_move(draw: st.DrawFn, net: Net) -> tuple[str, list[int], tuple[int, ...], dict[str, object]]:
    """Return PAD, TRANSPOSE, a slice with steps or another shape: code, inputs, the output's shape, options."""
    rank, kind = len(net.shape), draw(st.sampled_from(["PAD", "TRANSPOSE", "STRIDED_SLICE", "RESHAPE"]))
    if kind == "PAD":
        pads = np.array([[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in range(rank)])
        shape = tuple(int(dim) for dim in np.array(net.shape) + pads.sum(axis=1))
        return kind, [net.index, net.builder.integers(pads)], shape, {}
    if kind == "TRANSPOSE":
        order = draw(st.permutations(range(rank)))
        return kind, [net.index, net.builder.integers(order)], tuple(net.shape[axis] for axis in order), {}
    if kind == "STRIDED_SLICE":
        steps = [draw(st.integers(1, 3)) for _ in range(rank)]
        bounds = [net.builder.integers(values) for values in ([0] * rank, list(net.shape), steps)]
        shape = tuple(-(-dim // step) for dim, step in zip(net.shape, steps, strict=True))
        masks = ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask")
        return kind, [net.index, *bounds], shape, dict.fromkeys(masks, 0)
    flat = (net.shape[0], int(np.prod(net.shape[1:])))
    return kind, [net.index, net.builder.integers(flat)], flat, {}


def random_weights(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    low, high = sorted(rng.integers(-128, 128, 2))
    weights = rng.integers(low, high + 1, shape).astype(np.int8)
    return np.where(rng.random(shape) < rng.choice([0.0, 0.5, 0.95]), 0, weights).astype(np.int8)


def output_scale(draw: st.DrawFn, net: Net, weight_scale: float, n_taps: int) -> float:
    """Return a scale that makes outputs fill the range, more or less; sometimes much smaller or larger."""
    spread = net.scale * weight_scale * 70 * 70 * float(np.sqrt(n_taps)) / 100
    return float(np.float32(spread * 2.0 ** draw(st.floats(-5, 4))))
