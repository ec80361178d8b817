"""Compiles models: .tflite bytes to a model image and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyhost.compiler.app_defaults import (
    AppDefaults,
    guess_task,
    pixel_map,
    streaming_params,
    threshold_units,
    with_background,
)
from tinyhost.compiler.canonical import canonical
from tinyhost.compiler.cascade import check_cascade, first_network_first, without_wake
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Tensor
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import MAX_LABELS, ModelMetadata, Task
from tinyhost.compiler.int8_scores import with_int8_scores
from tinyhost.compiler.lower import lower_graph
from tinyhost.compiler.order import check_order
from tinyhost.compiler.passes import run_passes, with_outputs_placed
from tinyhost.compiler.plans import Plans, app_arena_bytes
from tinyhost.compiler.report import ModelReport, report_image
from tinyhost.compiler.tensor_info import TensorInfo
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import UnsupportedModelError, UsageError
from tinyhost.protocol.labels import label_fault, normal_label
from tinyhost.system.wording import counted

__all__ = ["CompiledModel", "compile_tflite"]

_NAME_BYTES = 31  # of the model
_CLASSIFYING = (Task.KWS, Task.VWW, Task.GESTURES)
_BYTES = TensorInfo(dtype="uint8", shape=(), scale=0.0, zero_point=0)
"""What stands for several inputs or outputs where an app would look at one."""


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """A model image and what it costs."""

    parsed: ModelImage
    report: ModelReport

    @property
    def image(self) -> bytes:
        """The bytes of a .thm file."""
        return self.parsed.data


def compile_tflite(
    data: bytes,
    *,
    name: str,
    task: Task | None = None,
    labels: Sequence[str] = (),
    defaults: AppDefaults | None = None,
    passes: bool = True,
    arena_bytes: int | None = None,
    compact: bool = False,
    winograd: bool | None = None,
    where: str | None = None,
) -> CompiledModel:
    """Return the model image of a .tflite file's bytes.

    name: at most 31 bytes of UTF-8 are kept. task: guessed from the shapes if None. labels: none, or one per element of
    the output's last dimension, of at most 31 bytes in their composed form (NFC), which is kept; a heat map's may leave
    the background out, which is its first class.
    passes: run the compiler's passes, which change no output byte; without them every operator of the file is there.
    arena_bytes: what the plan is to fit, if need be by working on fewer channels at once; the arena of the task's app
    if None. compact: keep constants small where that costs instructions; the outputs are the same.
    winograd: where it saves instructions, give convolutions the form that takes more flash, as long as the image fits
    in a slot and the arena in arena_bytes. None: as long as the arena does not grow, if the programs of the task's app
    for the Nano have that form, unless compact.
    Raises ModelError for a damaged file, UnsupportedModelError (naming the operator) for what the engine lacks,
    UsageError for labels or defaults that do not fit the model.
    """
    where = name if where is None else where
    defaults = defaults or AppDefaults()
    graph = canonical(read_tflite(data, where=where))
    check_cascade(graph, task, defaults, where)
    task = _guessed_task(graph) if task is None else task
    _check_ends(without_wake(graph, defaults), task, labels, where)
    labels = with_background(tuple(map(normal_label, labels)), _info(graph.tensors[graph.output]))
    if task in _CLASSIFYING:
        graph = with_int8_scores(graph)
    if task == Task.KWS and graph.states and not defaults.task_data:
        defaults = replace(defaults, task_data=streaming_params(_info(graph.tensors[graph.input])))
    original = lower_graph(graph, ConstantPool(), where=where)  # refuses what the engine lacks, in the file's terms
    check_order(graph, original, where)
    metadata = replace(
        _metadata(without_wake(graph, defaults), name, task, labels, defaults, where=where),
        macs=min(sum(step.macs for step in original), 2**32 - 1),
        n_params=sum(step.n_params for step in original),
    )
    graph = first_network_first(run_passes(graph) if passes else with_outputs_placed(graph), defaults)
    plans = Plans(
        graph=graph,
        metadata=metadata,
        labels=labels,
        defaults=defaults,
        compact=compact,
        arena_bytes=app_arena_bytes(task) if arena_bytes is None else arena_bytes,
        where=where,
    )
    parsed = plans.best(winograd=winograd)
    return CompiledModel(parsed=parsed, report=report_image(parsed))


def _metadata(
    graph: Graph, name: str, task: Task, labels: tuple[str, ...], defaults: AppDefaults, *, where: str
) -> ModelMetadata:
    """Return the metadata, apart from figures of the network and of the plan."""
    input_info, output_info = _info(graph.tensors[graph.input]), _info(graph.tensors[graph.output])
    if graph.more_inputs or graph.more_outputs:
        input_info = output_info = _BYTES
    _check_labels(labels, output_info.shape[-1] if output_info.shape else 1, where)
    target = len(labels) - 1 if defaults.target_label is None else defaults.target_label
    if labels and not 0 <= target < len(labels):
        raise UsageError(f"{where}: target label {target} is not one of the {len(labels)} labels")
    if not 1 <= defaults.smoothing <= 255:
        raise UsageError(f"{where}: expected smoothing over 1..255 results, got {defaults.smoothing}")
    multiplier, offset = pixel_map(input_info, defaults)
    return ModelMetadata(
        name=name.encode()[:_NAME_BYTES].decode("utf-8", "ignore"),
        source_sha256=graph.sha256,
        task=task,
        n_labels=len(labels),
        target_label=target if labels else 0,
        smoothing=defaults.smoothing,
        threshold=threshold_units(output_info, defaults),
        pixel_multiplier=multiplier,
        pixel_offset=offset,
    )


def _check_ends(graph: Graph, task: Task, labels: Sequence[str], where: str) -> None:
    """Raise unless a model of several inputs or outputs is for no app, and has no labels."""
    if not graph.more_inputs and not graph.more_outputs:
        return
    ends = f"{counted(len(graph.inputs), 'input')} and {counted(len(graph.outputs), 'output')}"
    if task != Task.GENERIC:
        raise UnsupportedModelError(
            f"{where}: it has {ends}, but the app {task.name.lower()} runs models with one input and one output",
            hint="omit the task to measure the model, or export one with one input and one output",
        )
    if labels:
        raise UsageError(
            f"{where}: it has {ends}, but only a model with one output can have labels", hint="leave them out"
        )


def _check_labels(labels: tuple[str, ...], n_outputs: int, where: str) -> None:
    """Raise UsageError unless there are no labels, or one for each output that people and terminals can read."""
    hint = "give them in the order of the outputs: --labels no_person,person"
    if labels and len(labels) != n_outputs:
        got = f"{len(labels)}: {', '.join(map(repr, labels[:8]))}"
        raise UsageError(f"{where}: expected {n_outputs} labels, one per output, got {got}", hint=hint)
    if len(labels) > MAX_LABELS:
        raise UsageError(f"{where}: expected at most {MAX_LABELS} labels, got {len(labels)}", hint="leave them out")
    for index, label in enumerate(labels):
        if fault := label_fault(label):
            raise UsageError(f"{where}: label {index}, {label!r}: {fault}", hint=hint)
        if label in labels[:index]:
            raise UsageError(f"{where}: label {label!r} occurs twice", hint=hint)


def _guessed_task(graph: Graph) -> Task:
    if graph.more_inputs or graph.more_outputs:
        return Task.GENERIC
    input_info, output_info = _info(graph.tensors[graph.input]), _info(graph.tensors[graph.output])
    return guess_task(input_info, output_info, is_streaming=bool(graph.states))


def _info(tensor: Tensor) -> TensorInfo:
    return TensorInfo(dtype=tensor.dtype, shape=tensor.shape, scale=float(tensor.scale), zero_point=tensor.zero_point)
