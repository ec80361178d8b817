"""Random layers that keep their last rows in a variable, as models that are fed a few rows at a time are exported."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.oracle.builder import ModelBuilder
from tests.oracle.net import Model, Net, append, random_scale, random_zero_point, start
from tests.oracle.windowed_layers import conv, depthwise_conv

__all__ = ["StreamBuilder", "streaming_models", "svdf_models"]


class StreamBuilder:
    """A model's graph, and the one that a CALL_ONCE runs to set variables to real zeros."""

    def __init__(self, net: Net) -> None:
        self.graph = net.builder
        self.initial = ModelBuilder()
        self.graph.custom_operator("CALL_ONCE", [], [], InitSubgraphIndex=1)
        self._n_variables = 0

    def variable(self, shape: tuple[int, ...], scale: float, zero_point: int) -> int:
        """Add a variable and return its handle."""
        name = f"stream_{self._n_variables}/states"
        self._n_variables += 1
        zeros = np.full(shape, zero_point, np.int8)
        initial = self.initial.tensor(shape, scale=scale, zero_point=zero_point, data=zeros)
        for builder in (self.graph, self.initial):
            handle = builder.tensor((), dtype="resource")
            builder.custom_operator("VAR_HANDLE", [], [handle], SharedName=name)
            if builder is self.initial:
                builder.custom_operator("ASSIGN_VARIABLE", [handle, initial], [])
        return handle_of(self.graph)

    def build(self, root: Net, net: Net) -> bytes:
        return self.graph.build([root.index], [net.index], called=self.initial)


def handle_of(builder: ModelBuilder) -> int:
    """Return the handle that was added last."""
    return max(i for i, tensor in enumerate(builder.tensors) if tensor.dtype == "resource")


def delayed(draw: st.DrawFn, stream: StreamBuilder, net: Net) -> Net:
    """Rows that were kept before the net's own, of which the last ones are kept."""
    n_kept = draw(st.integers(1, 5))
    n, height, width, depth = net.shape
    kept = (n, n_kept, width, depth)
    handle = stream.variable(kept, net.scale, net.zero_point)
    before = net.builder.tensor(kept, scale=net.scale, zero_point=net.zero_point)
    net.builder.custom_operator("READ_VARIABLE", [handle], [before])
    options = {"Axis": 1, "FusedActivationFunction": 0}
    shape = (n, n_kept + height, width, depth)
    rows = append(draw, net, "CONCATENATION", [before, net.index], shape, net.scale, net.zero_point, **options)
    bounds = [net.builder.integers(values) for values in ([0, -n_kept, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1])]
    masks = {"BeginMask": 0b1101, "EndMask": 0b1111, "EllipsisMask": 0, "NewAxisMask": 0, "ShrinkAxisMask": 0}
    last = append(draw, rows, "STRIDED_SLICE", [rows.index, *bounds], kept, net.scale, net.zero_point, **masks)
    net.builder.custom_operator("ASSIGN_VARIABLE", [handle, last.index], [])
    return rows


def accumulated(draw: st.DrawFn, stream: StreamBuilder, net: Net) -> Net:
    """The net added to what it was before: the sum is the output, and kept."""
    handle = stream.variable(net.shape, net.scale, net.zero_point)
    before = net.builder.tensor(net.shape, scale=net.scale, zero_point=net.zero_point)
    net.builder.custom_operator("READ_VARIABLE", [handle], [before])
    total = append(
        draw,
        net,
        "ADD",
        [net.index, before],
        net.shape,
        net.scale,
        net.zero_point,
        FusedActivationFunction=draw(st.sampled_from([0, 1])),
    )
    net.builder.custom_operator("ASSIGN_VARIABLE", [handle, total.index], [])
    return total


@st.composite
def streaming_models(draw: st.DrawFn) -> Model:
    """Models of one to three layers that keep rows, with convolutions between them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (1, draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 8)))
    root = start(draw, shape=shape)
    stream = StreamBuilder(root)
    net = root
    for _ in range(draw(st.integers(1, 3))):
        net = draw(st.sampled_from([delayed, delayed, accumulated]))(draw, stream, net)
        net = draw(st.sampled_from([conv, depthwise_conv, lambda d, r, n: n]))(draw, rng, net)
    if draw(st.booleans()):
        net = append(draw, net, "QUANTIZE", [net.index], net.shape, net.scale * 1.5, random_zero_point(draw))
    return Model(data=stream.build(root, net), shape=shape, dtype="int8", seed=draw(st.integers(0, 2**32 - 1)))


def _svdf(draw: st.DrawFn, rng: np.random.Generator, net: Net) -> Net:
    """SVDF of one to three filters a unit, with a state of int16."""
    builder, n_inputs = net.builder, net.shape[-1]
    rank, n_units, memory = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 8))
    n_filters, time_scale, state_scale = rank * n_units, random_scale(draw) / 256, random_scale(draw) / 16
    feature_scale = random_scale(draw)
    features = builder.tensor(
        (n_filters, n_inputs), scale=feature_scale, data=rng.integers(-128, 128, (n_filters, n_inputs))
    )
    limit = draw(st.sampled_from([127, 2048]))
    times = rng.integers(-limit, limit + 1, (n_filters, memory))
    inputs = [net.index, features, builder.tensor(times.shape, dtype="int16", scale=time_scale, data=times)]
    bias = rng.integers(-20000, 20001, n_units)
    scale = state_scale * time_scale
    inputs.append(builder.tensor((n_units,), dtype="int32", scale=scale, data=bias))  # the wheel wants one
    inputs.append(builder.tensor((1, n_filters * memory), dtype="int16", scale=state_scale, is_variable=True))
    spread = scale * limit * 2000 * float(np.sqrt(rank * memory)) / 100
    output_scale = spread * 2.0 ** draw(st.floats(-4, 4))
    options = {"Rank": rank, "FusedActivationFunction": 1}
    return append(draw, net, "SVDF", inputs, (1, n_units), output_scale, random_zero_point(draw), **options)


@st.composite
def svdf_models(draw: st.DrawFn) -> Model:
    """Models of one or two SVDF."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    root = net = start(draw, shape=(1, draw(st.integers(1, 20))))
    for _ in range(draw(st.integers(1, 2))):
        net = _svdf(draw, rng, net)
    data = net.builder.build([root.index], [net.index])
    return Model(data=data, shape=root.shape, dtype="int8", seed=draw(st.integers(0, 2**32 - 1)))
