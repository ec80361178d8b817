"""Adapts a .tflite file as requested, compares the results of both models, and reports this in a note."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.compiler.tflite_writer import write_tflite
from tinyhost.errors import MissingToolError, ModelError, UnsupportedModelError, UsageError
from tinyhost.models.adapt.graphs import Adapted
from tinyhost.models.adapt.gray import to_gray
from tinyhost.models.adapt.inputs_outputs import in_order, with_integer_io, with_softmax, without_softmax
from tinyhost.models.adapt.measure import Change, Equality, measure
from tinyhost.models.adapt.pixels import with_pixel_range
from tinyhost.models.reference import ReferenceName
from tinyhost.system.wording import counted

__all__ = ["AdaptDocument", "AdaptOptions", "AdaptedModel", "adapt", "adapted_bytes", "note_text"]

_HINT = "say what is to be changed: --gray, --integer-ends, --pixel-range, --order or --softmax"


@dataclass(frozen=True, kw_only=True)
class AdaptOptions:
    """The requested changes, in the order of application."""

    integer_ends: bool = False
    gray: bool = False
    pixel_range: tuple[float, float] | None = None
    """real values of a black and of a white pixel"""
    order: tuple[int, ...] | None = None
    """of the classes: indices of the original outputs"""
    softmax: Literal["on", "off"] | None = None


@dataclass(frozen=True, kw_only=True)
class AdaptDocument:
    """`tinyhost model adapt MODEL --output FILE --json FILE`, and the note beside the new file."""

    schema: Literal["tinyhost.adapt/1"] = "tinyhost.adapt/1"
    source: str
    """the file that was adapted"""
    source_sha256: str
    file: str
    """the new file"""
    sha256: str
    input: str
    """shape and type of the new file's input"""
    output: str
    done: tuple[str, ...]
    """the changes, in sentences"""
    exact: bool
    """whether nothing was rounded: outputs are bit-identical, or for floats equal up to the order of additions"""
    equality: Equality | None
    """comparison of both models on the same inputs; null if it could not be measured"""
    not_measured: str
    """why it could not be measured; empty if it was"""
    labels: tuple[str, ...]
    """of the new file's outputs, if labels were given"""


@dataclass(frozen=True, kw_only=True)
class AdaptedModel:
    """An adapted model that is not written yet."""

    data: bytes
    """of the new .tflite"""
    graph: Graph
    done: tuple[str, ...]
    is_exact: bool
    equality: Equality | None
    not_measured: str

    def document(self, source: Path, source_data: bytes, file: Path, labels: Sequence[str]) -> AdaptDocument:
        """Return the note for programs. labels: of the source's outputs, in its order."""
        return AdaptDocument(
            source=str(source),
            source_sha256=hashlib.sha256(source_data).hexdigest(),
            file=str(file),
            sha256=hashlib.sha256(self.data).hexdigest(),
            input=_shape(self.graph, self.graph.input),
            output=_shape(self.graph, self.graph.output),
            done=self.done,
            exact=self.is_exact,
            equality=self.equality,
            not_measured=self.not_measured,
            labels=tuple(labels),
        )


def adapt(
    data: bytes,
    wishes: AdaptOptions,
    *,
    where: str,
    against: ReferenceName = "host",
    n_inputs: int = 100,
    pictures: Sequence[NDArray[np.uint8]] = (),
) -> AdaptedModel:
    """Return an adapted .tflite file, with a comparison of both models on random inputs or on pictures.

    Raises ModelError for a damaged file, and for results that should be identical and are not; UnsupportedModelError
    for a model that cannot be adapted; UsageError if no change is requested.
    """
    adapted, result = _adapted(data, wishes, where)
    after = read_tflite(result, where=f"{where}, adapted")
    change = Change(order=wishes.order, softmax=wishes.softmax, pixel_range=wishes.pixel_range)
    equality, why = None, ""
    try:
        equality = measure(data, result, change, against=against, n_inputs=n_inputs, pictures=pictures, where=where)
    except (UnsupportedModelError, MissingToolError) as error:
        why = error.message
    if equality is not None:
        _check(equality, adapted, wishes, where)
    return AdaptedModel(
        data=result,
        graph=after,
        done=adapted.done,
        is_exact=adapted.is_exact,
        equality=equality,
        not_measured=why,
    )


