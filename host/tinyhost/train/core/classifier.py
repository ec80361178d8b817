"""The outcome of a classifier's training, for all kinds of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.bench.compared import ComparedModel
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.metrics.intervals import PairedTest
from tinyhost.tasks.class_documents import LabelIssueDocument
from tinyhost.tasks.class_parts import issue_parts, likely_wrong, precision_recall, score_arrays
from tinyhost.tasks.findings import Figure, Judged, JudgedSamples, Part, Section, percent, within
from tinyhost.train.core.config import ClassifierConfig
from tinyhost.train.core.diagnosis import below_requirement, confused_pairs, no_skill, too_few, unheard_classes
from tinyhost.train.core.evidence import Counts, Evidence, Judgement
from tinyhost.train.core.forms import forms_section
from tinyhost.train.core.outcome import Outcome, RunFiles, TrainDocument
from tinyhost.train.core.quantized import Quantized, models_of_ways, paired

__all__ = ["ClassifierDocument", "ClassifierOutcome", "accuracy_figure", "judged"]


@dataclass(frozen=True, kw_only=True)
class ClassifierDocument(TrainDocument):
    """The fields common to all classifiers' documents."""

    labels: tuple[str, ...]
    """classes in the order of the outputs"""
    float_test: ClassifierMetrics
    """the model before quantization, on the samples for testing"""
    int8_test: ClassifierMetrics
    """the int8 model on the same samples"""
    quantization: str
    """quantization of the chosen model: `ptq` (post-training), `qat` (quantization-aware training)"""
    paired: PairedTest | None
    """ptq (first) and qat (second) on the same samples; null if only one was made"""
    label_issues: tuple[LabelIssueDocument, ...]
    """samples, held out or for testing, that are likely mislabelled; the likeliest first"""
    forms: tuple[ComparedModel, ...]
    """float32, the forms of `--quantize` and int8, side by side; empty without `--quantize` and `--prune`"""


Document = TypeVar("Document", bound=ClassifierDocument)
Own = TypeVar("Own", bound="ClassifierOutcome")


