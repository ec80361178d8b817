"""How right the device is about a labelled folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.plan import ModelSummary
from tinyhost.bench.result import Accuracy, PictureResult
from tinyhost.boards.scenes import fit_picture
from tinyhost.datasets import ClassFolder, load_class_folder
from tinyhost.errors import DatasetError, UsageError
from tinyhost.protocol.messages import InferSource

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["fitting", "load_labelled", "measure_accuracy"]

_SIDE = 96
_MAX_SIDE = 2048  # kMaxPictureSide of firmware/lib/vision/include/vision/picture.h


def load_labelled(path: Path, labels: Sequence[str]) -> ClassFolder:
    """Return the labelled folder; raises DatasetError if one of its labels is none of the model's."""
    if not labels:
        raise UsageError(
            "the model has no labels, so its answers cannot be compared with a folder's",
            hint="name them in the order of the outputs: --labels no_person,person",
        )
    folder = load_class_folder(path)
    unknown = [label for label in folder.labels if label not in labels]
    if unknown:
        raise DatasetError(
            f"{path}: the model knows no label {', '.join(unknown)}; it has {', '.join(labels)}",
            hint="rename the folder, or push a model with these labels",
        )
    return folder


def fitting(pixels: NDArray[np.uint8], frame_bytes: int) -> NDArray[np.uint8]:
    """Return a picture that a board's frame takes: as it is, or cut and scaled to 96x96 as a scene does."""
    fits = pixels.size <= frame_bytes and max(pixels.shape) <= _MAX_SIDE
    return pixels if fits else fit_picture(pixels, _SIDE, _SIDE)


def measure_accuracy(
    device: Device,
    model: ModelSummary,
    labels: Sequence[str],
    folder: ClassFolder,
    *,
    on_picture: Callable[[int], None] = lambda done: None,
) -> Accuracy:
    """Return what the device says to every picture of the folder.

    A picture goes to the board as it is, if the board has room for it; a larger one is first cut and scaled to 96x96,
    as a scene does.
    """
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    results = []
    for index, picture in enumerate(folder):
        answer = device.infer(InferSource.SAMPLE, data=fitting(picture.read(), device.info.sample_bytes))
        scores = (np.frombuffer(answer.output, model.output.dtype).astype(np.float64) - model.output.zero_point) * (
            model.output.scale or 1.0
        )
        top = int(np.argmax(scores))
        confusion[labels.index(picture.label), top] += 1
        results.append(
            PictureResult(
                path=picture.path,
                label=picture.label,
                predicted=labels[top],
                scores=tuple(float(score) for score in scores),
                ticks=answer.invoke_ticks,
            )
        )
        on_picture(index + 1)
    return Accuracy(
        data=folder.root,
        labels=tuple(labels),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        pictures=tuple(results),
    )
