"""A TensorFlow Lite graph as plain values: what the reader produces and the lowering consumes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Graph", "Loop", "Obstacle", "Operator", "OptionValue", "Quantization", "State", "Subgraph", "Tensor"]

OptionValue: TypeAlias = int | float


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """real value = (q - zero_point) * scale, per tensor (one entry) or per index of dimension `axis`.

    Converters write any axis for a bias; only that of weights means something.
    """

    scales: NDArray[np.float32]
    zero_points: NDArray[np.int64]
    axis: int


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One tensor of the graph."""

    index: int
    name: str
    dtype: str
    """TensorFlow Lite's name in lower case: int8, int32, float32, ..."""
    shape: tuple[int, ...]
    quantization: Quantization | None
    data: bytes | None
    """its bytes if it is a constant"""
    is_sparse: bool = False
    """a constant of which the file holds only some elements; data is None"""

    @property
    def n_elements(self) -> int:
        return math.prod(self.shape)

    @property
    def scale(self) -> np.float32:
        """The per-tensor scale; 0 without quantization."""
        return np.float32(self.quantization.scales[0]) if self.quantization else np.float32(0)

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point; 0 without quantization."""
        return int(self.quantization.zero_points[0]) if self.quantization else 0

    def array(self) -> NDArray[np.generic]:
        """Return a constant's values in its shape; only for dtypes that numpy names alike."""
        assert self.data is not None
        return np.frombuffer(self.data, dtype=np.dtype(self.dtype).newbyteorder("<")).reshape(self.shape)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One operator; an omitted optional input is -1."""

    index: int
    code: str
    """TensorFlow Lite's name: CONV_2D, ..."""
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, OptionValue]


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One reason why a model cannot run on the engine."""

    words: str
    """what it is"""
    way_out: str
    """what to do about it; may be empty"""


@dataclass(frozen=True, kw_only=True)
class State:
    """What a model keeps from one inference to the next: tensors of one type and shape."""

    before: int
    """read; a reset fills it with its zero point"""
    after: int
    """what it becomes when the inference is done"""


@dataclass(frozen=True, kw_only=True)
class Subgraph:
    """The graph that a loop runs; its indices refer to its own tensors."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A WHILE: its body runs on its own outputs as long as the condition holds for them."""

    condition: Subgraph
    body: Subgraph


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """The first subgraph of a model, operators in execution order; equal to itself only."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: int
    output: int
    sha256: bytes
    more_inputs: tuple[int, ...] = ()
    """behind `input`, in the file's order"""
    more_outputs: tuple[int, ...] = ()
    """behind `output`"""
    obstacles: tuple[Obstacle, ...] = ()
    """of the file as a whole: then it is no graph to run"""
    variables: tuple[Tensor | None, ...] = ()
    """of the file, by the number that its operators' option Variable names: what each starts from; None: not told"""
    loops: Mapping[int, Loop] = field(default_factory=dict)
    """of the file, by the index of their WHILE"""
    states: tuple[State, ...] = ()
    """of variables, once canonical has seen to them"""

    @property
    def inputs(self) -> tuple[int, ...]:
        return (self.input, *self.more_inputs)

    @property
    def outputs(self) -> tuple[int, ...]:
        return (self.output, *self.more_outputs)

    @property
    def results(self) -> tuple[int, ...]:
        """The tensors that an inference computes: the outputs, and the states' next values."""
        return (*self.outputs, *(state.after for state in self.states))