@dataclass(frozen=True, kw_only=True)
class ClassifierOutcome(Outcome):
    """All results of a finished training of a classifier."""

    first_judged: ClassVar[int] = 0
    """first class for which it must be better than one constant answer"""
    first_wanted: ClassVar[int] = 0
    """first class that is wanted"""
    what_is_judged: ClassVar[str]
    """as in `pictures for testing`: those of the classes from first_judged on"""
    what_is_tested: ClassVar[str]

    config: ClassifierConfig
    float_test: ClassifierMetrics
    quantized: Mapping[str, Quantized]
    """int8 models by kind of quantization: ptq, qat"""
    chosen: str
    """the quantization of the chosen model"""
    judged: tuple[Judged, ...] = ()
    """the samples for testing, by the int8 model"""
    judged_held_out: tuple[Judged, ...] = ()
    """the validation samples, unchanged"""
    other_forms: Mapping[str, bytes] = field(default_factory=dict)
    """.tflite files that are not int8, by name; none without `--quantize` and `--prune`"""
    forms: tuple[ComparedModel, ...] = ()
    """these and the int8 models, side by side"""
    crossed: Counts = ()
    """of a linear classifier, cross-validated on all samples (`second_opinion`); empty if it was not asked"""

    @property
    def int8_test(self) -> ClassifierMetrics:
        """The metrics of the int8 model on the samples for testing."""
        return self.quantized[self.chosen].test

    @property
    def paired(self) -> PairedTest | None:
        """The comparison of both quantizations on the same samples for testing; None if there is only one."""
        return paired(self.quantized)

    @property
    def label_issues(self) -> tuple[LabelIssueDocument, ...]:
        """Samples, held out or for testing, that are likely mislabelled."""
        return likely_wrong((*self.judged_held_out, *self.judged), self.labels)

    def worth(self) -> ClassifierMetrics:
        """Return the metrics of the int8 model on the samples for testing."""
        return self.int8_test

    def held_out(self) -> float:
        """Return the int8 model's accuracy on the validation samples."""
        return self.quantized[self.chosen].val.accuracy

    def failure(self) -> str:
        """Return why the model is useless: nothing learnt, or below the required accuracy; "" if it is not."""
        return (
            no_skill(self._known, self.labels, self.what_is_judged)
            or self._none_told_apart()
            or below_requirement(self.int8_test, self.config.least_accuracy, self.what_is_tested)
        )

    def _none_told_apart(self) -> str:
        """Return the failure that no two wanted classes are told apart; "" if some are."""
        n_wanted, pairs = len(self.labels) - self.first_wanted, self._alike
        if not pairs or len(pairs) < n_wanted * (n_wanted - 1) // 2:
            return ""
        names = " and ".join(pairs[0]) if len(pairs) == 1 else "the classes"
        return f"the model does not tell {names} apart better than by chance; are they the same under two labels?"

    @cached_property
    def _alike(self) -> list[tuple[str, str]]:
        return confused_pairs(self._evidence, self.labels, range(self.first_wanted, len(self.labels)))

    @cached_property
    def _evidence(self) -> Evidence:
        known = Evidence.of(self.judged, self.judged_held_out, self.labels, self.crossed)
        return replace(known, tested=self.int8_test.confusion)

    @property
    def _known(self) -> Judgement:
        return self._evidence.judge(range(self.first_judged, len(self.labels)))

    def with_opinion(self: Own, opinion: Callable[[], Counts]) -> Own:
        """Return the outcome with a second opinion if the samples for testing are too few, or labels are confused."""
        return replace(self, crossed=opinion()) if self._known.is_little or self._alike else self

    def hints(self) -> tuple[str, ...]:
        """Return hints from the epochs, on classes that are never recognized, and on confused classes."""
        same = (f"{a} and {b} are not told apart better than by chance" for a, b in self._alike)
        few = too_few(self._known, self.what_is_judged)
        unheard = unheard_classes(self.int8_test.confusion, self.labels)
        return (*super().hints(), *unheard, *same, *((few,) if few else ()))

    def judged_parts(self) -> tuple[Part, ...]:
        """Return precision over recall, likely label errors, and the samples for testing one by one."""
        if not self.judged:
            return ()
        curve = precision_recall(*score_arrays(self.judged, self.labels), self.labels)
        issues = () if self.failure() else self.label_issues  # the doubts of a useless model tell nothing
        return (*curve, *issue_parts(issues), JudgedSamples(labels=self.labels, samples=self.judged))

    def other_models(self, name: str) -> Mapping[str, bytes]:
        """Return the int8 models, if there is more than one, and other forms."""
        return {**models_of_ways(self.quantized), **self.other_forms}

    def more_sections(self) -> tuple[Section, ...]:
        """Return the comparison of forms, if requested."""
        return (forms_section(self.forms, self.config.prune),) if self.forms else ()

    def figures(self) -> dict[str, Any]:
        """Return the entries of metrics.json common to all classifiers."""
        return {
            "labels": self.labels,
            "paired": self.paired,
            "label_issues": self.label_issues,
            "forms": self.forms,
        }

    def _classifier_document(self, kind: type[Document], files: RunFiles, **more: Any) -> Document:
        """Return a document with the common fields of classifiers, and further ones."""
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


def accuracy_figure(name: str, metrics: ClassifierMetrics) -> Figure:
    """Return a model's accuracy with its interval, for a card and a report."""
    return Figure(name=f"Accuracy, {name}", value=percent(metrics.accuracy, 2), more=within(metrics.accuracy_interval))


def judged(
    paths: Sequence[Path],
    classes: NDArray[np.int64],
    scores: NDArray[np.float64],
    labels: Sequence[str],
    *,
    is_picture: bool,
) -> tuple[Judged, ...]:
    """Return the predictions of scores (n, n_classes) for n samples."""
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