def adapted_bytes(data: bytes, wishes: AdaptOptions, *, where: str) -> bytes:
    """Return an adapted .tflite file without any comparison. Raises as `adapt`."""
    return _adapted(data, wishes, where)[1]


def _adapted(data: bytes, wishes: AdaptOptions, where: str) -> tuple[Adapted, bytes]:
    before = read_tflite(data, where=where)
    if before.obstacles:
        raise UnsupportedModelError(
            f"{where}: {'; '.join(each.words for each in before.obstacles)}", hint=before.obstacles[0].way_out
        )
    if before.more_inputs or before.more_outputs:
        raise UnsupportedModelError(
            f"{where}: {counted(len(before.inputs), 'input')} and {counted(len(before.outputs), 'output')}; a model "
            "to adapt has one of each",
            hint="export a model with one input and one output",
        )
    adapted = _changed(before, wishes, where)
    return adapted, write_tflite(data, before, adapted.graph, where=where)


def _changed(graph: Graph, wishes: AdaptOptions, where: str) -> Adapted:
    steps: list[Callable[[Graph, str], Adapted]] = []
    if wishes.integer_ends:
        steps.append(with_integer_io)
    if wishes.gray:
        steps.append(to_gray)
    if wishes.pixel_range is not None:
        steps.append(partial(with_pixel_range, pixel_range=wishes.pixel_range))
    if wishes.order is not None:
        steps.append(partial(in_order, order=wishes.order))
    if wishes.softmax is not None:
        steps.append(with_softmax if wishes.softmax == "on" else without_softmax)
    if not steps:
        raise UsageError(f"{where}: nothing to adapt", hint=_HINT)
    done: list[str] = []
    is_exact = True
    for step in steps:
        adapted = step(graph, where)
        graph = adapted.graph
        done += adapted.done
        is_exact = is_exact and adapted.is_exact
    return Adapted(graph=graph, done=tuple(done), is_exact=is_exact)


def _check(equality: Equality, adapted: Adapted, wishes: AdaptOptions, where: str) -> None:
    """Raise ModelError if outputs differ although nothing was rounded, which is a bug of tinyhost."""
    ends = (adapted.graph.tensors[index].dtype for index in (adapted.graph.input, adapted.graph.output))
    must_equal = adapted.is_exact and wishes.softmax is None and "float32" not in ends
    if must_equal and equality.identical < equality.n_inputs:
        raise ModelError(
            f"{where}: adapted, it differs on {equality.n_inputs - equality.identical} of {equality.n_inputs} inputs, "
            "though nothing was rounded",
            hint="this is a bug of tinyhost: report it with the model",
        )


def note_text(document: AdaptDocument) -> str:
    """Return the note for people."""
    lines = [f"{document.file}: {document.source}, adapted", f"input {document.input}, output {document.output}"]
    lines += [f"- {sentence}" for sentence in document.done]
    lines.append("nothing was rounded" if document.exact else "some values were rounded anew")
    equality = document.equality
    if equality is None:
        lines.append(f"how equal both are was not measured: {document.not_measured}")
    else:
        steps = f", {equality.largest_steps:.2f} steps" if equality.largest_steps is not None else ""
        what = "pictures" if equality.inputs == "pictures" else "random inputs"
        lines.append(
            f"on {equality.n_inputs} {what} ({equality.reference}): {equality.identical} answers identical, "
            f"{equality.same_top} with the same top class, largest difference {equality.largest_difference:.6g}{steps}"
        )
    if document.labels:
        lines.append(f"labels: {','.join(document.labels)}")
    return "\n".join(lines) + "\n"


def _shape(graph: Graph, index: int) -> str:
    tensor = graph.tensors[index]
    return f"{tensor.dtype} {'x'.join(map(str, tensor.shape))}"
