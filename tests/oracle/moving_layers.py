"""Random layers that only move elements: slices, splits, transposes, blocks of pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.net import Net, append, random_resize

__all__ = [
    "batches",
    "blocks",
    "rearrangement",
    "resize_bilinear",
    "resize_nearest",
    "slice_layer",
    "split",
    "strided_slice",
    "transpose",
    "unpack",
]


def strided_slice(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """STRIDED_SLICE with masks, negative bounds, strides and indices."""
    begins, ends, strides, shape, shrink = [], [], [], [], 0
    for axis, dim in enumerate(net.shape):
        first = draw(st.integers(0, dim - 1))
        last = draw(st.integers(first, dim - 1))
        stride = draw(st.sampled_from([1, 1, 2, 3]))
        if axis and draw(st.integers(0, 4)) == 0:
            shrink |= 1 << axis
            last, stride = first, 1
        else:
            shape.append(len(range(first, last + 1, stride)))
        begins.append(first - dim if draw(st.booleans()) else first)
        ends.append(last + 1)
        strides.append(stride)
    inputs = [net.index, *(net.builder.integers(values) for values in (begins, ends, strides))]
    masks = {"BeginMask": 0, "EndMask": 0, "EllipsisMask": 0, "NewAxisMask": 0, "ShrinkAxisMask": shrink}
    return append(draw, net, "STRIDED_SLICE", inputs, tuple(shape), net.scale, net.zero_point, **masks)


def slice_layer(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    begins = [draw(st.integers(0, dim - 1)) for dim in net.shape]
    sizes = [draw(st.integers(1, dim - first)) for first, dim in zip(begins, net.shape, strict=True)]
    ends = [first + size for first, size in zip(begins, sizes, strict=True)]
    written = [
        -1 if end == dim and draw(st.booleans()) else n for n, end, dim in zip(sizes, ends, net.shape, strict=True)
    ]
    inputs = [net.index, net.builder.integers(begins), net.builder.integers(written)]
    return append(draw, net, "SLICE", inputs, tuple(sizes), net.scale, net.zero_point)


def split(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """SPLIT or SPLIT_V; its parts are joined in another order."""
    axis = draw(st.integers(0, len(net.shape) - 1))
    dim = net.shape[axis]
    even = draw(st.booleans())
    if even:
        n = draw(st.sampled_from([n for n in range(1, min(dim, 8) + 1) if dim % n == 0]))
        sizes = [dim // n] * n
    else:
        cuts = sorted(draw(st.sets(st.integers(1, dim - 1), max_size=4))) if dim > 1 else []
        sizes = np.diff([0, *cuts, dim]).tolist()
    shapes = [(*net.shape[:axis], size, *net.shape[axis + 1 :]) for size in sizes]
    parts = [net.builder.tensor(shape, scale=net.scale, zero_point=net.zero_point) for shape in shapes]
    where = net.builder.integers(axis)
    if even:
        net.builder.custom_operator("SPLIT", [where, net.index], parts, NumSplits=len(parts))
    else:
        inputs = [net.index, net.builder.integers(sizes), where]
        net.builder.custom_operator("SPLIT_V", inputs, parts, NumSplits=len(parts))
    return _joined(draw, net, draw(st.permutations(parts)), net.shape, axis)


def unpack(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """UNPACK, and PACK of its parts in another order along another axis."""
    axis = draw(st.integers(0, len(net.shape) - 1))
    rest = (*net.shape[:axis], *net.shape[axis + 1 :])
    n = net.shape[axis]
    parts = [net.builder.tensor(rest, scale=net.scale, zero_point=net.zero_point) for _ in range(n)]
    net.builder.custom_operator("UNPACK", [net.index], parts, Num=n, Axis=axis)
    to = draw(st.integers(0, len(rest)))
    shape = (*rest[:to], n, *rest[to:])
    packed = draw(st.permutations(parts))
    return append(draw, net, "PACK", packed, shape, net.scale, net.zero_point, ValuesCount=n, Axis=to)


def transpose(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    order = draw(st.permutations(range(len(net.shape))))
    shape = tuple(net.shape[axis] for axis in order)
    return append(draw, net, "TRANSPOSE", [net.index, net.builder.integers(order)], shape, net.scale, net.zero_point)


def blocks(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """DEPTH_TO_SPACE or SPACE_TO_DEPTH, of what fits."""
    n, height, width, depth = net.shape
    size = draw(st.sampled_from([1, 2, 3]))
    if depth % size**2 == 0 and draw(st.booleans()):
        shape = (n, height * size, width * size, depth // size**2)
        return append(draw, net, "DEPTH_TO_SPACE", [net.index], shape, net.scale, net.zero_point, BlockSize=size)
    size = draw(st.sampled_from([size for size in (1, 2, 3) if height % size == width % size == 0]))
    shape = (n, height // size, width // size, depth * size**2)
    return append(draw, net, "SPACE_TO_DEPTH", [net.index], shape, net.scale, net.zero_point, BlockSize=size)


def batches(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """SPACE_TO_BATCH_ND, RELU, and BATCH_TO_SPACE_ND with crops; without pads, as the wheel pads with any byte."""
    n, height, width, depth = net.shape
    block = [draw(st.sampled_from([size for size in (1, 2, 3) if dim % size == 0])) for dim in (height, width)]
    parts = (n * block[0] * block[1], height // block[0], width // block[1], depth)
    crops = []
    for dim in (height, width):
        before = draw(st.integers(0, min(3, dim - 1)))
        crops.append((before, draw(st.integers(0, min(3, dim - 1 - before)))))
    shape = (n, height - sum(crops[0]), width - sum(crops[1]), depth)
    sizes = net.builder.integers(block)
    inputs = [net.index, sizes, net.builder.integers([(0, 0), (0, 0)])]
    net = append(draw, net, "SPACE_TO_BATCH_ND", inputs, parts, net.scale, net.zero_point)
    net = append(draw, net, "RELU", [net.index], parts, net.scale, net.zero_point)
    inputs = [net.index, sizes, net.builder.integers(crops)]
    return append(draw, net, "BATCH_TO_SPACE_ND", inputs, shape, net.scale, net.zero_point)


def resize_nearest(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """RESIZE_NEAREST_NEIGHBOR by a whole factor, or to any size."""
    n, height, width, depth = net.shape
    rows, columns = draw(st.sampled_from([1, 2, 3, 4])), draw(st.sampled_from([1, 2, 4]))
    target = (height * rows, width * columns)
    if draw(st.booleans()):
        target = (draw(st.integers(1, 3 * height)), draw(st.integers(1, 3 * width)))
    aligned, half = draw(st.sampled_from([(False, False), (False, True), (True, False)]))
    inputs = [net.index, net.builder.integers(target)]
    options = {"AlignCorners": aligned, "HalfPixelCenters": half}
    shape = (n, *target, depth)
    return append(draw, net, "RESIZE_NEAREST_NEIGHBOR", inputs, shape, net.scale, net.zero_point, **options)


def resize_bilinear(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """RESIZE_BILINEAR to any size."""
    target, options = random_resize(draw, net)
    inputs = [net.index, net.builder.integers(target[1:3])]
    return append(draw, net, "RESIZE_BILINEAR", inputs, target, net.scale, net.zero_point, **options)


def rearrangement(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """GATHER or GATHER_ND of known indices, REVERSE_V2, BROADCAST_TO, MIRROR_PAD or PADV2."""
    axis = draw(st.integers(0, len(net.shape) - 1))
    written = axis - len(net.shape) if draw(st.booleans()) else axis
    code = draw(st.sampled_from(["GATHER", "GATHER_ND", "REVERSE_V2", "BROADCAST_TO", "MIRROR_PAD", "PADV2"]))
    shape, inputs, options = list(net.shape), [net.index], {}
    if code == "GATHER":
        indices = draw(st.lists(st.integers(0, shape[axis] - 1), min_size=1, max_size=14))
        shape[axis] = len(indices)
        inputs.append(net.builder.integers(indices))
        options = {"Axis": written}
    elif code == "GATHER_ND":
        places = rng.integers(0, shape[: axis + 1], (draw(st.integers(1, 14)), axis + 1))
        shape = [len(places), *shape[axis + 1 :]]
        inputs.append(net.builder.integers(places))
    elif code == "REVERSE_V2":
        inputs.append(net.builder.integers([axis]))
    elif code == "BROADCAST_TO":
        shape = [dim if dim > 1 else draw(st.integers(1, 4)) for dim in shape]
        inputs.append(net.builder.integers(shape))
    else:
        mode = draw(st.integers(0, 1))
        most = [dim - 1 + mode if code == "MIRROR_PAD" else 3 for dim in shape]
        pairs = [(draw(st.integers(0, n)), draw(st.integers(0, n))) for n in most]
        shape = [before + dim + after for (before, after), dim in zip(pairs, shape, strict=True)]
        inputs.append(net.builder.integers(pairs))
        options = {"Mode": mode} if code == "MIRROR_PAD" else {}
        if code == "PADV2":
            value = draw(st.sampled_from([net.zero_point, draw(st.integers(-128, 127))]))
            inputs.append(net.builder.tensor((1,), scale=net.scale, zero_point=net.zero_point, data=np.array([value])))
    return append(draw, net, code, inputs, tuple(shape), net.scale, net.zero_point, **options)


def _joined(draw: st.DrawFn, net: Net, parts: list[int], shape: tuple[int, ...], axis: int) -> Net:
    options = {"Axis": axis, "FusedActivationFunction": 0}
    return append(draw, net, "CONCATENATION", parts, shape, net.scale, net.zero_point, **options)
