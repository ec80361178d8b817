"""Writes a model image: plans the arena of lowered steps and lays out the sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Tensor
from tinyhost.compiler.image_format import (
    IMAGE_ALIGNMENT,
    IMAGE_MAGIC,
    IMAGE_VERSION,
    MAX_RANK,
    MAX_TENSOR_BYTES,
    ConvParams,
    ImageHeader,
    LstmParams,
    ModelMetadata,
    OperatorRecord,
    Storage,
    TensorRecord,
    TensorType,
)
from tinyhost.compiler.lower.context import Step
from tinyhost.compiler.overlap import overlap_distance, overlap_pitch
from tinyhost.compiler.planner import Buffer, plan_arena
from tinyhost.errors import ModelError, UnsupportedModelError

__all__ = ["TENSOR_TYPES", "assemble_image", "write_image"]

TENSOR_TYPES = {
    "int8": TensorType.INT8,
    "uint8": TensorType.UINT8,
    "float32": TensorType.FLOAT32,
    "int32": TensorType.INT32,
}
"""By TensorFlow Lite's names."""
_UNQUANTIZED = ("float32", "int32")
"""Types of four bytes an element."""


def write_image(
    graph: Graph,
    steps: Sequence[Step],
    pool: ConstantPool,
    metadata: ModelMetadata,
    labels: Sequence[str],
    *,
    task_data: bytes,
    where: str,
) -> bytes:
    """Return the image of `steps`, whose order was checked; metadata's tensor indices and arena size are set here."""
    plan = _Planner(graph, steps, where).plan()
    indices = {tensor: i for i, tensor in enumerate(plan.tensors)}
    records = [_tensor_record(graph.tensors[t], plan, pool, where) for t in plan.tensors]
    run = [step for step in steps if step.code is not None]
    operators = [
        _operator_record(_placed(step, offset), indices, pool) for step, offset in zip(run, plan.scratch, strict=True)
    ]
    metadata = replace(
        metadata,
        input_tensor=indices[graph.input],
        output_tensor=indices[graph.output],
        arena_bytes=plan.arena_bytes,
    )
    return assemble_image(
        metadata.pack(),
        [record.pack() for record in records],
        [record.pack() for record in operators],
        labels=b"".join(label.encode() + b"\0" for label in labels),
        task_data=task_data,
        constants=pool.to_bytes(),
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """tensors: graph indices in the image's order; offsets: of those in the arena; scratch: offset per running step;
    states: tensors that are kept."""

    tensors: list[int]
    offsets: dict[int, int]
    states: frozenset[int]
    scratch: list[int]
    arena_bytes: int


class _Planner:
    """Finds the life of every buffer.

    Tensors that RESHAPE connects share one, and so does a state with what becomes it.
    """

    def __init__(self, graph: Graph, steps: Sequence[Step], where: str) -> None:
        self._graph = graph
        self._steps = steps
        self._where = where
        self._root = list(range(len(graph.tensors)))
        self._states = frozenset(state.before for state in graph.states)
        for state in graph.states:
            self._root[state.after] = state.before

    def plan(self) -> _Plan:
        run = self._order()
        first, last = self._lives(run)
        roots = sorted(first, key=lambda root: (first[root], root))
        position = {root: i for i, root in enumerate(roots)}
        buffers = [Buffer(n_bytes=self._n_bytes(root), first=first[root], last=last[root]) for root in roots]
        for i, step in enumerate(run):
            if self._root[step.output] in self._states:
                continue
            at = position[self._root[step.output]]
            dying = self._dying_inputs(step, i, last, position)
            pitch = overlap_pitch(step, self._graph.tensors[step.inputs[0]].shape)
            buffers[at] = replace(buffers[at], dying_inputs=dying, pitch=pitch)
        scratch = {i: len(roots) + n for n, i in enumerate(i for i, step in enumerate(run) if step.scratch_bytes)}
        buffers += [Buffer(n_bytes=run[i].scratch_bytes, first=i, last=i) for i in scratch]
        offsets, arena_bytes = plan_arena(buffers)
        if arena_bytes > MAX_TENSOR_BYTES:
            raise UnsupportedModelError(f"{self._where}: needs an arena of {arena_bytes} B; at most {MAX_TENSOR_BYTES}")
        used = {self._graph.input, self._graph.output, *self._states}
        for step in run:
            used.update((*step.inputs, step.output))
        placed = {t: offsets[position[self._root[t]]] for t in sorted(used) if self._graph.tensors[t].data is None}
        places = [offsets[scratch[i]] if i in scratch else 0 for i in range(len(run))]
        return _Plan(tensors=sorted(used), offsets=placed, scratch=places, arena_bytes=arena_bytes, states=self._states)

    def _order(self) -> list[Step]:
        """Return the steps that run; the others' outputs are in their inputs' places."""
        run = []
        for step in self._steps:
            if step.code is None:
                self._root[step.output] = self._root[step.inputs[0]]
            else:
                run.append(step)
        return run

    def _lives(self, run: Sequence[Step]) -> tuple[dict[int, int], dict[int, int]]:
        """Return {root: step} of each buffer's first and last use."""
        first = {self._root[self._graph.input]: 0}
        last = {self._root[self._graph.input]: 0}
        for i, step in enumerate(run):
            for tensor in (*step.inputs, step.output):
                if self._graph.tensors[tensor].data is None:
                    root = self._root[tensor]
                    first.setdefault(root, i)
                    last[root] = i
        last[self._root[self._graph.output]] = len(run)
        for state in self._states:
            first[state], last[state] = 0, len(run)
        return first, last

    def _dying_inputs(
        self, step: Step, i: int, last: dict[int, int], position: dict[int, int]
    ) -> tuple[tuple[int, int], ...]:
        """Return which input buffers this step's output may overlap, and how: those that nobody reads later."""
        output = self._graph.tensors[step.output]
        found: dict[int, int] = {}
        for index in step.inputs:
            tensor, root = self._graph.tensors[index], self._root[index]
            if tensor.data is not None or last[root] != i:
                continue
            same_size = tensor.n_elements == output.n_elements
            distance = overlap_distance(step, tensor.shape, output.shape, same_size=same_size)
            if distance is not None:
                found[position[root]] = max(distance, found.get(position[root], 0))
        return tuple(found.items())

    def _n_bytes(self, root: int) -> int:
        tensor = self._graph.tensors[root]
        return tensor.n_elements * (4 if tensor.dtype in _UNQUANTIZED else 1)


def _tensor_record(tensor: Tensor, plan: _Plan, pool: ConstantPool, where: str) -> TensorRecord:
    if tensor.dtype not in TENSOR_TYPES:
        raise UnsupportedModelError(
            f"{where}: tensor {tensor.name!r} is {tensor.dtype}; the engine has {', '.join(TENSOR_TYPES)}"
        )
    if len(tensor.shape) > MAX_RANK:
        raise UnsupportedModelError(
            f"{where}: tensor {tensor.name!r} has shape {tensor.shape}; the engine has up to {MAX_RANK} dimensions"
        )
    quantized = tensor.dtype not in _UNQUANTIZED
    if quantized and (tensor.quantization is None or len(tensor.quantization.scales) != 1):
        raise UnsupportedModelError(f"{where}: tensor {tensor.name!r} has no per-tensor quantization")
    if quantized and not np.iinfo(tensor.dtype).min <= tensor.zero_point <= np.iinfo(tensor.dtype).max:
        raise ModelError(
            f"{where}: tensor {tensor.name!r}: expected a zero point of {tensor.dtype}, got {tensor.zero_point}",
            hint="convert the model again",
        )
    storage = Storage.ARENA if tensor.data is None else Storage.CONSTANT
    return TensorRecord(
        type=TENSOR_TYPES[tensor.dtype],
        rank=len(tensor.shape),
        storage=Storage.STATE if tensor.index in plan.states else storage,
        offset=plan.offsets[tensor.index] if tensor.data is None else pool.add(tensor.data),
        dims=(*tensor.shape, *(1,) * (MAX_RANK - len(tensor.shape))),
        scale=float(tensor.scale) if quantized else 0.0,
        zero_point=tensor.zero_point if quantized else 0,
    )


def _placed(step: Step, scratch_offset: int) -> Step:
    """Return the step with the place of its scratch memory in its parameters."""
    if not isinstance(step.params, (ConvParams, LstmParams)):
        return step
    return replace(step, params=replace(step.params, scratch_offset=scratch_offset))


def _operator_record(step: Step, indices: dict[int, int], pool: ConstantPool) -> OperatorRecord:
    assert step.code is not None and step.params is not None
    inputs = [indices[tensor] for tensor in step.inputs]
    return OperatorRecord(
        code=step.code,
        n_inputs=len(inputs),
        output=indices[step.output],
        params_offset=pool.add(step.params.pack()),
        inputs=(*inputs, *(0,) * (len(OperatorRecord().inputs) - len(inputs))),
    )


def assemble_image(
    metadata: bytes,
    tensors: Sequence[bytes],
    operators: Sequence[bytes],
    *,
    labels: bytes,
    task_data: bytes,
    constants: bytes,
    version: int = IMAGE_VERSION,
) -> bytes:
    """Return the image: header, then the sections in the order that the loader requires, each aligned."""
    offsets: list[int] = []
    body = bytearray(ImageHeader.SIZE)
    for section in (metadata, b"".join(tensors), b"".join(operators), labels, task_data, constants):
        body += bytes(-len(body) % IMAGE_ALIGNMENT)
        offsets.append(len(body))
        body += section
    body += bytes(-len(body) % IMAGE_ALIGNMENT)
    header = ImageHeader(
        magic=IMAGE_MAGIC,
        version=version,
        header_bytes=ImageHeader.SIZE,
        total_bytes=len(body),
        metadata_offset=offsets[0],
        tensors_offset=offsets[1],
        operators_offset=offsets[2],
        n_tensors=len(tensors),
        n_operators=len(operators),
        labels_offset=offsets[3],
        labels_bytes=len(labels),
        task_data_offset=offsets[4],
        task_data_bytes=len(task_data),
        constants_offset=offsets[5],
        constants_bytes=len(constants),
    )
    body[: ImageHeader.SIZE] = header.pack()
    crc = image_crc32(body)
    body[: ImageHeader.SIZE] = replace(header, crc32=crc).pack()
    return bytes(body)
