"""Whether a graph's steps can run in their order."""

from __future__ import annotations

from collections.abc import Sequence

from tinyhost.compiler.graph import Graph
from tinyhost.compiler.lower.context import Step
from tinyhost.errors import ModelError

__all__ = ["check_order"]


def check_order(graph: Graph, steps: Sequence[Step], where: str) -> None:
    """Raise ModelError unless each step reads only what is there, and each tensor is written once."""

    def corrupt(tensor: int, expected: str) -> ModelError:
        name = graph.tensors[tensor].name
        return ModelError(
            f"{where}: tensor {tensor} ({name!r}): expected it {expected}", hint="convert the model again"
        )

    written = {*graph.inputs, *(state.before for state in graph.states)}
    for step in steps:
        for tensor in step.inputs:
            if tensor not in written and graph.tensors[tensor].data is None:
                raise corrupt(tensor, "to be computed before it is read")
        if step.output in written or graph.tensors[step.output].data is not None:
            raise corrupt(step.output, "to be written once")
        written.add(step.output)
    for output in graph.outputs:
        if output not in written or any(graph.tensors[index].data is not None for index in graph.inputs):
            raise corrupt(output, "to be computed from the model's input")
