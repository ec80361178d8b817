"""Restores dilated convolutions that a converter has written between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND.

It does so for a batch of any size. Taken apart into a batch of pixels that lie `block` apart, a picture is convolved
with what is then a convolution without dilation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.batches import rewrite_batches
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.passes.rewrite import AXES, producer_of, readers_of, same_quantization

__all__ = ["DILATING_OPERATORS", "fold_dilation"]

_Integers: TypeAlias = NDArray[np.int64]

DILATING_OPERATORS = ("BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND")
_VIEWS = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")
_CONVERSIONS = ("DEQUANTIZE", "QUANTIZE")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_VALID = 1
_MAX_LENGTH = 7
"""Operators between the two."""


@dataclass(frozen=True, kw_only=True)
class _Chain:
    """SPACE_TO_BATCH_ND, a convolution with views and conversions around it, and BATCH_TO_SPACE_ND."""

    first: Operator
    before: tuple[Operator, ...]
    convolution: Operator
    after: tuple[Operator, ...]
    last: Operator

    def between(self) -> tuple[Operator, ...]:
        """Return the operators between the two ends."""
        return *self.before, self.convolution, *self.after


@dataclass(frozen=True, kw_only=True)
class _Axis:
    """One axis of the picture, which counts as `pad` pixels longer before it.

    parts: its pixels in a block, with pads. end: outputs of a filter of one tap.
    """

    size: int
    block: int
    pad: int
    parts: int
    end: int
    output: int


def fold_dilation(graph: Graph) -> Graph:
    """Return the graph with each such chain as one dilated convolution; others become copies where that is possible.

    Convolutions may share a SPACE_TO_BATCH_ND: those of a gate, or of several filters of one dilation.
    """
    draft = Draft(graph)
    folded: dict[int, _Chain] = {}
    for operator in graph.operators:
        chain = _chain(graph, operator) if operator.code == "BATCH_TO_SPACE_ND" else None
        if chain is not None and _axes(draft, chain) is not None:
            folded[id(operator)] = chain
    gone = _unread(graph, folded)
    for operator in graph.operators:
        if id(operator) in folded:
            _emit(draft, folded[id(operator)])
        elif id(operator) not in gone and not (
            operator.code in DILATING_OPERATORS and rewrite_batches(draft, operator)
        ):
            draft.keep(operator)
    return draft.graph()


def _chain(graph: Graph, last: Operator) -> _Chain | None:
    path: list[Operator] = []
    operator: Operator | None = last
    while len(path) <= _MAX_LENGTH and operator is not None and operator.inputs:
        operator = producer_of(graph, operator.inputs[0])
        if operator is None or operator.code not in (*_CONVOLUTIONS, *_VIEWS, *_CONVERSIONS, "SPACE_TO_BATCH_ND"):
            return None
        if operator.code == "SPACE_TO_BATCH_ND":
            places = [place for place, item in enumerate(path) if item.code in _CONVOLUTIONS]
            if len(places) != 1:
                return None
            before, after = tuple(path[: places[0]]), tuple(path[places[0] + 1 :])
            return _Chain(first=operator, before=before, convolution=path[places[0]], after=after, last=last)
        path.insert(0, operator)
    return None


def _unread(graph: Graph, folded: Mapping[int, _Chain]) -> set[int]:
    """Return the operators of chains that nothing reads once the chains are folded, by identity."""
    chained = {id(op) for chain in folded.values() for op in (chain.first, *chain.between())}
    gone = set(folded)
    for operator in reversed(graph.operators):
        if id(operator) not in chained:
            continue
        readers = [id(reader) for output in operator.outputs for reader in readers_of(graph, output)]
        if gone.issuperset(readers) and not set(graph.results) & set(operator.outputs):
            gone.add(id(operator))
    return gone


def _axes(draft: Draft, chain: _Chain) -> Mapping[str, _Axis] | None:
    """Return the picture's axes as the convolution sees them; None if a dilation does not explain them."""
    constants = _constants(draft, chain)
    source, output = draft.tensors[chain.first.inputs[0]], draft.tensors[chain.last.outputs[0]]
    data, filters = (draft.tensors[index] for index in chain.convolution.inputs[:2])
    if constants is None or len(data.shape) != 4 or len(filters.shape) != 4:
        return None
    block, pads, crops = constants
    n = block.size
    shapes_fit = len(source.shape) == len(output.shape) == n + 2 and source.shape[0] == output.shape[0] == 1
    if not shapes_fit or pads.shape != (n, 2) or crops.shape != (n, 2):
        return None
    found = [
        _axis(source.shape[1 + i], output.shape[1 + i], int(block[i]), pads[i].tolist(), crops[i].tolist())
        for i in range(n)
    ]
    axes = [axis for axis in found if axis is not None]
    return _as_seen(axes, data.shape, filters.shape) if len(axes) == n <= len(AXES) else None


