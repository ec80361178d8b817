"""Lays out the arena: the place of every tensor, state and scratch buffer of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyhost.compiler.graph import Graph
from tinyhost.compiler.image_format import IMAGE_ALIGNMENT, MAX_TENSOR_BYTES
from tinyhost.compiler.lower.context import Step
from tinyhost.compiler.overlap import overlap_distance, overlap_pitch
from tinyhost.compiler.planner import Buffer, plan_arena
from tinyhost.errors import UnsupportedModelError

__all__ = ["ArenaPlan", "ArenaPlanner"]


@dataclass(frozen=True, kw_only=True)
class ArenaPlan:
    """tensors: graph indices in the image's order; offsets: of those in the arena; scratch: offset per running step;
    states: tensors that are kept."""

    tensors: list[int]
    offsets: dict[int, int]
    states: frozenset[int]
    scratch: list[int]
    arena_bytes: int
    joined: dict[int, tuple[int, int]]
    """(offset, size) of what several inputs or outputs share, by the first of them"""


class ArenaPlanner:
    """Finds the life of every buffer.

    Tensors that RESHAPE connects share one, and so does a state with what becomes it.
    """

    def __init__(self, graph: Graph, steps: Sequence[Step], where: str) -> None:
        self._graph = graph
        self._steps = steps
        self._where = where
        self._root = list(range(len(graph.tensors)))
        self._places = [0] * len(graph.tensors)  # bytes from the start of the root's buffer
        self._sizes: dict[int, int] = {}  # of roots that hold several inputs or outputs
        self._states = frozenset(state.before for state in graph.states)
        for state in graph.states:
            self._root[state.after] = state.before

    def plan(self) -> ArenaPlan:
        run = self._order()
        for ends in (self._graph.inputs, self._graph.outputs):
            if len(ends) > 1:
                self._join(ends)
        first, last = self._lives(run)
        roots = sorted(first, key=lambda root: (first[root], root))
        position = {root: i for i, root in enumerate(roots)}
        buffers = [Buffer(n_bytes=self._n_bytes(root), first=first[root], last=last[root]) for root in roots]
        for i, step in enumerate(run):
            if self._root[step.output] in self._states or self._root[step.output] in self._sizes:
                continue
            at = position[self._root[step.output]]
            dying = self._dying_inputs(step, i, last, position)
            pitch = overlap_pitch(step, self._graph.tensors[step.inputs[0]].shape)
            buffers[at] = replace(buffers[at], dying_inputs=dying, pitch=pitch)
        scratch = {i: len(roots) + n for n, i in enumerate(i for i, step in enumerate(run) if step.scratch_bytes)}
        buffers += [Buffer(n_bytes=run[i].scratch_bytes, first=i, last=i) for i in scratch]
        offsets, arena_bytes = plan_arena(buffers)
        if arena_bytes > MAX_TENSOR_BYTES:
            raise UnsupportedModelError(
                f"{self._where}: needs an arena of {arena_bytes} B, expected at most {MAX_TENSOR_BYTES}"
            )
        used = {*self._graph.inputs, *self._graph.outputs, *self._states}
        for step in run:
            used.update((*step.inputs, step.output))
        start = {root: offsets[at] for root, at in position.items()}
        computed = (tensor for tensor in sorted(used) if self._graph.tensors[tensor].data is None)
        placed = {tensor: start[self._root[tensor]] + self._places[tensor] for tensor in computed}
        places = [offsets[scratch[i]] if i in scratch else 0 for i in range(len(run))]
        return ArenaPlan(
            tensors=sorted(used),
            offsets=placed,
            scratch=places,
            arena_bytes=arena_bytes,
            states=self._states,
            joined={root: (start[root], size) for root, size in self._sizes.items()},
        )

    def _join(self, ends: tuple[int, ...]) -> None:
        """Put several inputs or outputs, and the views of them, one after another in one buffer."""
        size = 0
        for end in ends:
            root = self._root[end]
            for tensor, own in enumerate(self._root):
                if own == root:
                    self._root[tensor], self._places[tensor] = ends[0], size
            tensor_bytes = self._n_bytes(end)
            size += -(-tensor_bytes // IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT
        self._sizes[ends[0]] = size

    def _order(self) -> list[Step]:
        """Return the steps that run; the outputs of the others are views of their inputs."""
        run = []
        for step in self._steps:
            if step.code is None:
                self._root[step.output] = self._root[step.inputs[0]]
            else:
                run.append(step)
        return run

    def _lives(self, run: Sequence[Step]) -> tuple[dict[int, int], dict[int, int]]:
        """Return {root: step} of each buffer's first and last use."""
        first = {self._root[index]: 0 for index in self._graph.inputs}
        last = dict(first)
        for i, step in enumerate(run):
            for tensor in (*step.inputs, step.output):
                if self._graph.tensors[tensor].data is None:
                    root = self._root[tensor]
                    first.setdefault(root, i)
                    last[root] = i
        for output in self._graph.outputs:
            last[self._root[output]] = len(run)
        for state in self._states:
            first[state], last[state] = 0, len(run)
        return first, last

    def _dying_inputs(
        self, step: Step, i: int, last: dict[int, int], position: dict[int, int]
    ) -> tuple[tuple[int, int], ...]:
        """Return the input buffers that no later step reads, which this step's output may overlap, and how."""
        output = self._graph.tensors[step.output]
        found: dict[int, int] = {}
        for index in step.inputs:
            tensor, root = self._graph.tensors[index], self._root[index]
            if tensor.data is not None or last[root] != i or root in self._sizes:
                continue
            same_size = tensor.n_elements == output.n_elements
            distance = overlap_distance(step, tensor.shape, output.shape, same_size=same_size)
            if distance is not None:
                found[position[root]] = max(distance, found.get(position[root], 0))
        return tuple(found.items())

    def _n_bytes(self, root: int) -> int:
        if root in self._sizes:
            return self._sizes[root]
        tensor = self._graph.tensors[root]
        return tensor.n_elements * np.dtype(tensor.dtype).itemsize
