"""Label proposals for unlabelled samples: by one of our models on this computer, or by a third-party finder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tinyhost.datasets.folder import PICTURES, SampleKind
from tinyhost.datasets.labelling.proposals import Proposer
from tinyhost.errors import DatasetError, UsageError
from tinyhost.models.file import ModelFile
from tinyhost.sensors.faces import face_finder
from tinyhost.sensors.picture_file import read_picture
from tinyhost.tasks.registry import task_of_app, tasks

__all__ = ["finder_proposer", "model_proposer"]

FACES = "faces"
"""the installed face detector"""


def model_proposer(model: ModelFile, kind: SampleKind) -> tuple[Proposer, tuple[str, ...]]:
    """Return a function that proposes a label by a model, and its labels.

    kind: the kind of samples, for a model of no particular app. Raises UsageError for a model without labels, or of
    samples that are not judged one by one.
    """
    summary = model.summary
    if not summary.labels:
        raise UsageError(f"{model.path}: the model has no labels", hint="name them: --labels no_person,person")
    task = task_of_app(summary.task) or next(task for task in tasks() if task.sensor.option == kind.sensor)
    if task.sensor.option != kind.sensor:
        raise UsageError(f"{model.path}: a model of {task.sensor.name} samples, and these are {kind.name}")
    scores = task.judge(model.image_for("tinyhost"), summary)
    return lambda path: [(label, float(score)) for label, score in zip(summary.labels, scores(path), strict=False)], (
        summary.labels
    )


def finder_proposer(name: str, labels: Sequence[str], kind: SampleKind) -> Proposer:
    """Return a function that proposes a label by a finder: `faces`, a YuNet model's FILE.onnx, or module:function.

    A finder takes grey levels and returns boxes: a picture with a box gets the second of two labels, others the first;
    a module's function may return scores by label instead. Raises UsageError.
    """
    if kind is not PICTURES:
        raise UsageError(f"--finder {name}: finders look at pictures, and these are {kind.name}")
    finder: Any = face_finder("" if name == FACES else name) if ":" not in name else _function(name)

    def ask(path: Path) -> Sequence[tuple[str, float]]:
        found = finder(read_picture(path))
        if isinstance(found, Mapping):
            return [(str(label), float(score)) for label, score in found.items()]
        if len(labels) != 2:
            raise DatasetError(f"{path}: the finder gives boxes, which need two labels: --labels no_person,person")
        return [(labels[bool(list(found))], 1.0)]

    return ask


def _function(name: str) -> Any:
    module, _, function = name.partition(":")
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as exc:
        raise UsageError(f"--finder {name}: {exc}", hint="give module:function, which gets a picture") from exc
