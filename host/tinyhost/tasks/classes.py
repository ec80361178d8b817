"""A classifier's accuracy on the device, on labelled samples: pictures, clips, windows of motion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError, UsageError
from tinyhost.metrics.classifier import (
    ClassifierMetrics,
    ClassScore,
    class_scores,
    classifier_metrics,
    confusion_matrix,
)
from tinyhost.metrics.intervals import wilson
from tinyhost.metrics.operating import ThresholdChoice, threshold_choices
from tinyhost.protocol.messages import InferSource
from tinyhost.tasks.class_documents import AccuracyDocument, Kind, LabelIssueDocument, SampleDocument
from tinyhost.tasks.class_parts import (
    class_figures,
    issue_parts,
    likely_wrong,
    precision_recall,
    score_arrays,
    threshold_parts,
)
from tinyhost.tasks.findings import (
    Confusion,
    Figure,
    Finding,
    Grid,
    Judged,
    JudgedSamples,
    Part,
    SampleVerdict,
    Section,
    digest_of,
    percent,
    skipped_notes,
    within,
)

if TYPE_CHECKING:
    from tinyhost.compiler import TensorInfo
    from tinyhost.device import Device
    from tinyhost.device.pool import DevicePool
    from tinyhost.models.summary import ModelSummary

__all__ = [
    "Accuracy",
    "Labelled",
    "LabelledSample",
    "check_labels",
    "measure_accuracy",
    "real_values",
]

SampleData = NDArray[np.uint8] | NDArray[np.int16]


class LabelledSample(Protocol):
    """A sample and its class."""

    @property
    def path(self) -> Path | None:
        """The file; None for a generated sample."""
        ...

    @property
    def label(self) -> str:
        """The class."""
        ...

    def read(self) -> SampleData:
        """Return grey levels (height, width), or samples (n,)."""
        ...


class Labelled(Protocol):
    """A labelled folder."""

    @property
    def root(self) -> Path:
        """The folder."""
        ...

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that cannot be used."""
        ...

    def __iter__(self) -> Iterator[LabelledSample]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Accuracy(Finding):
    """The results of a labelled folder, classified on the device."""

    key: ClassVar[str] = "accuracy"
    kind: ClassVar[Kind] = "pictures"

    data: Path
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """rows: true class, columns: predicted class, in the order of `labels`"""
    samples: tuple[Judged, ...]
    thresholds: tuple[ThresholdChoice, ...] = ()
    """the choice of thresholds"""

    @property
    def n_used(self) -> int:
        """Number of samples."""
        return len(self.samples)

    @property
    def top1(self) -> float:
        """The share of samples whose highest score is the label's."""
        return sum(sample.right for sample in self.samples) / self.n_used

    def per_class(self) -> dict[str, ClassScore]:
        """Return precision and recall of each label."""
        return dict(zip(self.labels, class_scores(self.confusion), strict=True))

    def figures(self) -> ClassifierMetrics:
        """Return the figures of all scores."""
        return classifier_metrics(*self.arrays())

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the scores of the samples, (n, n_classes), and their classes, (n,)."""
        return score_arrays(self.samples, self.labels)

    def label_issues(self) -> tuple[LabelIssueDocument, ...]:
        """Return the samples that are likely mislabelled."""
        return likely_wrong(self.samples, self.labels)

    def document(self) -> AccuracyDocument:
        """Return the JSON document."""
        figures = self.figures()
        samples = tuple(
            SampleDocument(file=str(item.path), label=item.label, predicted=item.predicted, scores=item.scores)
            for item in self.samples
        )
        return AccuracyDocument(
            data=str(self.data),
            kind=self.kind,
            n=self.n_used,
            top1=self.top1,
            top1_interval=figures.accuracy_interval,
            macro_f1=figures.macro_f1,
            auc=figures.auc,
            average_precision=figures.average_precision,
            labels=self.labels,
            confusion=self.confusion,
            confusion_intervals=tuple(tuple(wilson(n, sum(row)) for n in row) for row in self.confusion),
            per_class=self.per_class(),
            macro_precision=_mean(score.precision for score in self.per_class().values()),
            macro_recall=_mean(score.recall for score in self.per_class().values()),
            thresholds=self.thresholds,
            label_issues=self.label_issues(),
            pictures=samples if self.kind == "pictures" else (),
            clips=samples if self.kind == "clips" else (),
            windows=samples if self.kind == "windows" else (),
            host=None,
            keywords=None,
            skipped=self.skipped,
        )

    def section(self) -> Section:
        """Return the section of the report."""
        right = sum(sample.right for sample in self.samples)
        interval = within(wilson(right, self.n_used))
        more = f"{right} of {self.n_used} {self.kind}, on the board"
        left_out = f"; {len(self.skipped)} skipped" if self.skipped else ""
        return Section(
            title="Classification on the board",
            note=f"{self.n_used} {self.kind} of {self.data}, sent to the board, preprocessed and classified there.",
            figures=(
                Figure(name="Accuracy", value=percent(self.top1), more=f"{more}{left_out}; {interval}"),
                *class_figures(self.figures()),
            ),
            parts=(
                *skipped_notes(self.skipped, self.n_used),
                Confusion(labels=self.labels, counts=self.confusion),
                Grid(
                    headings=("class", self.kind, "precision", "recall", "", "F1"),
                    rows=tuple(
                        (
                            label,
                            str(score.n),
                            percent(score.precision),
                            percent(score.recall),
                            within(score.recall_interval),
                            percent(score.f1),
                        )
                        for label, score in self.per_class().items()
                    ),
                ),
                *precision_recall(*self.arrays(), self.labels),
                *threshold_parts(self.thresholds),
                *issue_parts(self.label_issues()),
                *self.more_parts(),
                JudgedSamples(labels=self.labels, samples=self.samples),
            ),
        )

    def sample_verdicts(self) -> tuple[SampleVerdict, ...]:
        """Return for each sample whether it was classified correctly."""
        return tuple(SampleVerdict(digest=item.digest, label=item.label, right=item.right) for item in self.samples)

    def more_parts(self) -> tuple[Part, ...]:
        """Return the parts that a task adds to the section, before the samples."""
        return ()


def _mean(values: Iterable[float | None]) -> float:
    return float(np.mean([value or 0.0 for value in values]))


def check_labels(path: Path, found: Sequence[str], labels: Sequence[str], *, example: str) -> None:
    """Raise UsageError for a model without labels, DatasetError if a folder's label is none of the model's."""
    if not labels:
        raise UsageError(
            "the model has no labels, so its predictions cannot be compared with the folder's",
            hint=f"name them in the order of the outputs: --labels {example}",
        )
    unknown = [label for label in found if label not in labels]
    if unknown:
        raise DatasetError(
            f"{path}: the model knows no label {', '.join(unknown)}; it has {', '.join(labels)}",
            hint="rename the folder, or push a model with these labels",
        )


def measure_accuracy(
    pool: DevicePool,
    model: ModelSummary,
    labels: Sequence[str],
    samples: Labelled,
    *,
    prepare: Callable[[SampleData], SampleData] = lambda data: data,
    n_silent: int | None = None,
    setting: int = 0,
    on_sample: Callable[[int], None] = lambda done: None,
) -> Accuracy:
    """Return the devices' predictions for all samples.

    prepare: applied to each sample before it is sent. n_silent: how many of the first labels are not events; None: all
    labels count. setting: the threshold, in units of the output.
    """

    def judge(device: Device, sample: LabelledSample) -> Judged:
        data = sample.read()
        answer = device.infer(InferSource.SAMPLE, data=prepare(data))
        scores = real_values(answer.output, model.output)
        return Judged(
            path=sample.path or samples.root,
            label=sample.label,
            predicted=labels[int(np.argmax(scores))],
            scores=tuple(float(score) for score in scores),
            is_picture=data.dtype == np.uint8,
            wake_score=answer.score,
            digest=digest_of(data),
        )

    results = pool.map(judge, tuple(samples), on_sample)
    accuracy = Accuracy(
        data=samples.root,
        skipped=samples.skipped,
        labels=tuple(labels),
        confusion=confusion_matrix(
            np.array([labels.index(item.predicted) for item in results], np.int64),
            np.array([labels.index(item.label) for item in results], np.int64),
            len(labels),
        ),
        samples=tuple(results),
    )
    output = model.output
    if n_silent is None or output.dtype == "float32":
        return accuracy
    scale, now = output.scale or 1.0, (setting - output.zero_point) * (output.scale or 1.0)
    choices = threshold_choices(
        *accuracy.arrays(), n_silent=n_silent, now=now, scale=scale, zero_point=output.zero_point
    )
    return replace(accuracy, thresholds=choices)


def real_values(output: bytes, info: TensorInfo) -> NDArray[np.float64]:
    """Return the real values of an output tensor's bytes, (n,)."""
    raw = np.frombuffer(output, info.dtype).astype(np.float64)
    return (raw - info.zero_point) * (info.scale or 1.0)
