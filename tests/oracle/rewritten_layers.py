"""Random layers as converters write them, which the compiler writes in other operators."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.net import Net, append, random_zero_point
from tests.oracle.other_layers import reshape

__all__ = ["arg_max", "extreme_reduction", "flatten", "reduction", "view"]


def view(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """EXPAND_DIMS or SQUEEZE."""
    without_ones = tuple(dim for dim in net.shape if dim != 1)
    squeezes: bool = draw(st.booleans())
    if without_ones and squeezes:
        return append(draw, net, "SQUEEZE", [net.index], without_ones, net.scale, net.zero_point)
    at = draw(st.integers(0, len(net.shape)))
    written = at if draw(st.booleans()) else at - len(net.shape) - 1
    axis_tensor = net.builder.integers(written)
    shape = (*net.shape[:at], 1, *net.shape[at:])
    inputs = [net.index, axis_tensor]
    return _of_four_dimensions(draw, rng, append(draw, net, "EXPAND_DIMS", inputs, shape, net.scale, net.zero_point))


def reduction(draw: st.DrawFn, rng: np.random.Generator, net: Net, *, code: str) -> Net:
    """MEAN, SUM, REDUCE_MAX or REDUCE_MIN over any axes of up to five dimensions."""
    rank = len(net.shape)
    axes = draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True))
    keep = draw(st.booleans())
    shape = tuple(1 if a in axes else dim for a, dim in enumerate(net.shape) if keep or a not in axes)
    written = [axis - rank if draw(st.booleans()) else axis for axis in axes]
    scalar = len(written) == 1 and draw(st.booleans())
    axis_tensor = net.builder.integers(written[0] if scalar else written)
    scale, zero_point = net.scale, net.zero_point
    if code in ("MEAN", "SUM"):
        scale, zero_point = float(np.float32(net.scale * 2.0 ** draw(st.floats(-4, 4)))), random_zero_point(draw)
    reduced = append(draw, net, code, [net.index, axis_tensor], shape, scale, zero_point, KeepDims=keep)
    return _of_four_dimensions(draw, rng, reduced)


def extreme_reduction(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    return reduction(draw, rng, net, code=draw(st.sampled_from(["REDUCE_MAX", "REDUCE_MIN"])))


def arg_max(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """ARG_MAX or ARG_MIN of what has equal values, too."""
    axis = draw(st.integers(0, len(net.shape) - 1))
    coarse = float(np.float32(net.scale * 2.0 ** draw(st.integers(0, 5))))
    net = append(draw, net, "QUANTIZE", [net.index], net.shape, coarse, net.zero_point)
    shape = (*net.shape[:axis], *net.shape[axis + 1 :])
    inputs = [net.index, net.builder.integers(axis - len(net.shape) if draw(st.booleans()) else axis)]
    output = net.builder.tensor(shape, dtype="int32")
    net.builder.operator(draw(st.sampled_from(["ARG_MAX", "ARG_MIN"])), inputs, output, OutputType=2)
    return Net(builder=net.builder, index=output, shape=shape, scale=net.scale, zero_point=0)


def _of_four_dimensions(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """Return the net, in another shape if it has more dimensions than may leave a model."""
    return reshape(draw, rng, net) if len(net.shape) > 4 else net


def flatten(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """RESHAPE to a shape that the graph computes, as Keras exports a batch of any size."""
    total = int(np.prod(net.shape[1:]))
    shapes: list[tuple[int, ...]] = [(net.shape[0], total), (net.shape[0], 1, 1, total), (net.shape[0], total, 1)]
    shape = draw(st.sampled_from(shapes))
    rest = [draw(st.sampled_from([dim, -1])) if dim == total else dim for dim in shape[1:]]
    dimensions = net.builder.tensor((len(net.shape),), dtype="int32")
    net.builder.operator("SHAPE", [net.index], dimensions, OutType=2)
    stop = draw(st.sampled_from([1, 1 - len(net.shape)]))
    first, one, end = (net.builder.integers([value]) for value in (0, 1, stop))
    batch = net.builder.tensor((), dtype="int32")
    masks = {"BeginMask": draw(st.integers(0, 1)), "EndMask": 0, "EllipsisMask": 0, "NewAxisMask": 0}
    net.builder.operator("STRIDED_SLICE", [dimensions, first, end, one], batch, ShrinkAxisMask=1, **masks)
    target = net.builder.tensor((len(shape),), dtype="int32")
    parts = [batch, *(net.builder.integers(dim) for dim in rest)]
    net.builder.operator("PACK", parts, target, ValuesCount=len(parts), Axis=draw(st.sampled_from([0, -1])))
    return append(draw, net, "RESHAPE", [net.index, target], shape, net.scale, net.zero_point)
