"""A cascade: one model of two networks, the first of which says whether the second one is to run.

Its .tflite has two outputs: the second network's scores of classes, then the first one's, whose last value is the wake
score. Its image has one output, the classes; the first network's operators come first, and task data say which is its
last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.graph import Graph
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import MAX_WAKE_HOLD_MS, KwsParams, Task, WakeParams
from tinyhost.compiler.lower.context import Step
from tinyhost.errors import ModelError, UnsupportedModelError, UsageError
from tinyhost.system.wording import counted

__all__ = ["CascadeInfo", "cascade_of", "check_cascade", "first_network_first", "wake_data", "without_wake"]


@dataclass(frozen=True, kw_only=True)
class CascadeInfo:
    """How a cascade's first network wakes its second one."""

    last_operator: int
    """of the first network; the second one's follow"""
    threshold: float
    """wake score from which on the second network runs, a real value"""
    hold_ms: int
    """for how long it runs on after such a score"""
    scale: float
    """of the wake score: real value = (q - zero_point) * scale"""
    zero_point: int


def check_cascade(graph: Graph, task: Task | None, defaults: AppDefaults, where: str) -> None:
    """Raise UnsupportedModelError for a graph that should be a cascade but is none that the kws app runs."""
    if defaults.wake is None:
        return
    outputs = [graph.tensors[index].dtype for index in graph.outputs]
    if task != Task.KWS or len(defaults.task_data) != KwsParams.SIZE:
        why = "only the app kws runs cascades, with its own parameters"
    elif graph.more_inputs or outputs != ["int8", "int8"]:
        ends = f"{counted(len(graph.inputs), 'input')} and outputs of {', '.join(outputs)}"
        why = f"expected one input and two outputs of int8, the classes and the wake score; got {ends}"
    elif graph.states:
        why = "it keeps a state, which would miss what is said while its network sleeps"
    elif len(_first_network(graph)) == len(graph.operators):
        why = "the wake score needs every operator, so that nothing is left to be woken"
    else:
        return
    raise UnsupportedModelError(f"{where}: a cascade: {why}", hint="train one: tinyhost train kws --cascade")


def _first_network(graph: Graph) -> set[int]:
    """Return the places of the operators that compute the wake score."""
    wanted = {graph.outputs[1]}
    first = set()
    for place in reversed(range(len(graph.operators))):
        if wanted.intersection(graph.operators[place].outputs):
            wanted.update(graph.operators[place].inputs)
            first.add(place)
    return first


def first_network_first(graph: Graph, defaults: AppDefaults) -> Graph:
    """Return the graph with the operators of the wake score before all others; as it is if it is no cascade."""
    if defaults.wake is None:
        return graph
    first = _first_network(graph)
    order = sorted(range(len(graph.operators)), key=lambda place: place not in first)  # stable
    return replace(graph, operators=tuple(graph.operators[place] for place in order))


def without_wake(graph: Graph, defaults: AppDefaults) -> Graph:
    """Return a cascade's graph whose only output is the classes, with all its operators; others as they are."""
    return graph if defaults.wake is None else replace(graph, more_outputs=())


def wake_data(graph: Graph, steps: Sequence[Step], defaults: AppDefaults, where: str) -> bytes:
    """Return the packed WakeParams of a graph after first_network_first, and of its steps; b"" if it is no cascade."""
    wake = defaults.wake
    if wake is None:
        return b""
    n_first = len(_first_network(graph))
    n_run = sum(step.code is not None for step in steps[:n_first])
    output = graph.tensors[graph.outputs[1]]
    units = round(wake.threshold / float(output.scale)) + output.zero_point
    limits = np.iinfo(np.int8)
    if not 0 <= wake.hold_ms <= MAX_WAKE_HOLD_MS:
        raise UsageError(f"{where}: expected a hold of 0 to {MAX_WAKE_HOLD_MS} ms, got {wake.hold_ms}")
    return WakeParams(
        last_operator=n_run - 1,
        hold_ms=wake.hold_ms,
        threshold=max(int(limits.min), min(int(limits.max), units)),
    ).pack()


def cascade_of(image: ModelImage) -> CascadeInfo | None:
    """Return how a model image's first network wakes the second one; None if it has one network.

    Raises ModelError for an operator that it does not have.
    """
    data = image.task_data
    if image.task != Task.KWS or len(data) != KwsParams.SIZE + WakeParams.SIZE:
        return None
    wake = WakeParams.unpack(data[KwsParams.SIZE :])
    if wake.last_operator >= len(image.operators):
        raise ModelError(
            f"{image.name}: a first network up to operator {wake.last_operator} of {len(image.operators)}",
            hint="compile the model again",
        )
    score = image.tensor_info(image.operators[wake.last_operator].output)
    return CascadeInfo(
        last_operator=wake.last_operator,
        threshold=(wake.threshold - score.zero_point) * score.scale,
        hold_ms=wake.hold_ms,
        scale=score.scale,
        zero_point=score.zero_point,
    )
