"""What the training of a classifier found, whatever its samples are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.bench.compare import ComparedModel
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.metrics.intervals import PairedTest
from tinyhost.tasks.class_documents import LabelIssueDocument
from tinyhost.tasks.class_parts import issue_parts, precision_recall, score_arrays
from tinyhost.tasks.findings import Judged, JudgedSamples, Part, Section
from tinyhost.train.core.config import ClassifierConfig
from tinyhost.train.core.forms import forms_section
from tinyhost.train.core.lessons import unheard_classes
from tinyhost.train.core.outcome import Outcome, RunFiles, TrainDocument
from tinyhost.train.core.quantized import Quantized, models_of_ways, paired

__all__ = ["ClassifierDocument", "ClassifierOutcome", "judged"]


@dataclass(frozen=True, kw_only=True)
class ClassifierDocument(TrainDocument):
    """What every classifier's document has in it."""

    labels: tuple[str, ...]
    """classes in the order of the outputs"""
    float_test: ClassifierMetrics
    """the model before quantization, on the samples for testing"""
    int8_test: ClassifierMetrics
    """the int8 model on the same samples"""
    quantization: str
    """what became the model: `ptq` (post-training), `qat` (quantization-aware training)"""
    paired: PairedTest | None
    """ptq (first) and qat (second) on the same samples; null if only one was made"""
    label_issues: tuple[LabelIssueDocument, ...]
    """samples, held out or for testing, whose labels are likely wrong; the most surprising first"""
    forms: tuple[ComparedModel, ...]
    """float32, the forms of `--quantize` and int8, side by side; empty without `--quantize` and `--prune`"""


Document = TypeVar("Document", bound=ClassifierDocument)


@dataclass(frozen=True, kw_only=True)
class ClassifierOutcome(Outcome):
    """All that is known about a finished training of a classifier."""

    config: ClassifierConfig
    float_test: ClassifierMetrics
    quantized: Mapping[str, Quantized]
    """by the way to int8: ptq, qat"""
    chosen: str
    """the way whose model was taken"""
    judged: tuple[Judged, ...] = ()
    """the samples for testing, by the int8 model"""
    label_issues: tuple[LabelIssueDocument, ...] = ()
    """of the samples held out and for testing"""
    other_forms: Mapping[str, bytes] = field(default_factory=dict)
    """.tflite files that are not int8, by name; none without `--quantize` and `--prune`"""
    forms: tuple[ComparedModel, ...] = ()
    """these and the int8 models, side by side"""

    @property
    def int8_test(self) -> ClassifierMetrics:
        """Figures of the int8 model on the samples for testing."""
        return self.quantized[self.chosen].test

    @property
    def paired(self) -> PairedTest | None:
        """Both ways to int8 on the same samples for testing; None of one alone."""
        return paired(self.quantized)

    def worth(self) -> ClassifierMetrics:
        """Return the figures of the int8 model on the samples for testing."""
        return self.int8_test

    def held_out(self) -> float:
        """Return the int8 model's accuracy on the samples that choose."""
        return self.quantized[self.chosen].val.accuracy

    def hints(self) -> tuple[str, ...]:
        """Return what the epochs tell, and which classes are never recognized."""
        return (*super().hints(), *unheard_classes(self.int8_test.confusion, self.labels))

    def judged_parts(self) -> tuple[Part, ...]:
        """Return precision over recall, labels that are likely wrong, and the samples for testing one by one."""
        if not self.judged:
            return ()
        curve = precision_recall(*score_arrays(self.judged, self.labels), self.labels)
        issues = () if self.failure() else self.label_issues  # a model that knows nothing doubts in vain
        return (*curve, *issue_parts(issues), JudgedSamples(labels=self.labels, samples=self.judged))

    def other_models(self, name: str) -> Mapping[str, bytes]:
        """Return the int8 models, if there is more than one, and other forms."""
        return {**models_of_ways(self.quantized), **self.other_forms}

    def more_sections(self) -> tuple[Section, ...]:
        """Return the forms side by side, if they were asked for."""
        return (forms_section(self.forms, self.config.prune),) if self.forms else ()

    def figures(self) -> dict[str, Any]:
        """Return what metrics.json holds of every classifier."""
        return {
            "labels": self.labels,
            "paired": self.paired,
            "label_issues": self.label_issues,
            "forms": self.forms,
        }

    def _classifier_document(self, kind: type[Document], files: RunFiles, **more: Any) -> Document:
        """Return a document with what every classifier has in it, and more."""
        return self._document(
            kind,
            files,
            labels=self.labels,
            float_test=self.float_test,
            int8_test=self.int8_test,
            quantization=self.chosen,
            paired=self.paired,
            label_issues=self.label_issues,
            forms=self.forms,
            **more,
        )


def judged(
    paths: Sequence[Path],
    classes: NDArray[np.int64],
    scores: NDArray[np.float64],
    labels: Sequence[str],
    *,
    is_picture: bool,
) -> tuple[Judged, ...]:
    """Return what scores (n, n_classes) say of n samples."""
    return tuple(
        Judged(
            path=path,
            label=labels[label],
            predicted=labels[int(row.argmax())],
            scores=tuple(row.tolist()),
            is_picture=is_picture,
        )
        for path, label, row in zip(paths, classes, scores, strict=True)
    )
