"""How right the device is about a labelled folder of pictures or of clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.result import Accuracy, SampleResult
from tinyhost.boards.scenes import fit_picture
from tinyhost.datasets import ClassFolder, load_class_folder
from tinyhost.errors import DatasetError, UsageError
from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import InferSource

if TYPE_CHECKING:
    from tinyhost.compiler import TensorInfo
    from tinyhost.device import Device


class LabelledSample(Protocol):
    """A picture or a clip, and its class."""

    @property
    def path(self) -> Path | None: ...

    @property
    def label(self) -> str: ...

    def read(self) -> NDArray[np.uint8] | NDArray[np.int16]:
        """Return grey levels (height, width), or samples (16000,)."""
        ...


class Labelled(Protocol):
    """A labelled folder."""

    @property
    def root(self) -> Path: ...

    def __iter__(self) -> Iterator[LabelledSample]: ...

    def __len__(self) -> int: ...


__all__ = ["Labelled", "LabelledSample", "fitting", "load_labelled", "measure_accuracy", "real_values"]

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
    samples: Labelled,
    *,
    on_sample: Callable[[int], None] = lambda done: None,
) -> Accuracy:
    """Return what the device says to every picture or clip.

    A picture goes to the board as it is, if the board has room for it; a larger one is first cut and scaled to 96x96,
    as a scene does. A clip is one second of sound.
    """
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    results = []
    for index, sample in enumerate(samples):
        answer = device.infer(InferSource.SAMPLE, data=_for_device(sample.read(), device.info.sample_bytes))
        scores = real_values(answer.output, model.output)
        top = int(np.argmax(scores))
        confusion[labels.index(sample.label), top] += 1
        results.append(
            SampleResult(
                path=sample.path or samples.root,
                label=sample.label,
                predicted=labels[top],
                scores=tuple(float(score) for score in scores),
                ticks=answer.invoke_ticks,
            )
        )
        on_sample(index + 1)
    return Accuracy(
        data=samples.root,
        labels=tuple(labels),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        samples=tuple(results),
    )


def _for_device(
    data: NDArray[np.uint8] | NDArray[np.int16], sample_bytes: int
) -> NDArray[np.uint8] | NDArray[np.int16]:
    return fitting(data.view(np.uint8), sample_bytes) if data.dtype == np.uint8 else data


def real_values(output: bytes, info: TensorInfo) -> NDArray[np.float64]:
    """Return the real values of an output tensor's bytes, (n,)."""
    raw = np.frombuffer(output, info.dtype).astype(np.float64)
    return (raw - info.zero_point) * (info.scale or 1.0)
