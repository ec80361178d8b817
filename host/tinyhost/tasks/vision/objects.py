"""Accuracy of object detection on the device: a heat map's centroids against labelled boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.audio.speakers import Part
from tinyhost.compiler.app_defaults import with_background
from tinyhost.datasets.boxes import Box, BoxedPicture, load_boxed_pictures
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError, MissingToolError, UsageError
from tinyhost.metrics.intervals import Interval
from tinyhost.metrics.objects import ObjectCounts, ObjectScore, match_centroids, object_score
from tinyhost.protocol.messages import InferSource
from tinyhost.system.wording import counted
from tinyhost.tasks.contract import Evaluation, Subject
from tinyhost.tasks.findings import (
    Figure,
    Finding,
    Grid,
    Note,
    SampleVerdict,
    Section,
    digest_of,
    percent,
    skipped_notes,
    within,
)
from tinyhost.tasks.vision.fitting import fitted
from tinyhost.tasks.vision.object_documents import DetectionDocument, ObjectsDocument, PictureDocument

if TYPE_CHECKING:
    from tinyhost.device import Device
    from tinyhost.models.summary import ModelSummary

__all__ = ["ObjectEvaluation", "ObjectFinding", "open_boxes"]

_MAX_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """One picture."""

    document: PictureDocument
    counts: Mapping[str, ObjectCounts]
    """by label"""
    n_outside: int
    n_left_out: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class ObjectFinding(Finding):
    """The results of pictures with boxes on the device."""

    key: ClassVar[str] = "objects"

    data: Path
    labels: tuple[str, ...]
    """without the background"""
    threshold: float
    pictures: tuple[_Judged, ...]
    ignored: Mapping[str, int]

    @property
    def n_used(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    def score(self, label: str | None = None) -> ObjectScore:
        """Return the scores of a label, or of all."""
        labels = self.labels if label is None else (label,)
        rows = ([each.counts.get(name, ObjectCounts()) for name in labels] for each in self.pictures)
        return object_score([_sum(row) for row in rows])

    def document(self) -> ObjectsDocument:
        """Return the JSON document."""
        return ObjectsDocument(
            data=str(self.data),
            n_pictures=self.n_used,
            threshold=self.threshold,
            all=self.score(),
            per_class={label: self.score(label) for label in self.labels},
            pictures=tuple(each.document for each in self.pictures),
            n_outside=sum(each.n_outside for each in self.pictures),
            n_left_out=sum(each.n_left_out for each in self.pictures),
            ignored=self.ignored,
            skipped=self.skipped,
        )

    def section(self) -> Section:
        """Return the section of the report."""
        score = self.score()
        return Section(
            title="Objects, on the board",
            note=f"{counted(self.n_used, 'picture')} of {self.data}, sent to the board; at a threshold of "
            f"{self.threshold:.2f}, a detection matches an object of its label if its centroid lies in the object's "
            f"box.",
            figures=(
                Figure(name="F1", value=percent(score.f1), more=within(score.f1_interval)),
                Figure(
                    name="Precision",
                    value=percent(score.precision),
                    more=_shown(score.found, score.n_detections, "detection", score.precision_interval),
                ),
                Figure(
                    name="Recall",
                    value=percent(score.recall),
                    more=_shown(score.found, score.n_objects, "object", score.recall_interval),
                ),
            ),
            parts=(*skipped_notes(self.skipped, self.n_used), *self._notes(), self._grid()),
        )

    def sample_verdicts(self) -> tuple[SampleVerdict, ...]:
        """Return for each picture whether all its objects were found, without a false detection."""
        return tuple(
            SampleVerdict(
                digest=each.digest,
                label="+".join(label for label in self.labels if label in each.counts) or "nothing",
                right=not any(counts.missed or counts.false for counts in each.counts.values()),
            )
            for each in self.pictures
        )

    def _grid(self) -> Grid:
        rows = []
        for label in self.labels:
            score = self.score(label)
            rows.append(
                (
                    label,
                    str(score.n_objects),
                    str(score.n_detections),
                    percent(score.precision),
                    within(score.precision_interval),
                    percent(score.recall),
                    within(score.recall_interval),
                    percent(score.f1),
                )
            )
        return Grid(headings=("class", "objects", "detections", "precision", "", "recall", "", "F1"), rows=tuple(rows))

    def _notes(self) -> tuple[Note, ...]:
        notes = []
        if n_outside := sum(each.n_outside for each in self.pictures):
            what = f"{counted(n_outside, 'object')} outside of what the model sees, which are not counted"
            notes.append(Note(text=what, level="warning"))
        if n_left_out := sum(each.n_left_out for each in self.pictures):
            what = f"{counted(n_left_out, 'cell')} reach the threshold but are in no detection: there are too many"
            notes.append(Note(text=what, level="warning"))
        if self.ignored:
            named = ", ".join(f"{label} ({n})" for label, n in list(self.ignored.items())[:_MAX_NAMED])
            more = f" and {len(self.ignored) - _MAX_NAMED} more" if len(self.ignored) > _MAX_NAMED else ""
            notes.append(Note(text=f"boxes whose labels the model does not know are not counted: {named}{more}"))
        return tuple(notes)


@dataclass(frozen=True, kw_only=True)
class ObjectEvaluation(Evaluation):
    """Pictures with boxes for a device to run."""

    stage: ClassVar[str] = "objects"

    root: Path
    pictures: tuple[BoxedPicture, ...]
    labels: tuple[str, ...]
    """labels of all classes, the background's too"""
    skipped: tuple[Skipped, ...]

    @property
    def n_steps(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> ObjectFinding:
        """Return the device's detections in all pictures. Raises DatasetError if none can be read."""
        setting = subject.device.settings()["threshold"].value

        def judge(device: Device, picture: BoxedPicture) -> _Judged | Skipped:
            try:
                pixels = picture.read()
            except (DatasetError, MissingToolError) as error:
                return Skipped(what=picture.path.relative_to(self.root).as_posix(), reason=error.message)
            return self._judge(device, subject.model, picture, pixels, setting)

        answers = subject.pool.map(judge, self.pictures, on_step)
        judged = [answer for answer in answers if not isinstance(answer, Skipped)]
        skipped = [*self.skipped, *(answer for answer in answers if isinstance(answer, Skipped))]
        if not judged:
            raise none_usable(self.root, skipped, hint="replace them by PNG or JPEG files")
        output = subject.model.output
        boxes = Counter(box.label for picture in self.pictures for box in picture.boxes)
        return ObjectFinding(
            data=self.root,
            labels=self.labels[1:],
            threshold=(setting - output.zero_point) * output.scale,
            pictures=tuple(judged),
            ignored={label: n for label, n in boxes.most_common() if label not in self.labels[1:]},
            skipped=tuple(skipped),
        )

    def _judge(
        self, device: Device, model: ModelSummary, picture: BoxedPicture, pixels: NDArray[np.uint8], threshold: int
    ) -> _Judged:
        frame = fitted(pixels, device.info.sample_bytes)
        answer = device.infer(InferSource.SAMPLE, data=self.change(frame.pixels))
        scores = np.frombuffer(answer.output, np.int8).reshape(model.output.shape[1:])
        sides = (frame.pixels.shape[0], frame.pixels.shape[1])
        side_of_input = (model.input.shape[1], model.input.shape[2])
        found, n_left_out = _firmware.find_objects(scores, threshold, sides, side_of_input)
        window = _firmware.seen_window(sides, side_of_input)
        known = [frame.placed(box) for box in picture.boxes if box.label in self.labels[1:]]
        objects = [box for box in known if box.is_crowd or _holds(window, *_middle(box))]
        real = [index for index, box in enumerate(objects) if not box.is_crowd]

        def fits(detection: int, index: int) -> bool:
            x, y, *_, label = found[detection]
            box = objects[index]
            return box.label == self.labels[label] and _holds((box.x, box.y, box.width, box.height), x, y)

        matched = match_centroids(real, range(len(found)), fits)
        crowds = [index for index, box in enumerate(objects) if box.is_crowd]
        verdicts = [
            True if each in matched else None if any(fits(each, index) for index in crowds) else False
            for each in range(len(found))
        ]
        detections = tuple(
            DetectionDocument(
                label=self.labels[label],
                score=(score - model.output.zero_point) * model.output.scale,
                x=x,
                y=y,
                right=right,
            )
            for (x, y, _, _, score, label), right in zip(found, verdicts, strict=True)
        )
        return _Judged(
            document=PictureDocument(
                file=str(picture.path), n_objects=len(real), found=len(matched), detections=detections
            ),
            counts=_counts([objects[index].label for index in real], detections),
            n_outside=len(known) - len(objects),
            n_left_out=n_left_out,
            digest=digest_of(frame.pixels),
        )


def open_boxes(subject: Subject, folder: Path, part: Part | None) -> ObjectEvaluation:
    """Return a folder's pictures with their boxes, all or one part's, for a model with a heat map.

    Raises DatasetError if they cannot be read or hold no label of the model, UsageError for a model without labels.
    """
    labels = with_background(subject.labels, subject.model.output)
    if not labels:
        raise UsageError(
            "the model has no labels, so its detections cannot be compared with the folder's boxes",
            hint="name them in the order of the outputs, with or without the background: --labels face,cup",
        )
    boxed = load_boxed_pictures(folder)
    known = labels[1:]
    if boxed.labels() and not set(known) & set(boxed.labels()):
        has = ", ".join(boxed.labels()[:_MAX_NAMED])
        raise DatasetError(
            f"{folder}: the model knows none of the labels of the boxes, {has}; it has {', '.join(known)}",
            hint="rename them in the list, or push a model with these labels",
        )
    return ObjectEvaluation(root=folder, pictures=boxed.of_part(part), labels=labels, skipped=boxed.skipped)


def _shown(n_found: int, n: int, what: str, interval: Interval | None) -> str:
    return "; ".join(filter(None, (f"{n_found} of {counted(n, what)}", within(interval))))


def _holds(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    left, top, width, height = box
    return left <= x <= left + width and top <= y <= top + height


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def _sum(rows: Sequence[ObjectCounts]) -> ObjectCounts:
    return ObjectCounts(
        found=sum(row.found for row in rows),
        missed=sum(row.missed for row in rows),
        false=sum(row.false for row in rows),
    )


def _counts(objects: Sequence[str], detections: Sequence[DetectionDocument]) -> dict[str, ObjectCounts]:
    n_objects = Counter(objects)
    n_found = Counter(each.label for each in detections if each.right)
    n_false = Counter(each.label for each in detections if each.right is False)
    return {
        label: ObjectCounts(found=n_found[label], missed=n_objects[label] - n_found[label], false=n_false[label])
        for label in sorted(n_objects.keys() | n_false.keys())
    }
