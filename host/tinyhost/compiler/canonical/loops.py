"""Unrolls loops that run a known number of times, as Keras writes recurrent layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tinyhost.compiler.canonical.constants import fold_constant
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Graph, Loop, Obstacle, Operator, Subgraph
from tinyhost.compiler.image_format import MAX_OPERATORS

__all__ = ["unroll_loops"]

_MAX_PLACED = 8 * MAX_OPERATORS
"""Operators of all runs of all loops, those of constants, too: bounds the work for a hostile file."""
_SHORTER = (
    "give the model a shorter window, or convert an LSTM from tf_keras with a batch of 1, which is one operator "
    "whatever the window's length (docs/guides/keras.md)"
)


def unroll_loops(graph: Graph) -> Graph:
    """Return the graph without the loops whose condition follows from constants; others stay and are refused."""
    if not graph.loops:
        return graph
    draft = Draft(graph)
    obstacles = list(graph.obstacles)
    n_left = _MAX_PLACED
    for operator in graph.operators:
        loop = graph.loops.get(operator.index)
        if loop is None:
            draft.keep(operator)
            continue
        unrolling = _Unrolling(draft=draft, operator=operator, loop=loop, n_left=n_left)
        is_known = unrolling.run()
        n_left = unrolling.n_left
        if not is_known:
            draft.keep(operator)
        elif unrolling.is_too_long:
            words = f"operator {operator.index} (WHILE): its steps come to more than {MAX_OPERATORS:,} operators"
            obstacles.append(Obstacle(words=words, way_out=_SHORTER))
        else:
            unrolling.emit()
    return replace(draft.graph(), obstacles=tuple(obstacles), loops={})


@dataclass(kw_only=True)
class _Unrolling:
    """A WHILE that is being unrolled."""

    draft: Draft
    operator: Operator
    loop: Loop
    n_left: int
    """operators that may still be placed, those of constants, too"""
    operators: list[Operator] = field(default_factory=list)
    carried: list[int] = field(default_factory=list)
    """tensors that go from one run of the body to the next"""
    _constants: dict[tuple[int, int], int] = field(default_factory=dict)
    """of subgraphs, by identity and index, which all runs share"""

    def run(self) -> bool:
        """Collect the operators of all iterations until there are too many; return whether the condition is known."""
        condition, body, n_tensors = self.loop.condition, self.loop.body, len(self.draft.tensors)
        ends = (self.operator.inputs, self.operator.outputs, condition.inputs, body.inputs, body.outputs)
        fits = len({len(each) for each in ends}) == 1 and len(condition.outputs) == 1
        fits = fits and min(*self.operator.inputs, *self.operator.outputs) >= 0
        self.carried = list(self.operator.inputs)
        while fits and not self.is_too_long:
            holds = self._condition()
            if holds is None:
                break
            if not holds:
                return True
            self.carried, made = self._inlined(body)
            self.operators += made
            fits = bool(made) and min(self.carried) >= 0
        del self.draft.tensors[n_tensors:]
        return fits and self.is_too_long

    @property
    def is_too_long(self) -> bool:
        return self.n_left < 0 or len(self.operators) > MAX_OPERATORS

    def emit(self) -> None:
        """Add the operators, and the outputs of the WHILE."""
        for operator in self.operators:
            self.draft.keep(operator)
        for source, output in zip(self.carried, self.operator.outputs, strict=True):
            tensor = self.draft.tensors[source]
            if tensor.data is not None:
                self.draft.tensors[output] = replace(tensor, index=output)
            else:
                self.draft.view(self.operator, source, output)

    def _condition(self) -> bool | None:
        (result,), left = self._inlined(self.loop.condition)
        values = None if left or result < 0 else self.draft.integers(result)
        return None if values is None or values.size != 1 else bool(values.reshape(())[()])

    def _inlined(self, part: Subgraph) -> tuple[list[int], list[Operator]]:
        """Return a subgraph's outputs for the loop's values, and its operators except those on constants."""
        places = dict(zip(part.inputs, self.carried, strict=True))
        made: list[Operator] = []
        self.n_left -= len(part.operators)
        for operator in part.operators:
            inputs = tuple(self._placed(part, places, index) for index in operator.inputs)
            for index in operator.outputs:
                places[index] = self.draft.tensor(part.tensors[index], part.tensors[index].shape) if index >= 0 else -1
            outputs = tuple(places[index] for index in operator.outputs)
            placed = replace(operator, index=self.operator.index, inputs=inputs, outputs=outputs)
            if not fold_constant(self.draft, placed):
                made.append(placed)
        return self._all_placed(part, places, part.outputs), made

    def _all_placed(self, part: Subgraph, places: dict[int, int], indices: Sequence[int]) -> list[int]:
        return [self._placed(part, places, index) for index in indices]

    def _placed(self, part: Subgraph, places: dict[int, int], index: int) -> int:
        """Return the graph's tensor for one of a subgraph; -1 for an omitted one, and for one that nothing computes."""
        if index < 0 or index in places:
            return places.get(index, -1)
        tensor = part.tensors[index]
        if tensor.data is None:
            return -1
        key = id(part), index
        if key not in self._constants:
            self._constants[key] = self.draft.tensor(tensor, tensor.shape)
            self.draft.tensors[-1] = replace(self.draft.tensors[-1], data=tensor.data)
        return self._constants[key]
