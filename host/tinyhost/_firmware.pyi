"""The firmware's portable libraries, compiled for this computer (host/ext)."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

class StatusError(RuntimeError):
    """A firmware call answered with a status other than OK."""

    status: int

class TensorDescription(TypedDict):
    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    n_bytes: int

class Engine:
    """The firmware's inference engine, with an image and an arena of its own."""

    def __init__(self, arena_bytes: int = 1048576) -> None: ...
    def load(self, image: bytes) -> None:
        """Load a model image; raises StatusError if it is refused."""
    def set_input(self, values: bytes | NDArray[np.generic]) -> None:
        """Copy bytes or an array into the input tensor; ValueError if the size differs."""
    def invoke(self) -> None: ...
    def invoke_range(self, first: int, last: int) -> None:
        """Run operators [first, last)."""
    def input(self) -> NDArray[np.generic]: ...
    def output(self) -> NDArray[np.generic]: ...
    def operator_output(self, index: int) -> NDArray[np.generic]:
        """Return a copy of an operator's output; valid right after that operator ran."""
    def operator_name(self, index: int) -> str: ...
    @property
    def n_operators(self) -> int: ...
    @property
    def input_info(self) -> TensorDescription: ...
    @property
    def output_info(self) -> TensorDescription: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def work(self) -> int:
        """An upper bound of the elementary steps of one invoke."""

def crc32(data: bytes, crc: int = 0) -> int: ...
def preprocess_frame(
    gray: NDArray[np.uint8], shape: tuple[int, int, int], pixel_map: tuple[int, int] = ...
) -> NDArray[np.int8]:
    """Return the (height, width, channels) tensor that the firmware makes of a (h, w) grayscale frame.

    pixel_map: multiplier and offset, Q16, as ModelMetadata has them; by default pixel - 128.
    """
