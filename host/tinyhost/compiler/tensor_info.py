"""Tensors of a model image as users see them."""

from __future__ import annotations

from dataclasses import dataclass

from tinyhost.compiler.image_format import TensorType

__all__ = ["IoTensorInfo", "TensorInfo"]

_ITEM_BYTES = {TensorType.INT8: 1, TensorType.UINT8: 1, TensorType.FLOAT32: 4, TensorType.INT32: 4, TensorType.INT16: 2}


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """A tensor as users see it; real value = (q - zero_point) * scale."""

    dtype: str
    """`int8`, `uint8`, `int16`, `float32`; `int32` of indices"""
    shape: tuple[int, ...]
    """outermost first"""
    scale: float
    zero_point: int

    @property
    def n_bytes(self) -> int:
        n = _ITEM_BYTES[TensorType[self.dtype.upper()]]
        for dim in self.shape:
            n *= dim
        return n

    @property
    def is_heat_map(self) -> bool:
        """Whether an output scores classes cell by cell, (1, rows, columns, classes), and is not one list of scores."""
        return len(self.shape) == 4 and self.shape[1] * self.shape[2] != 1


@dataclass(frozen=True, kw_only=True)
class IoTensorInfo(TensorInfo):
    """One of a model's inputs or outputs; several lie one after another in what a board takes and gives."""

    offset: int
    """bytes from the start"""
