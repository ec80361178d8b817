"""Several inputs or outputs in one run of bytes, as boards take and give them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler import IoTensorInfo
from tinyhost.compiler.image_format import IMAGE_ALIGNMENT
from tinyhost.errors import UsageError

__all__ = ["pack_inputs", "pack_tensors", "unpack_tensors"]


def pack_tensors(parts: Sequence[bytes]) -> bytes:
    """Return tensors one after another, each but one alone filled up with zeros to the image's alignment."""
    if len(parts) == 1:
        return parts[0]
    return b"".join(part + bytes(-len(part) % IMAGE_ALIGNMENT) for part in parts)


def unpack_tensors(data: bytes, ends: Sequence[IoTensorInfo]) -> list[bytes]:
    """Return the bytes of each tensor; what lies between them may be anything."""
    return [data[end.offset : end.offset + end.n_bytes] for end in ends]


def pack_inputs(values: Sequence[NDArray[np.generic]], ends: Sequence[IoTensorInfo]) -> bytes:
    """Return a model's input of an array for each of its inputs; raises UsageError for other types or shapes."""
    given = [(value.dtype.name, value.shape) for value in values]
    expected = [(end.dtype, end.shape) for end in ends]
    if given != expected:
        raise UsageError(f"expected inputs of {expected}, got {given}", hint="give one array for each input, in order")
    return pack_tensors([np.ascontiguousarray(value).tobytes() for value in values])
