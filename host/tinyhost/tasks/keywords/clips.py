"""A keyword model's accuracy on the device, on labelled clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.features import features
from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.speakers import Part
from tinyhost.datasets.clips import LabelledClip, load_clip_folder
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.errors import DatasetError
from tinyhost.metrics.cascade import CascadeClips, cascade_clips
from tinyhost.metrics.intervals import share_interval
from tinyhost.metrics.keyword_charts import errors_chart, thresholds_chart
from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint, keyword_curve, keyword_point
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import ModelSummary
from tinyhost.system.wording import counted
from tinyhost.tasks import findings
from tinyhost.tasks.class_documents import AccuracyDocument, KeywordsDocument, Kind
from tinyhost.tasks.classes import Accuracy, check_labels, measure_accuracy, real_values
from tinyhost.tasks.contract import Evaluation, LabelledInput, Subject
from tinyhost.tasks.findings import HostAnswers, Note, agreement_note, percent, within
from tinyhost.tasks.keywords.cascade import clips_note
from tinyhost.tasks.keywords.params import keyword_features, keyword_params, threshold_units

__all__ = ["ClipEvaluation", "KeywordAccuracy", "clip_inputs", "host_scorer", "load_clips"]


@dataclass(frozen=True, kw_only=True)
class KeywordAccuracy(Accuracy):
    """The results of clips, classified on the device: accuracy, misses and false accepts."""

    kind: ClassVar[Kind] = "clips"

    point: KeywordPoint
    """error rates at the model's threshold"""
    curve: KeywordCurve
    host: HostAnswers
    """agreement with the same clips on this computer"""
    cascade: CascadeClips | None = None
    """None of a model of one network"""

    def document(self) -> AccuracyDocument:
        """Return the JSON document."""
        point = self.point
        keywords = KeywordsDocument(
            threshold=point.threshold,
            false_accept_rate=point.false_accept_rate,
            false_accept_interval=share_interval(point.false_accept_rate, self.curve.n_others),
            false_reject_rate=point.false_reject_rate,
            false_reject_interval=share_interval(point.false_reject_rate, self.curve.n_words),
            confusion_rate=point.confusion_rate,
            n_words=self.curve.n_words,
            n_others=self.curve.n_others,
            equal_error=self.curve.equal_error,
            curve=self.curve.points,
        )
        return replace(super().document(), host=self.host, keywords=keywords, cascade=self.cascade)

    def more_parts(self) -> tuple[findings.Part, ...]:
        """Return the error rates, and the note on agreement with this computer."""
        point, curve = self.point, self.curve
        accepts = _share(point.false_accept_rate, curve.n_others, "clip")
        misses = _share(point.false_reject_rate, curve.n_words, "word")
        rates = f"at threshold {point.threshold:.2f}: false accepts {accepts} without a word, misses {misses}"
        woken = (clips_note(self.cascade),) if self.cascade else ()
        charts = errors_chart({"on the board": curve}, point) or (thresholds_chart(curve, point),)
        return (Note(text=rates), *woken, *charts, agreement_note(self.host, "clips"))


def _share(share: float | None, n: int, what: str) -> str:
    """Return a share of n clips or words in words, with its confidence interval."""
    return f"{percent(share)} of {counted(n, what)}" + (f" ({within(share_interval(share, n))})" if n else "")


