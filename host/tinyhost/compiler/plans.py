"""The forms that operators of a graph can have: which of them makes the fastest image that there is room for."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.cascade import wake_data, without_wake
from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import ModelMetadata, OperatorCode, OperatorGroup, Task
from tinyhost.compiler.lower import lower_graph
from tinyhost.compiler.lower.context import NO_SCRATCH_LIMIT
from tinyhost.compiler.writer import write_image
from tinyhost.protocol.limits import APP_LIMITS, SLOT_BYTES, AppLimits

__all__ = ["Plans", "app_arena_bytes"]

_SCRATCH_LIMITS = (32768, 16384, 8192, 4096, 2048, 0)
_EVERY_TENSOR = range(2**31)
_MAX_ALONE = 16
"""Layers that are tried one after the other where not all of them have room."""


@dataclass(frozen=True, kw_only=True)
class Plans:
    """Images of a graph, all with the same outputs."""

    graph: Graph
    metadata: ModelMetadata
    labels: Sequence[str]
    defaults: AppDefaults
    compact: bool
    arena_bytes: int
    """what the plan is to fit"""
    where: str

    def best(self, *, winograd: bool | None) -> ModelImage:
        """Return the fastest image that the arena has room for; if none is, the one that needs least.

        winograd: see compile_tflite.
        """
        smallest: ModelImage | None = None
        limit = NO_SCRATCH_LIMIT
        for scratch_limit in self._scratch_limits():
            image = self._image(scratch_limit)
            if smallest is None or image.metadata.arena_bytes < smallest.metadata.arena_bytes:
                smallest, limit = image, scratch_limit
            if smallest.metadata.arena_bytes <= self.arena_bytes:
                break
        assert smallest is not None
        if winograd:
            return self._with_winograd(smallest, limit, max(self.arena_bytes, smallest.metadata.arena_bytes))
        if winograd is None and not self.compact and _app_has_winograd(Task(self.metadata.task)):
            return self._with_winograd(smallest, limit, smallest.metadata.arena_bytes)
        return smallest

    def _image(self, scratch_limit: int, winograd: Container[int] = ()) -> ModelImage:
        pool = ConstantPool(compact=self.compact)
        steps = lower_graph(self.graph, pool, where=self.where, scratch_limit=scratch_limit, winograd=winograd)
        task_data = self.defaults.task_data + wake_data(self.graph, steps, self.defaults, self.where)
        graph = without_wake(self.graph, self.defaults)
        image = write_image(graph, steps, pool, self.metadata, self.labels, task_data=task_data, where=self.where)
        return ModelImage.parse(image, where=self.where)

    def _scratch_limits(self) -> Iterator[int]:
        """Yield limits to the scratch memory of depthwise convolutions: none, then those that make a difference."""
        yield NO_SCRATCH_LIMIT
        steps = lower_graph(self.graph, ConstantPool(), where=self.where)
        most = max((step.scratch_bytes for step in steps if step.code == OperatorCode.DEPTHWISE_CONV_2D), default=0)
        yield from (limit for limit in _SCRATCH_LIMITS if limit < most)

    def _with_winograd(self, plain: ModelImage, scratch_limit: int, arena_bytes: int) -> ModelImage:
        """Return an image with as many WINOGRAD_CONV_2D as arena and slot have room for.

        All at once are tried first, then one after the other, the one with most products first.
        """
        steps = lower_graph(self.graph, ConstantPool(), where=self.where, winograd=_EVERY_TENSOR)
        gaining = [step for step in steps if step.code == OperatorCode.WINOGRAD_CONV_2D]
        outputs = [step.output for step in sorted(gaining, key=lambda step: -step.macs)]
        attempts = [outputs, *([output] for output in outputs[:_MAX_ALONE])] if len(outputs) > 1 else [outputs]
        best, chosen = plain, list[int]()
        for more in attempts:
            if len(chosen) < len(outputs):
                image = self._image(scratch_limit, [*chosen, *more])
                if len(image.data) <= SLOT_BYTES and image.metadata.arena_bytes <= arena_bytes:
                    best, chosen = image, [*chosen, *more]
        return best


def app_arena_bytes(task: Task) -> int:
    """Return the arena of the app that runs models of a task; of the app with most room if there is none."""
    return max(limits.arena_bytes for limits in _app_limits(task))


def _app_has_winograd(task: Task) -> bool:
    """Return whether the Nano's program of that app, as it comes with tinyhost, has the group; of none: whether any."""
    return any(limits.operator_groups >> OperatorGroup.WINOGRAD & 1 for limits in _app_limits(task))


def _app_limits(task: Task) -> list[AppLimits]:
    """Return the limits of the app that runs models of a task; of all apps if there is none."""
    app = APP_LIMITS.get(task.name.lower())
    return [app] if app else list(APP_LIMITS.values())
