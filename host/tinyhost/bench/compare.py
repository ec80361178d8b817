"""Comparison of variants of one model on this computer: size, support on a board, differing predictions."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.compared import ComparedModel, Flip, ModelCompareDocument
from tinyhost.bench.layer_noise import layer_noise, on_grid
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import MissingToolError, ModelError, UsageError
from tinyhost.metrics.intervals import mcnemar, wilson
from tinyhost.models.file import ModelFile, load_model_file, read_tflite_file
from tinyhost.models.forms import form_of, weights_of
from tinyhost.models.reference import HostReference, LitertReference, Reference, TflmReference
from tinyhost.tasks.contract import LabelledInput
from tinyhost.tasks.registry import task_of_app

__all__ = ["compare_contents", "compare_models"]

_MAX_FLIPS = 1_000


@dataclass(frozen=True, kw_only=True)
class _Given:
    """A model's file, as far as it could be read."""

    path: Path
    tflite: bytes
    file: ModelFile | None
    why_not: str


def compare_models(
    paths: Sequence[Path],
    data: Path | None,
    *,
    labels: tuple[str, ...] = (),
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> ModelCompareDocument:
    """Return the comparison of files with the first of them.

    on_sample: called with the number of predictions done, and of all. Samples are preprocessed as for the first file
    that a board supports; the others get the same real values. Raises ModelError, DatasetError, UsageError.
    """
    given = [_read(path, labels) for path in paths]
    compared = [_facts(item) for item in given]
    if data is None:
        return ModelCompareDocument(data=None, n=0, labels=(), models=tuple(compared), flips=(), skipped=())
    taken = ((item.file, task_of_app(item.file.summary.task)) for item in given if item.file)
    on_board, task = next(
        ((file, task) for file, task in taken if task and not task.misfit(file.summary)), (None, None)
    )
    if on_board is None or task is None:
        raise UsageError(
            "none of the files is a model for an app, so it is not known how to preprocess the samples",
            hint="add the int8 model to the files, or omit --data",
        )
    names = labels or on_board.summary.labels
    inputs, skipped = task.inputs(on_board, names, data, None)
    scale, zero_point = on_board.summary.input.scale, on_board.summary.input.zero_point
    samples = np.stack([np.frombuffer(item.data, on_board.summary.input.dtype) for item in inputs])
    real = (samples.astype(np.float64) - zero_point) * (scale or 1.0)
    classes = np.array([names.index(item.label) for item in inputs], np.int64)
    judged, answers = _measured(given, compared, real, classes, on_sample)
    return ModelCompareDocument(
        data=str(data),
        n=len(inputs),
        labels=names,
        models=tuple(judged),
        flips=tuple(_flips(given, answers, inputs, names)),
        skipped=skipped,
    )


def compare_contents(
    contents: Mapping[str, bytes], real: NDArray[np.float64], classes: NDArray[np.int64]
) -> tuple[ComparedModel, ...]:
    """Return .tflite files, which have names, beside the first of them, on samples of known classes.

    real: (n, n_elements) real inputs; classes: (n,). Raises ModelError for a file that is no model.
    """
    given = [_compiled(Path(name), content) for name, content in contents.items()]
    return tuple(_measured(given, [_facts(item) for item in given], real, classes)[0])


def _measured(
    given: Sequence[_Given],
    facts: Sequence[ComparedModel],
    real: NDArray[np.float64],
    classes: NDArray[np.int64],
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[ComparedModel], list[NDArray[np.float64] | None]]:
    """Return the files' metrics and predictions on samples; None for a file that nothing here can run."""
    runners, answers = [_runner(item) for item in given], []
    for place, (runner, item) in enumerate(zip(runners, given, strict=True)):
        show = partial(_told, on_sample, place * len(real), len(given) * len(real))
        answers.append(_answers(runner, item, real, show) if runner else None)
    judged = [
        replace(_judged(fact, own, answers[0], classes), run_by=runner.name if runner else None)
        for fact, own, runner in zip(facts, answers, runners, strict=True)
    ]
    if given[0].file is not None:
        judged[1:] = [
            replace(fact, layers=layer_noise(given[0].tflite, item.tflite, real)) if item.file else fact
            for fact, item in zip(judged[1:], given[1:], strict=True)
        ]
    return judged, answers


def _told(on_sample: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    on_sample(before + done, total)


def _read(path: Path, labels: tuple[str, ...]) -> _Given:
    tflite, _ = read_tflite_file(path)
    try:
        return _Given(path=path, tflite=tflite, file=load_model_file(path, labels), why_not="")
    except ModelError as error:
        return _Given(path=path, tflite=tflite, file=None, why_not=error.message)


def _compiled(path: Path, tflite: bytes) -> _Given:
    """Return a file's content that is not written yet."""
    try:
        parsed = compile_tflite(tflite, name=path.stem, where=str(path)).parsed
    except ModelError as error:
        return _Given(path=path, tflite=tflite, file=None, why_not=error.message)
    return _Given(path=path, tflite=tflite, file=ModelFile(path=path, parsed=parsed, tflite=tflite), why_not="")


def _facts(item: _Given) -> ComparedModel:
    graph = read_tflite(item.tflite, where=str(item.path))
    weights = [np.frombuffer(data, np.dtype(dtype)) for data, dtype in weights_of(graph)]
    n = sum(len(values) for values in weights)
    summary = item.file.summary if item.file else None
    return ComparedModel(
        file=str(item.path),
        form=form_of(graph),
        n_bytes=len(item.tflite),
        zipped_bytes=len(zlib.compress(item.tflite, 9)),
        n_weights=n,
        zero_weights=sum(int((values == 0).sum()) for values in weights) / n if n else 0.0,
        runs_on_board=summary is not None,
        why_not=item.why_not,
        flash_bytes=summary.flash_bytes if summary else None,
        arena_bytes=summary.arena_bytes if summary else None,
        run_by=None,
        n_right=None,
        accuracy=None,
        accuracy_interval=None,
        flipped=None,
        only_first=None,
        only_this=None,
        p=None,
        mean_difference=None,
        layers=(),
    )


def _runner(item: _Given) -> Reference | None:
    """Return an engine that runs a model here: the firmware's, else TensorFlow's or LiteRT's, if installed."""
    if item.file is not None:
        return HostReference(item.file.image)
    for kind in (LitertReference, TflmReference):
        try:
            runner: Reference = kind(item.tflite)
        except (MissingToolError, ModelError):
            continue
        return runner
    return None


def _answers(
    runner: Reference, item: _Given, real: NDArray[np.float64], on_sample: Callable[[int], None]
) -> NDArray[np.float64]:
    """Return the real scores of samples, (n, n_classes)."""
    graph = read_tflite(item.tflite)
    x, y = graph.tensors[graph.input], graph.tensors[graph.outputs[0]]
    if x.n_elements != real.shape[1]:
        raise ModelError(
            f"{item.path}: it takes {x.n_elements:,} values, the samples have {real.shape[1]:,}",
            hint="compare variants of one model",
        )
    scores = []
    for done, sample in enumerate(real, 1):
        raw = np.frombuffer(runner.run(on_grid(sample, x.dtype, float(x.scale), x.zero_point)), y.dtype)
        values = raw.astype(np.float64)
        scores.append(values if y.dtype == "float32" else (values - y.zero_point) * float(y.scale))
        on_sample(done)
    return np.stack(scores)


def _judged(
    fact: ComparedModel,
    own: NDArray[np.float64] | None,
    first: NDArray[np.float64] | None,
    classes: NDArray[np.int64],
) -> ComparedModel:
    if own is None:
        return fact
    right = own.argmax(axis=1) == classes
    judged = replace(
        fact,
        n_right=int(right.sum()),
        accuracy=float(right.mean()),
        accuracy_interval=wilson(int(right.sum()), len(right)),
    )
    if first is None:
        return judged
    test = mcnemar((first.argmax(axis=1) == classes).tolist(), right.tolist())
    return replace(
        judged,
        flipped=int((own.argmax(axis=1) != first.argmax(axis=1)).sum()),
        only_first=test.n_only_first,
        only_this=test.n_only_second,
        p=test.p_value,
        mean_difference=float(np.abs(own - first).mean()),
    )


def _flips(
    given: Sequence[_Given],
    answers: Sequence[NDArray[np.float64] | None],
    inputs: Sequence[LabelledInput],
    labels: tuple[str, ...],
) -> list[Flip]:
    first = answers[0]
    if first is None:
        return []
    flips = [
        Flip(
            file=str(sample.path),
            label=sample.label,
            model=str(item.path),
            first=labels[int(before.argmax())],
            says=labels[int(now.argmax())],
        )
        for item, own in zip(given[1:], answers[1:], strict=True)
        if own is not None
        for sample, before, now in zip(inputs, first, own, strict=True)
        if before.argmax() != now.argmax()
    ]
    return flips[:_MAX_FLIPS]