@dataclass(frozen=True, kw_only=True)
class ClipEvaluation(Evaluation):
    """Clips with labels that the model has, for a device to classify."""

    stage: ClassVar[str] = "accuracy"

    root: Path
    clips: tuple[LabelledClip, ...]
    skipped: tuple[Skipped, ...] = ()

    def __iter__(self) -> Iterator[LabelledClip]:
        return iter(self.clips)

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def n_steps(self) -> int:
        """Number of clips."""
        return len(self.clips)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> KeywordAccuracy:
        """Return the device's predictions for all clips, and whether this computer's agree."""
        model, labels = subject.model, subject.labels
        n_silent, setting = keyword_params(subject.image).n_silent_labels, threshold_units(subject.image)
        accuracy = measure_accuracy(
            subject.pool,
            model,
            labels,
            self,
            prepare=self.change,
            n_silent=n_silent,
            setting=setting,
            on_sample=on_step,
        )
        scores = np.array([sample.scores for sample in accuracy.samples])
        classes = np.array([labels.index(sample.label) for sample in accuracy.samples])
        threshold = (setting - model.output.zero_point) * model.output.scale
        return KeywordAccuracy(
            data=accuracy.data,
            skipped=accuracy.skipped,
            labels=accuracy.labels,
            confusion=accuracy.confusion,
            samples=accuracy.samples,
            thresholds=accuracy.thresholds,
            point=keyword_point(scores, classes, n_silent, threshold),
            curve=keyword_curve(scores, classes, n_silent),
            host=self._host_answers(subject, accuracy),
            cascade=_cascade(subject, accuracy, scores, classes, n_silent),
        )

    def _host_answers(self, subject: Subject, accuracy: Accuracy) -> HostAnswers:
        """Return on how many clips the firmware's frontend and engine on this computer differ."""
        judge = host_scorer(subject.image, subject.model)
        mismatches = 0
        for clip, answer in zip(self.clips, accuracy.samples, strict=True):
            mismatches += tuple(float(score) for score in judge(self.change(clip.read()))) != answer.scores
        return HostAnswers(compared=len(self), mismatches=mismatches)


def _cascade(
    subject: Subject, accuracy: Accuracy, scores: NDArray[np.float64], classes: NDArray[np.int64], n_silent: int
) -> CascadeClips | None:
    """Return what the first network makes of the clips; None of a model of one network."""
    info = subject.model.cascade
    if info is None:
        return None
    wake = (np.array([sample.wake_score for sample in accuracy.samples]) - info.zero_point) * info.scale
    return cascade_clips(wake, scores, classes, n_silent=n_silent, threshold=info.threshold)


def host_scorer(image: bytes, model: ModelSummary) -> Callable[[NDArray[np.int16]], NDArray[np.float64]]:
    """Return a function from a second of sound, (16000,), to the model's real outputs, by the firmware's code."""
    engine, hear = HostReference(image), host_frontend(image)
    return lambda pcm: real_values(engine.run(hear(pcm)), model.output)


def host_frontend(image: bytes) -> Callable[[NDArray[np.int16]], bytes]:
    """Return a function from a second of sound, (16000,), to the model's input tensor, by the firmware's frontend."""
    params = keyword_params(image)
    config = keyword_features(params)
    return lambda pcm: features(pcm, config)[-params.n_strides :].tobytes()


def clip_inputs(
    image: bytes, labels: tuple[str, ...], folder: Path, part: Part | None
) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
    """Return the labelled clips of a folder as a model's input tensors, and the files that could not be used."""
    clips, hear = load_clips(folder, labels, part), host_frontend(image)
    made = (LabelledInput(path=clip.path, label=clip.label, data=hear(clip.read())) for clip in clips)
    return tuple(made), clips.skipped


def load_clips(path: Path, labels: tuple[str, ...], part: Part | None = None) -> ClipEvaluation:
    """Return the clips of a folder of class folders; labels that the model lacks become `unknown` if it has that.

    part: of training's split. Raises DatasetError for labels that the model lacks.
    """
    folder = load_clip_folder(path)
    known = () if UNKNOWN in labels else folder.labels
    check_labels(path, known, labels, example="silence,unknown,yes,no")
    _, sides = part_of_clips(folder, Shares())
    clips = [
        clip if clip.label in labels else replace(clip, label=UNKNOWN)
        for clip, side in zip(folder.clips, sides, strict=True)
        if part in (None, side)
    ]
    if not clips:
        raise DatasetError(f"{path}: no clips for {part}", hint="omit --part")
    return ClipEvaluation(root=path, clips=tuple(clips), skipped=folder.skipped)
