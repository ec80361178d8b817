"""The options of operators that the compiler reads: the table of the schema that holds them, and its fields."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["OPTIONS"]

_ACTIVATION = ("FusedActivationFunction",)
_WINDOW = ("Padding", "StrideW", "StrideH")
_DILATION = ("DilationWFactor", "DilationHFactor")
_POOL = ("Pool2DOptions", (*_WINDOW, "FilterWidth", "FilterHeight", *_ACTIVATION))
_REDUCER = ("ReducerOptions", ("KeepDims",))
_MASKS = ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset")

OPTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ADD": ("AddOptions", _ACTIVATION),
    "AVERAGE_POOL_2D": _POOL,
    "BATCH_MATMUL": ("BatchMatMulOptions", ("AdjX", "AdjY")),
    "CONCATENATION": ("ConcatenationOptions", ("Axis", *_ACTIVATION)),
    "CONV_2D": ("Conv2DOptions", (*_WINDOW, *_ACTIVATION, *_DILATION, "QuantizedBiasType")),
    "CUMSUM": ("CumsumOptions", ("Exclusive", "Reverse")),
    "DEPTH_TO_SPACE": ("DepthToSpaceOptions", ("BlockSize",)),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", (*_WINDOW, "DepthMultiplier", *_ACTIVATION, *_DILATION)),
    "DIV": ("DivOptions", _ACTIVATION),
    "FULLY_CONNECTED": ("FullyConnectedOptions", (*_ACTIVATION, "WeightsFormat", "KeepNumDims", "QuantizedBiasType")),
    "GATHER": ("GatherOptions", ("Axis", "BatchDims")),
    "GELU": ("GeluOptions", ("Approximate",)),
    "L2_NORMALIZATION": ("L2NormOptions", _ACTIVATION),
    "LEAKY_RELU": ("LeakyReluOptions", ("Alpha",)),
    "MAX_POOL_2D": _POOL,
    "MEAN": _REDUCER,
    "MIRROR_PAD": ("MirrorPadOptions", ("Mode",)),
    "MUL": ("MulOptions", _ACTIVATION),
    "PACK": ("PackOptions", ("Axis",)),
    "REDUCE_ALL": _REDUCER,
    "REDUCE_ANY": _REDUCER,
    "REDUCE_MAX": _REDUCER,
    "REDUCE_MIN": _REDUCER,
    "REDUCE_PROD": _REDUCER,
    "RESIZE_BILINEAR": ("ResizeBilinearOptions", ("AlignCorners", "HalfPixelCenters")),
    "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", ("AlignCorners", "HalfPixelCenters")),
    "SOFTMAX": ("SoftmaxOptions", ("Beta",)),
    "SPACE_TO_DEPTH": ("SpaceToDepthOptions", ("BlockSize",)),
    "STRIDED_SLICE": ("StridedSliceOptions", _MASKS),
    "SUB": ("SubOptions", _ACTIVATION),
    "SUM": _REDUCER,
    "SVDF": ("SVDFOptions", ("Rank", *_ACTIVATION)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": ("UnidirectionalSequenceLSTMOptions", (*_ACTIVATION, "CellClip", "TimeMajor")),
    "TRANSPOSE_CONV": ("TransposeConvOptions", (*_WINDOW, *_ACTIVATION)),
    "UNPACK": ("UnpackOptions", ("Axis",)),
}
"""By the operator's name."""
