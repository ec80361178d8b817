"""Vision: grey pictures of a camera, with one class each or, for a model with a heat map, the objects in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.pictures import ClassFolder, load_class_folder, pictures_of_part
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DeviceError, UsageError
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import HostReference, preprocess
from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import MAX_SCORES, InferSource, Setting
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.protocol.status import Status
from tinyhost.sensors.picture_file import read_picture
from tinyhost.sensors.sensor import CAMERA
from tinyhost.system.documents import Document
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.class_documents import AccuracyDocument
from tinyhost.tasks.classes import Accuracy, check_labels, measure_accuracy, real_values
from tinyhost.tasks.contract import Evaluation, LabelledInput, Subject, Task
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.vision.fitting import SIDE, fitted
from tinyhost.tasks.vision.object_documents import ObjectsDocument
from tinyhost.tasks.vision.objects import open_boxes
from tinyhost.tasks.vision.sweeps import PICTURE_SWEEPS

__all__ = ["VISION"]

_SEED = 1
_MAX_CELLS = 255  # kMaxHeatMapSide of firmware/lib/vision/include/vision/heat_map.h


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
        """Return the device's predictions for all pictures.

        A picture that fits the board's buffer is sent as it is; a larger one is first cropped and scaled to 96x96, as a
        scene does.
        """
        frame_bytes = subject.device.info.sample_bytes
        return measure_accuracy(
            subject.pool,
            subject.model,
            subject.labels,
            self.pictures,
            prepare=lambda pixels: self.change(fitted(pixels.view(np.uint8), frame_bytes).pixels),
            n_silent=1 if len(subject.labels) == 2 else None,
            setting=subject.device.settings()["threshold"].value,
            on_sample=on_step,
        )


class Vision(Task):
    """The host's side of firmware/apps/vww."""

    name = "vision"
    app = "vww"
    sensor = CAMERA
    settings = frozenset(
        {
            Setting.CAMERA_RESOLUTION,
            Setting.PERIOD_MS,
            Setting.SMOOTHING,
            Setting.THRESHOLD,
            Setting.UNSURE_MARGIN,
        }
    )
    live = LiveForm(sees="picture", result="state")
    capture = CaptureForm(takes="pictures", count=100)
    pipeline = "image-classification"
    sweeps = PICTURE_SWEEPS
    documents: ClassVar[dict[str, type[Document]]] = {"accuracy": AccuracyDocument, "objects": ObjectsDocument}

    def judge(self, image: bytes, model: ModelSummary) -> Callable[[Path], NDArray[np.float64]]:
        """Return a function from a picture's file to its scores, cropped and scaled as a scene does it."""
        engine = HostReference(image)

        def scores(path: Path) -> NDArray[np.float64]:
            pixels = fitted(read_picture(path), SIDE * SIDE).pixels
            return real_values(engine.run(preprocess(pixels, model)), model.output)

        return scores

    def misfit(self, model: ModelSummary) -> str:
        """Return why a model is neither a classifier of pictures nor a heat map of objects; "" if it is one."""
        shape, dtype = model.input.shape, model.input.dtype
        is_picture = len(shape) == 4 and shape[0] == 1 and shape[3] in (1, 3) and dtype != "float32"
        if not is_picture:
            return f"not a model of pictures: its input is {'x'.join(map(str, shape))} {dtype}"
        rows, columns, n_classes = model.output.shape[1:] if model.output.is_heat_map else (1, 1, 2)
        if 2 <= n_classes <= MAX_SCORES and max(rows, columns) <= _MAX_CELLS and model.output.dtype == "int8":
            return ""
        return (
            f"not a model of objects: its output is {model.heat_map} of {model.output.dtype}, "
            f"expected int8, at most {_MAX_CELLS} cells a side, and 2 to {MAX_SCORES} classes, the background's first"
        )

    def test_sample(self, subject: Subject) -> NDArray[np.uint8] | None:
        """Return a picture; None if the model classifies no pictures."""
        picture = np.frombuffer(pattern_bytes(_SEED, SIDE * SIDE), np.uint8).reshape(SIDE, SIDE)
        try:
            subject.device.infer(InferSource.SAMPLE, data=picture)
        except DeviceError as error:
            if error.status in (Status.MODEL_MISMATCH, Status.UNSUPPORTED):
                return None
            raise
        return picture

    def inputs(
        self, model: ModelFile, labels: tuple[str, ...], folder: Path, part: Part | None
    ) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
        """Return a folder's labelled pictures as input tensors; those larger than 96x96 are cropped and scaled."""
        pictures = load_class_folder(folder)
        check_labels(folder, pictures.labels, labels, example="no_person,person")
        chosen = pictures_of_part(pictures, part)
        made = (
            LabelledInput(
                path=item.path,
                label=item.label,
                data=preprocess(fitted(item.read(), SIDE * SIDE).pixels, model.summary),
            )
            for item in chosen
        )
        return tuple(made), chosen.skipped

    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> Evaluation:
        """Return a folder's labelled pictures, all or one part's; for a heat map, pictures with boxes."""
        if self.test_sample(subject) is None:
            raise UsageError(
                f"{subject.model.name} does not accept the pictures of its app, so --data cannot be classified",
                hint="omit --data",
            )
        if subject.model.output.is_heat_map:
            return open_boxes(subject, folder, part)
        pictures = load_class_folder(folder)
        check_labels(folder, pictures.labels, subject.labels, example="no_person,person")
        return PictureEvaluation(pictures=pictures_of_part(pictures, part))


VISION = Vision()
