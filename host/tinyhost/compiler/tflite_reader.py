"""Reads a .tflite flatbuffer into a Graph, trusting none of its bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tinyhost.compiler.graph import Graph, Loop, Obstacle, Operator, Subgraph, Tensor
from tinyhost.compiler.image_format import MAX_IO_TENSORS
from tinyhost.compiler.tflite_tables import DECODING_ERRORS, TableReader
from tinyhost.errors import ModelError

__all__ = ["DECODING_ERRORS", "read_tflite"]

_IDENTIFIER = b"TFL3"
_HINT = "convert or download the model again"


def read_tflite(data: bytes, *, where: str = "model") -> Graph:
    """Return the graph of a .tflite file's bytes; `where` names the file in messages.

    More than one subgraph, and too many inputs or outputs, are the graph's `obstacles`. Raises ModelError if the bytes
    are no valid model, UnsupportedModelError for one beyond the limits of this reader.
    """
    if len(data) < 8 or data[4:8] != _IDENTIFIER:
        got = data[4:8].hex() or "nothing"
        raise ModelError(f"{where}: bytes 4..8 should be {_IDENTIFIER.hex()} (TFL3), got {got}", hint=_HINT)
    return _Reader(data, where).graph()


class _Reader(TableReader):
    def graph(self) -> Graph:
        model = self._model
        n_subgraphs = self._decode("subgraphs", model.SubgraphsLength)
        if n_subgraphs < 1:
            raise self._corrupt("subgraphs", "1 subgraph", f"{n_subgraphs}")
        subgraph = self._decode("subgraph 0", lambda: model.Subgraphs(0))
        tensors, operators = self._tensors(subgraph), self._operators(subgraph)
        initial, n_others = self._initial(subgraph, operators, n_subgraphs)
        loops = self._loops(subgraph, operators, n_subgraphs)
        inputs = self._ends("input", subgraph.InputsLength, subgraph.Inputs, tensors)
        outputs = self._ends("output", subgraph.OutputsLength, subgraph.Outputs, tensors)
        if len(set(inputs)) < len(inputs):
            raise self._corrupt("inputs", "each once", str(inputs[:8]))
        return Graph(
            tensors=tensors,
            operators=operators,
            input=inputs[0],
            output=outputs[0],
            more_inputs=inputs[1:],
            more_outputs=outputs[1:],
            sha256=self._sha256,
            obstacles=(*self._obstacles, *_of_subgraphs(n_subgraphs, n_others - 2 * len(loops))),
            loops=loops,
            variables=tuple(initial.get(number) for number in range(len(self._variables))),
        )

    def _loops(self, subgraph: Any, operators: Sequence[Operator], n_subgraphs: int) -> dict[int, Loop]:
        """Return the loops of WHILE operators, by these operators' indices."""
        loops: dict[int, Loop] = {}
        parts: dict[int, Subgraph] = {}
        for operator in operators:
            if operator.code != "WHILE":
                continue
            table = self._decode("WHILE", partial(subgraph.Operators, operator.index))
            options = self._table_options("WHILE", table, "WhileOptions")
            if options is None:
                continue
            indices = [self._decode("WHILE", getattr(options, f"{part}SubgraphIndex")) for part in ("Cond", "Body")]
            if all(0 < index < n_subgraphs for index in indices):
                parts.update((index, self._subgraph(index)) for index in indices if index not in parts)
                condition, body = (parts[index] for index in indices)
                loops[operator.index] = Loop(condition=condition, body=body)
        return loops

    def _subgraph(self, index: int) -> Subgraph:
        subgraph = self._decode(f"subgraph {index}", lambda: self._model.Subgraphs(index))
        tensors = self._tensors(subgraph)
        ends = (
            self._indices(f"subgraph {index}: {what}s", length, item, len(tensors))
            for what, length, item in (
                ("input", subgraph.InputsLength, subgraph.Inputs),
                ("output", subgraph.OutputsLength, subgraph.Outputs),
            )
        )
        inputs, outputs = ends
        return Subgraph(tensors=tensors, operators=self._operators(subgraph), inputs=inputs, outputs=outputs)

    def _initial(self, subgraph: Any, operators: Sequence[Operator], n_subgraphs: int) -> tuple[dict[int, Tensor], int]:
        """Return what variables start from, by their numbers, and how many subgraphs do anything else."""
        initial: dict[int, Tensor] = {}
        n_others = n_subgraphs - 1
        for operator in operators:
            found = self._assigned(subgraph, operator, n_subgraphs) if operator.code == "CALL_ONCE" else None
            if found is not None:
                initial.update(found)
                n_others -= 1
        return initial, max(n_others, 0)

    def _assigned(self, subgraph: Any, call: Operator, n_subgraphs: int) -> dict[int, Tensor] | None:
        """Return what a CALL_ONCE assigns; None if it does anything but assign constants to variables."""
        table = self._decode("CALL_ONCE", lambda: subgraph.Operators(call.index))
        options = self._table_options("CALL_ONCE", table, "CallOnceOptions")
        index = 0 if options is None else self._decode("CALL_ONCE: options", options.InitSubgraphIndex)
        if not 0 < index < n_subgraphs:
            return None
        called = self._decode(f"subgraph {index}", lambda: self._model.Subgraphs(index))
        operators = self._operators(called)
        handles: dict[int, int] = {}
        assigned: dict[int, Tensor] = {}
        for operator in operators:
            if operator.code == "VAR_HANDLE" and len(operator.outputs) == 1:
                handles[operator.outputs[0]] = int(operator.options["Variable"])
            elif operator.code == "ASSIGN_VARIABLE" and len(operator.inputs) == 2 and operator.inputs[0] in handles:
                if operator.inputs[1] < 0:
                    return None
                assigned[handles[operator.inputs[0]]] = self._tensor(operator.inputs[1], called)
            else:
                return None
        return assigned

    def _ends(
        self, what: str, length: Callable[[], int], item: Callable[[int], int], tensors: tuple[Tensor, ...]
    ) -> tuple[int, ...]:
        """Return the model's inputs or outputs, in the file's order."""
        indices = self._indices(f"{what}s", length, item, len(tensors))
        if len(indices) > MAX_IO_TENSORS:
            words = f"{len(indices)} {what}s; supported: at most {MAX_IO_TENSORS}"
            self._obstacles.append(Obstacle(words=words, way_out=f"export a model with fewer {what}s"))
        if not indices or min(indices) < 0:
            raise self._corrupt(what, "a tensor", str(indices[:8]))
        empty = next((tensors[index] for index in indices if tensors[index].n_elements == 0), None)
        if empty is not None:
            which = what if len(indices) == 1 else f"{what} {empty.name!r}"
            words = f"its {which} has no elements (shape {empty.shape})"
            self._obstacles.append(Obstacle(words=words, way_out="export the model with a batch of 1"))
        return indices


def _of_subgraphs(n: int, n_others: int) -> tuple[Obstacle, ...]:
    """Return the obstacle of n_others of n subgraphs; the operators that call them are obstacles of their own."""
    return () if n_others <= 0 else (Obstacle(words=f"{n} subgraphs; supported: 1", way_out=""),)