def _constants(draft: Draft, chain: _Chain) -> tuple[_Integers, _Integers, _Integers] | None:
    """Return block, pads and crops, if the convolution is a plain one and bytes mean the same throughout."""
    options = chain.convolution.options
    plain = [int(options[name]) for name in ("Padding", "StrideH", "StrideW", "DilationHFactor", "DilationWFactor")]
    known = [draft.integers(index) for chained in (chain.first, chain.last) for index in chained.inputs[1:]]
    if plain != [_VALID, 1, 1, 1, 1] or len(known) != 4:
        return None
    moves = (chain.first, chain.last, *(item for item in chain.between() if item.code in _VIEWS))
    ends = [(item.inputs[0], item.outputs[0]) for item in moves]
    if not all(same_quantization(draft.tensors[a], draft.tensors[b]) for a, b in ends):
        return None
    block, pads, last_block, crops = known
    if block is None or pads is None or last_block is None or crops is None or not np.array_equal(block, last_block):
        return None
    return block, pads, crops


def _axis(size: int, output: int, block: int, pads: Sequence[int], crops: Sequence[int]) -> _Axis | None:
    if block < 1 or min(*pads, *crops) < 0 or (size + sum(pads)) % block or pads[0] < crops[0]:
        return None
    padded = size + sum(pads)
    return _Axis(
        size=size,
        block=block,
        pad=pads[0] - crops[0],
        parts=padded // block,
        end=padded - sum(crops),
        output=output,
    )


def _as_seen(axes: Sequence[_Axis], data: Sequence[int], filters: Sequence[int]) -> Mapping[str, _Axis] | None:
    """Return axes by name: both, or the one of a line and a single row or column."""
    single = _Axis(size=1, block=1, pad=0, parts=1, end=1, output=1)
    if len(axes) == 2:
        choices = [dict(zip("HW", axes, strict=True))]
    else:  # of one axis: of three there is no convolution
        choices = [{"H": single, "W": axis} for axis in axes] + [{"H": axis, "W": single} for axis in axes]
    for choice in choices:
        if all(data[AXES[name]] == choice[name].parts for name in "HW") and _fits(choice, filters):
            return choice
    return None


def _fits(axes: Mapping[str, _Axis], filters: Sequence[int]) -> bool:
    """Return whether outputs are as many as the windows, all of which reach into the picture."""
    for name, axis in axes.items():
        reach = (filters[AXES[name]] - 1) * axis.block
        if axis.output < 1 or axis.output != axis.end - reach or axis.pad > reach:
            return False
        if axis.output - 1 - axis.pad >= axis.size:
            return False
    return True


def _emit(draft: Draft, chain: _Chain) -> None:
    axes = _axes(draft, chain)
    assert axes is not None
    source, output = draft.tensors[chain.first.inputs[0]], draft.tensors[chain.convolution.outputs[0]]
    picture = (1, axes["H"].size, axes["W"].size, source.shape[-1])
    data = _converted(draft, chain.before, draft.viewed(chain.first, source.index, picture))
    result = draft.tensor(output, (1, axes["H"].output, axes["W"].output, output.shape[3]))
    options = {
        **chain.convolution.options,
        **{f"Dilation{name}Factor": axis.block for name, axis in axes.items()},
        **{f"PadBefore{name}": axis.pad for name, axis in axes.items()},
        **{f"Output{name}": axis.output for name, axis in axes.items()},
    }
    inputs = (data, *chain.convolution.inputs[1:])
    draft.keep(replace(chain.convolution, inputs=inputs, outputs=(result,), options=options))
    draft.view(chain.last, _converted(draft, chain.after, result), chain.last.outputs[0])


def _converted(draft: Draft, operators: Sequence[Operator], index: int) -> int:
    """Convert a whole picture as these operators, among which there are views, convert its parts; return the result."""
    for operator in operators:
        if operator.code in _CONVERSIONS:
            like, shape = draft.tensors[operator.outputs[0]], draft.tensors[index].shape
            index = draft.emit(operator, operator.code, [index], draft.tensor(like, shape), operator.options)
    return index
