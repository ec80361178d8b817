"""Sequential networks in a few words, with weights from a fixed seed and quantization that fills the range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.oracle.builder import ModelBuilder

__all__ = ["SAME", "VALID", "Sketch", "Tip"]

SAME, VALID = 0, 1
_WEIGHT_SCALE = 0.004
_SPREAD = 40
"""Standard deviation of a layer's outputs in quantized units, so that few saturate."""
_DEVIATION = 74
"""Of uniform int8 values."""


@dataclass(frozen=True, kw_only=True)
class Tip:
    """A tensor of a sketch."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def depth(self) -> int:
        """Channels."""
        return self.shape[-1]


class Sketch:
    """A network that grows at its tip; every method that adds a layer returns the sketch."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._builder = ModelBuilder()
        self._rng = np.random.default_rng(0)
        index = self._builder.tensor(shape, scale=0.02, zero_point=-1)
        self._input = self._tip = Tip(index=index, shape=shape, scale=0.02, zero_point=-1)

    @property
    def depth(self) -> int:
        """Channels at the tip."""
        return self._tip.depth

    def mark(self) -> Tip:
        """Return the tip, for a branch to start from or to be joined later."""
        return self._tip

    def restart(self, tip: Tip) -> Sketch:
        """Go on from a marked tip."""
        self._tip = tip
        return self

    def tflite(self) -> bytes:
        """Return the .tflite file."""
        return self._builder.build([self._input.index], [self._tip.index])

    def conv(
        self,
        n_out: int,
        size: int | tuple[int, int],
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        padding: int = SAME,
        activation: int = 1,
    ) -> Sketch:
        """Add a convolution."""
        height, width = (size, size) if isinstance(size, int) else size
        weights = (n_out, height, width, self.depth // groups)
        window = {"StrideH": stride, "StrideW": stride, "DilationHFactor": dilation, "DilationWFactor": dilation}
        shape = self._window_shape((height, width), stride, dilation, padding, n_out)
        return self._weighted("CONV_2D", weights, 0, shape, activation, Padding=padding, **window)

    def depthwise(
        self,
        size: int | tuple[int, int],
        *,
        stride: int = 1,
        dilation: int = 1,
        multiplier: int = 1,
        padding: int = SAME,
        activation: int = 1,
    ) -> Sketch:
        """Add a depthwise convolution."""
        height, width = (size, size) if isinstance(size, int) else size
        n_out = self.depth * multiplier
        window = {"StrideH": stride, "StrideW": stride, "DilationHFactor": dilation, "DilationWFactor": dilation}
        shape = self._window_shape((height, width), stride, dilation, padding, n_out)
        options = {"Padding": padding, "DepthMultiplier": multiplier, **window}
        return self._weighted("DEPTHWISE_CONV_2D", (1, height, width, n_out), 3, shape, activation, **options)

    def dense(self, n_out: int, *, activation: int = 0, per_tensor: bool = False) -> Sketch:
        """Add a fully connected layer; per_tensor: of one scale for all weights."""
        n_in = int(np.prod(self._tip.shape[1:]))
        weights = (n_out, n_in)
        return self._weighted("FULLY_CONNECTED", weights, 0, (1, n_out), activation, n_scales=int(per_tensor))

    def add(self, other: Tip, *, code: str = "ADD", activation: int = 0) -> Sketch:
        """Add the tip and another tensor; with code SUB the tip is subtracted."""
        inputs = [other.index, self._tip.index]
        scale = 1.5 * max(self._tip.scale, other.scale)
        return self._layer(code, inputs, self._tip.shape, scale, activation, FusedActivationFunction=activation)

    def mul(self, other: Tip, *, activation: int = 0) -> Sketch:
        """Multiply the tip and another tensor."""
        scale = self._tip.scale * other.scale * _SPREAD
        inputs = [self._tip.index, other.index]
        return self._layer("MUL", inputs, self._tip.shape, scale, activation, FusedActivationFunction=activation)

    def constant(self, *shape: int, scale: float = 0.015) -> Tip:
        """Return a tensor of random values."""
        data = self._rng.integers(-127, 128, shape)
        index = self._builder.tensor(shape, scale=scale, zero_point=2, data=data)
        return Tip(index=index, shape=shape, scale=scale, zero_point=2)

    def pointwise(self, code: str, scale: float, zero_point: int, **options: float) -> Sketch:
        """Add an operator of one tensor that keeps its shape."""
        output = self._builder.tensor(self._tip.shape, scale=scale, zero_point=zero_point)
        self._builder.operator(code, [self._tip.index], output, **options)
        self._tip = Tip(index=output, shape=self._tip.shape, scale=scale, zero_point=zero_point)
        return self

    def concat(self, tips: Sequence[Tip]) -> Sketch:
        """Join tensors along their channels, all brought to one quantization first."""
        scale, zero_point = max(tip.scale for tip in tips), tips[0].zero_point
        inputs = []
        for tip in tips:
            inputs.append(self._builder.tensor(tip.shape, scale=scale, zero_point=zero_point))
            self._builder.operator("QUANTIZE", [tip.index], inputs[-1])
        shape = (*tips[0].shape[:-1], sum(tip.depth for tip in tips))
        output = self._builder.tensor(shape, scale=scale, zero_point=zero_point)
        self._builder.operator("CONCATENATION", inputs, output, Axis=3, FusedActivationFunction=0)
        self._tip = Tip(index=output, shape=shape, scale=scale, zero_point=zero_point)
        return self

    def pad(self, before: int, after: int) -> Sketch:
        """Pad height and width."""
        n, height, width, depth = self._tip.shape
        pairs = np.array([[0, 0], [before, after], [before, after], [0, 0]])
        shape = (n, height + before + after, width + before + after, depth)
        return self._same_quantization("PAD", [self._builder.integers(pairs)], shape)

    def pool(
        self, code: str, size: int | tuple[int, int], *, stride: int | None = None, padding: int = VALID
    ) -> Sketch:
        """Add a pool; without a stride its windows lie side by side."""
        height, width = (size, size) if isinstance(size, int) else size
        strides = (stride or height, stride or width)
        cut = [0 if padding == SAME else taps - 1 for taps in (height, width)]
        sizes = [-(-(dim - less) // step) for dim, less, step in zip(self._tip.shape[1:3], cut, strides, strict=True)]
        shape = (1, sizes[0], sizes[1], self.depth)
        window = {"StrideH": strides[0], "StrideW": strides[1], "FilterHeight": height, "FilterWidth": width}
        return self._same_quantization(code, [], shape, Padding=padding, FusedActivationFunction=0, **window)

    def mean(self) -> Sketch:
        """Average over height and width."""
        axes = self._builder.integers([1, 2])
        return self._same_quantization("MEAN", [axes], (1, self.depth), KeepDims=False)

    def softmax(self) -> Sketch:
        """Add a softmax."""
        output = self._builder.tensor(self._tip.shape, scale=1 / 256, zero_point=-128)
        self._builder.operator("SOFTMAX", [self._tip.index], output, Beta=1.0)
        self._tip = Tip(index=output, shape=self._tip.shape, scale=1 / 256, zero_point=-128)
        return self

    def _window_shape(
        self, size: tuple[int, int], stride: int, dilation: int, padding: int, depth: int
    ) -> tuple[int, ...]:
        n, *picture, _ = self._tip.shape
        cut = [0 if padding == SAME else (taps - 1) * dilation for taps in size]
        sizes = [-(-(dim - less) // stride) for dim, less in zip(picture, cut, strict=True)]
        return (n, *sizes, depth)

    def _weighted(
        self,
        code: str,
        weights: tuple[int, ...],
        axis: int,
        shape: tuple[int, ...],
        activation: int,
        *,
        n_scales: int = 0,
        **options: int,
    ) -> Sketch:
        """n_scales: of the weights; 0: one for each output."""
        n_out, n_taps = shape[-1], int(np.prod(weights)) // shape[-1]
        data = self._rng.integers(-127, 128, weights)
        factors = self._rng.uniform(0.7, 1.4, n_scales or n_out)
        scales = [_WEIGHT_SCALE * float(factor) for factor in factors]
        filters = self._builder.tensor(weights, scale=scales, axis=axis, data=data)
        sigma = _DEVIATION * _DEVIATION * n_taps**0.5
        bias = self._rng.normal(0, sigma / 2, n_out).astype(np.int64)
        biases = self._builder.tensor(
            (n_out,), dtype="int32", scale=[scale * self._tip.scale for scale in scales], data=bias
        )
        scale = self._tip.scale * _WEIGHT_SCALE * sigma / _SPREAD
        inputs = [self._tip.index, filters, biases]
        return self._layer(code, inputs, shape, scale, activation, FusedActivationFunction=activation, **options)

    def _layer(
        self, code: str, inputs: list[int], shape: tuple[int, ...], scale: float, activation: int, **options: int
    ) -> Sketch:
        zero_point = -128 if activation else 3
        if activation == 3:
            scale = 6 / 255
        output = self._builder.tensor(shape, scale=scale, zero_point=zero_point)
        self._builder.operator(code, inputs, output, **options)
        self._tip = Tip(index=output, shape=shape, scale=scale, zero_point=zero_point)
        return self

    def _same_quantization(self, code: str, more: list[int], shape: tuple[int, ...], **options: int) -> Sketch:
        tip = self._tip
        output = self._builder.tensor(shape, scale=tip.scale, zero_point=tip.zero_point)
        self._builder.operator(code, [tip.index, *more], output, **options)
        self._tip = Tip(index=output, shape=shape, scale=tip.scale, zero_point=tip.zero_point)
        return self
