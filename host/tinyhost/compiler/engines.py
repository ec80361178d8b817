"""One model for two engines: a plan for tinyhost's own, the .tflite itself for TensorFlow Lite Micro (TFLM)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinyhost.compiler.canonical import canonical
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import AnomalyParams, DistanceSource, Task
from tinyhost.compiler.lower import Step, lower_graph
from tinyhost.compiler.passes import run_passes
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.compiler.tflm_image import wrap_tflite
from tinyhost.compiler.writer import write_image
from tinyhost.errors import ModelError

__all__ = ["image_for_tflm", "image_for_tinyhost"]


def image_for_tflm(plan: ModelImage, tflite: bytes) -> bytes:
    """Return the image for TFLM of the .tflite that `plan` was compiled from; raises ModelError for another file."""
    where = plan.name
    graph, steps = _planned(tflite, where)
    if graph.sha256 != plan.metadata.source_sha256:
        raise ModelError(
            f"{where}: was compiled from a .tflite of SHA-256 {plan.sha256[:16]}…, not from {graph.sha256.hex()[:16]}…",
            hint="give the .tflite itself",
        )
    task_data = _renumbered(plan, _outputs_of_plan(steps), _outputs_of_file(tflite, where))
    return wrap_tflite(tflite, plan.metadata, plan.labels, task_data=task_data, where=where)


def image_for_tinyhost(image: ModelImage) -> bytes:
    """Return the same model for tinyhost's own engine, as it runs on this computer too."""
    if image.engine == "tinyhost":
        return image.data
    pool = ConstantPool()
    where, tflite = image.name, image.constants
    graph = run_passes(canonical(read_tflite(tflite, where=where)))
    steps = lower_graph(graph, pool, where=where)
    task_data = _renumbered(image, _outputs_of_file(tflite, where), _outputs_of_plan(steps))
    return write_image(graph, steps, pool, image.metadata, image.labels, task_data=task_data, where=where)


def _planned(tflite: bytes, where: str) -> tuple[Graph, tuple[Step, ...]]:
    graph = canonical(read_tflite(tflite, where=where))
    return graph, lower_graph(run_passes(graph), ConstantPool(), where=where)


def _outputs_of_plan(steps: Sequence[Step]) -> list[str]:
    """Return the names of the operators' outputs, in the order of the plan."""
    return [step.name for step in steps if step.code is not None]


def _outputs_of_file(tflite: bytes, where: str) -> list[str]:
    """Return the names of the operators' outputs, in the order of the .tflite."""
    graph = read_tflite(tflite, where=where)
    return [graph.tensors[operator.outputs[0]].name for operator in graph.operators]


def _renumbered(image: ModelImage, before: Sequence[str], after: Sequence[str]) -> bytes:
    """Return an image's task data for another numbering of the operators, one of which outputs the embedding."""
    data = image.task_data
    if image.task != Task.ANOMALY or len(data) < AnomalyParams.SIZE:
        return data
    params = AnomalyParams.unpack(data)
    if params.distance_source != DistanceSource.EMBEDDING:
        return data
    index = params.embedding_operator
    name = before[index] if index < len(before) else ""
    if before.count(name) != 1 or after.count(name) != 1:
        raise ModelError(
            f"{image.name}: operator {index}, whose output is the embedding, cannot be found by the output's name "
            f"{name!r}",
            hint="convert the model again, with a name for each layer",
        )
    return replace(params, embedding_operator=after.index(name)).pack() + data[AnomalyParams.SIZE :]
