"""Variables of a streaming model: VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE as states of the graph."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph, Operator, State, Tensor
from tinyhost.compiler.passes.rewrite import same_quantization

__all__ = ["VARIABLE_OPERATORS", "fold_variables"]

VARIABLE_OPERATORS = ("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE")

_VIEWS = ("EXPAND_DIMS", "RESHAPE", "SQUEEZE")


def fold_variables(graph: Graph) -> Graph:
    """Return the graph with a state for each variable that is read; the graph itself if that is not possible.

    What an operator reads of a variable is the tensor that was assigned last, or before any assignment the state.
    """
    if not graph.variables:
        return graph
    folding = _Folding(_without_seeds(graph))
    return folding.graph() if folding.is_possible else graph


def _without_seeds(graph: Graph) -> Graph:
    """Return the graph without operators that only change variables on which no output depends.

    Keras exports the seed of a recurrent layer's dropout, which nothing reads.
    """
    handles = {op.outputs[:1]: op.options["Variable"] for op in graph.operators if op.code == "VAR_HANDLE"}
    wanted: set[int] = set(graph.outputs)
    kept: set[int] = set()
    n_kept = -1
    while n_kept < len(kept):
        n_kept = len(kept)
        read = {handles.get(op.inputs[:1]) for op in graph.operators if id(op) in kept and op.code == "READ_VARIABLE"}
        for operator in reversed(graph.operators):
            is_read = operator.code == "ASSIGN_VARIABLE" and handles.get(operator.inputs[:1]) in read
            if is_read or operator.code == "CALL_ONCE" or wanted.intersection(operator.outputs):
                wanted.update(operator.inputs)
                kept.add(id(operator))
    return replace(graph, operators=tuple(op for op in graph.operators if id(op) in kept))


class _Folding:
    """Follows the operators in their order."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._operators: list[Operator] = []
        self._handles: dict[int, int] = {}  # a handle's tensor to the variable
        self._before: dict[int, int] = {}  # variable to the first tensor that was read of it
        self._now: dict[int, int] = {}  # variable to the tensor that it is
        self._renamed: dict[int, int] = {}
        self.is_possible = all(self._take(operator) for operator in graph.operators) and self._fits()

    def graph(self) -> Graph:
        """Return the new graph, without variables that are never read."""
        states = tuple(State(before=before, after=self._now[variable]) for variable, before in self._before.items())
        return replace(
            self._graph,
            operators=tuple(self._operators),
            output=self._renamed.get(self._graph.output, self._graph.output),
            more_outputs=tuple(self._renamed.get(index, index) for index in self._graph.more_outputs),
            variables=(),
            states=tuple(state for state in states if state.before != state.after),
        )

    def _take(self, operator: Operator) -> bool:
        """Take one operator; return whether it is understood."""
        if operator.code == "CALL_ONCE":
            return True
        if operator.code == "VAR_HANDLE" and len(operator.outputs) == 1 and operator.outputs[0] >= 0:
            self._handles[operator.outputs[0]] = int(operator.options["Variable"])
            return True
        inputs = tuple(self._renamed.get(index, index) for index in operator.inputs)
        if operator.code not in VARIABLE_OPERATORS:
            self._operators.append(replace(operator, inputs=inputs))
            return not any(index in self._handles for index in inputs)
        variable = self._handles.get(inputs[0]) if inputs else None
        return variable is not None and self._use(operator, variable, inputs)

    def _use(self, operator: Operator, variable: int, inputs: tuple[int, ...]) -> bool:
        if operator.code == "READ_VARIABLE" and len(operator.outputs) == 1 and operator.outputs[0] >= 0:
            return self._read(variable, operator.outputs[0])
        if operator.code != "ASSIGN_VARIABLE" or len(inputs) != 2 or inputs[1] < 0:
            return False
        self._now[variable] = inputs[1]
        return True

    def _read(self, variable: int, output: int) -> bool:
        if variable not in self._now:
            self._before[variable] = self._now[variable] = output
            return True
        self._renamed[output] = self._now[variable]
        return self._is_like(output, self._now[variable])

    def _is_like(self, a: int, b: int) -> bool:
        tensors = self._graph.tensors
        return tensors[a].shape == tensors[b].shape and same_quantization(tensors[a], tensors[b])

    def _fits(self) -> bool:
        """Return whether each state is computed, int8, of one shape throughout, and starts from real zeros.

        One that becomes what another was would have to be moved before that is written: nobody exports that.
        """
        same = set(self._before.values())
        for operator in self._operators:
            if operator.code in _VIEWS and operator.inputs and operator.inputs[0] in same:
                same.update(operator.outputs)
        for variable, before in self._before.items():
            tensor, after = self._graph.tensors[before], self._graph.tensors[self._now[variable]]
            initial = self._graph.variables[variable]
            if tensor.dtype != "int8" or after.data is not None or not self._is_like(before, after.index):
                return False
            if after.index in same and after.index != before:
                return False
            if initial is not None and not _is_zero(initial, tensor):
                return False
        return True


def _is_zero(initial: Tensor, tensor: Tensor) -> bool:
    if initial.data is None or initial.dtype != "int8" or initial.shape != tensor.shape:
        return False
    return bool((initial.array() == tensor.zero_point).all())
