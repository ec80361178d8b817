"""Visual wake words: 96x96 grey pictures of a camera, one class each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.boards.scenes import fit_picture
from tinyhost.datasets.pictures import ClassFolder, load_class_folder, pictures_of_part
from tinyhost.errors import DeviceError, UsageError
from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import InferSource, Setting
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.protocol.status import Status
from tinyhost.sensors.sensor import CAMERA
from tinyhost.system.documents import Document
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.class_documents import AccuracyDocument
from tinyhost.tasks.classes import Accuracy, check_labels, measure_accuracy
from tinyhost.tasks.contract import Evaluation, Subject, Task
from tinyhost.tasks.live import LiveForm

__all__ = ["VISION", "fitting"]

_SEED = 1
_SIDE = 96
_MAX_SIDE = 2048  # kMaxPictureSide of firmware/lib/vision/include/vision/picture.h


def fitting(pixels: NDArray[np.uint8], frame_bytes: int) -> NDArray[np.uint8]:
    """Return a picture that a board's frame takes: as it is, or cut and scaled to 96x96 as a scene does."""
    fits = pixels.size <= frame_bytes and max(pixels.shape) <= _MAX_SIDE
    return pixels if fits else fit_picture(pixels, _SIDE, _SIDE)


@dataclass(frozen=True, kw_only=True)
class PictureEvaluation(Evaluation):
    """Labelled pictures for a device to classify."""

    stage: ClassVar[str] = "accuracy"

    pictures: ClassFolder

    @property
    def n_steps(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> Accuracy:
        """Return what the device says to every picture.

        A picture goes to the board as it is, if the board has room for it; a larger one is first cut and scaled to
        96x96, as a scene does.
        """
        frame_bytes = subject.device.info.sample_bytes
        return measure_accuracy(
            subject.device,
            subject.model,
            subject.labels,
            self.pictures,
            prepare=lambda pixels: fitting(pixels.view(np.uint8), frame_bytes),
            on_sample=on_step,
        )


class Vision(Task):
    """The twin of firmware/apps/vww."""

    name = "vision"
    app = "vww"
    sensor = CAMERA
    settings = frozenset({Setting.CAMERA_RESOLUTION, Setting.PERIOD_MS, Setting.SMOOTHING, Setting.THRESHOLD})
    live = LiveForm(sees="picture", result="state")
    capture = CaptureForm(takes="pictures", count=100)
    documents: ClassVar[dict[str, type[Document]]] = {"accuracy": AccuracyDocument}

    def misfit(self, model: ModelSummary) -> str:
        """Return what a model is that takes no picture, or gives no list of classes."""
        shape, dtype = model.input.shape, model.input.dtype
        is_picture = len(shape) == 4 and shape[0] == 1 and shape[3] in (1, 3) and dtype != "float32"
        if not is_picture:
            return f"no model of a picture: it takes {'x'.join(map(str, shape))} {dtype}"
        return f"no classifier: its output is {model.heat_map}" if model.heat_map else ""

    def test_sample(self, subject: Subject) -> NDArray[np.uint8] | None:
        """Return a picture; None if the model classifies no pictures."""
        picture = np.frombuffer(pattern_bytes(_SEED, _SIDE * _SIDE), np.uint8).reshape(_SIDE, _SIDE)
        try:
            subject.device.infer(InferSource.SAMPLE, data=picture)
        except DeviceError as error:
            if error.status in (Status.MODEL_MISMATCH, Status.UNSUPPORTED):
                return None
            raise
        return picture

    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> PictureEvaluation:
        """Return the labelled pictures of a folder, all or those of one part."""
        if self.test_sample(subject) is None:
            raise UsageError(
                f"{subject.model.name} does not take the pictures of its app, so --data cannot be classified",
                hint="leave --data out",
            )
        pictures = load_class_folder(folder)
        check_labels(folder, pictures.labels, subject.labels, example="no_person,person")
        return PictureEvaluation(pictures=pictures_of_part(pictures, part))


VISION = Vision()
