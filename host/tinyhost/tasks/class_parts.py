"""Parts of a report on a classifier's scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.metrics.label_issues import label_issues
from tinyhost.metrics.operating import ThresholdChoice, precision_recall_chart
from tinyhost.system.wording import counted
from tinyhost.tasks.class_documents import LabelIssueDocument
from tinyhost.tasks.findings import Figure, Grid, Judged, Note, Part, percent, within

__all__ = ["class_figures", "issue_parts", "likely_wrong", "precision_recall", "score_arrays", "threshold_parts"]

_CHOICES = {
    "now": "present threshold",
    "equal_error": "equal error rates",
    "best_f1": "best F1",
    "false_accepts_5": "at most 5 % of false accepts",
    "false_accepts_1": "at most 1 % of false accepts",
}
_MAX_ISSUES = 20


def class_figures(metrics: ClassifierMetrics) -> tuple[Figure, ...]:
    """Return the figures for those metrics that are defined."""
    found = (("Macro F1", metrics.macro_f1), ("AUC", metrics.auc), ("Average precision", metrics.average_precision))
    return tuple(Figure(name=name, value=f"{value:.4f}") for name, value in found if value is not None)


def precision_recall(
    scores: NDArray[np.float64], classes: NDArray[np.int64], labels: tuple[str, ...]
) -> tuple[Part, ...]:
    """Return the curve of precision over recall; nothing without samples of two kinds."""
    chart = precision_recall_chart(scores, classes, labels)
    return (chart,) if chart else ()


def threshold_parts(choices: Sequence[ThresholdChoice]) -> tuple[Part, ...]:
    """Return the choice of thresholds, and which of their budgets take more samples to verify."""
    if not choices:
        return ()
    rows = tuple(
        (
            _CHOICES[item.name],
            f"{item.threshold:.3f}",
            str(item.setting),
            percent(item.false_accept_rate),
            within(item.false_accept_interval),
            percent(item.false_reject_rate),
            within(item.false_reject_interval),
        )
        for item in choices
    )
    unproven = (
        Note(
            text=f"{_CHOICES[item.name]}: these samples are too few to show it; it takes {item.n_needed:,} without "
            "a wanted label and without a false accept",
            level="warning",
        )
        for item in choices
        if item.n_needed
    )
    headings = ("threshold", "score", "setting", "false accepts", "", "misses", "")
    return (Grid(headings=headings, rows=rows), *unproven)


def score_arrays(samples: Sequence[Judged], labels: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the scores of samples, (n, n_classes), and their classes, (n,)."""
    scores = np.array([sample.scores for sample in samples], np.float64)
    return scores, np.array([labels.index(sample.label) for sample in samples], np.int64)


def likely_wrong(samples: Sequence[Judged], labels: tuple[str, ...]) -> tuple[LabelIssueDocument, ...]:
    """Return the samples that are likely mislabelled, the likeliest first.

    A generated clip, whose path is the data set's folder, is judged but not listed: nobody labelled it.
    """
    if not samples:
        return ()
    return tuple(
        LabelIssueDocument(
            file=str(samples[issue.index].path),
            label=samples[issue.index].label,
            suggested=labels[issue.suggested],
            loss=issue.loss,
        )
        for issue in label_issues(*score_arrays(samples, labels))
        if not samples[issue.index].path.is_dir()
    )


def issue_parts(issues: Sequence[LabelIssueDocument]) -> tuple[Part, ...]:
    """Return the list of likely wrong labels, at most twenty."""
    if not issues:
        return ()
    rows = tuple(
        (f"{Path(item.file).parent.name}/{Path(item.file).name}", item.label, item.suggested, f"{item.loss:.2f}")
        for item in issues[:_MAX_ISSUES]
    )
    more = f"; the {_MAX_ISSUES} likeliest are listed" if len(issues) > _MAX_ISSUES else ""
    note = Note(text=f"{counted(len(issues), 'label')} may be wrong{more}", level="warning")
    return (note, Grid(headings=("file", "label", "looks like", "loss"), rows=rows))
