"""JSON documents of a classifier's accuracy on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyhost.datasets.skipped import Skipped
from tinyhost.metrics.cascade import CascadeClips
from tinyhost.metrics.classifier import ClassScore
from tinyhost.metrics.intervals import Interval
from tinyhost.metrics.keywords import KeywordPoint
from tinyhost.metrics.operating import ThresholdChoice
from tinyhost.tasks.findings import HostAnswers

__all__ = ["AccuracyDocument", "KeywordsDocument", "Kind", "LabelIssueDocument", "SampleDocument"]

Kind = Literal["pictures", "clips", "windows"]


@dataclass(frozen=True, kw_only=True)
class SampleDocument:
    """The device's prediction for one sample."""

    file: str
    label: str
    predicted: str
    scores: tuple[float, ...]
    """real output values, in the order of `labels`"""


@dataclass(frozen=True, kw_only=True)
class LabelIssueDocument:
    """A sample that is likely mislabelled, found by confident learning."""

    file: str
    label: str
    suggested: str
    """the suggested label"""
    loss: float
    """cross-entropy of its own label; the larger, the likelier an error"""


@dataclass(frozen=True, kw_only=True)
class KeywordsDocument:
    """A keyword spotter's error rates on clips, at the model's threshold and at all others."""

    threshold: float
    """the model's"""
    false_accept_rate: float | None
    """share of the clips without a wanted word in which one is detected; null without such clips"""
    false_accept_interval: Interval | None
    """95 % (Wilson)"""
    false_reject_rate: float | None
    """share of the clips with words that are not detected, or detected as another word; null without words"""
    false_reject_interval: Interval | None
    """95 % (Wilson)"""
    confusion_rate: float | None
    """share of the words that are detected as another word"""
    n_words: int
    """number of clips of words"""
    n_others: int
    """number of clips of `silence` and `unknown`"""
    equal_error: KeywordPoint | None
    """equal error rate: where both rates are closest"""
    curve: tuple[KeywordPoint, ...]
    """by rising threshold"""


@dataclass(frozen=True, kw_only=True)
class AccuracyDocument:
    """Accuracy on a labelled folder, classified on the device; null without `--data`, or for an app that does not
    classify.
    """

    data: str
    """the folder"""
    kind: Kind
    n: int
    """pictures, clips or windows"""
    top1: float
    """share of samples whose highest score is the label's"""
    top1_interval: Interval | None
    """95 % (Wilson)"""
    macro_f1: float
    """mean F1 of the labels that have samples or were predicted"""
    auc: float | None
    """area under the ROC curve; with more than two labels, the mean of one-vs-rest; null with a single label"""
    average_precision: float | None
    """area under the precision-recall curve; with two labels, of the second one, otherwise as `auc`"""
    labels: tuple[str, ...]
    """in the order of the rows and columns of `confusion`"""
    confusion: tuple[tuple[int, ...], ...]
    """rows: true class; columns: predicted class"""
    confusion_intervals: tuple[tuple[Interval | None, ...], ...]
    """95 % (Wilson) of each cell's share of its row"""
    per_class: Mapping[str, ClassScore]
    """by label"""
    macro_precision: float
    """mean of the labels' precision; a label that was never predicted counts as 0"""
    macro_recall: float
    """mean of the labels' recall; a label without samples counts as 0"""
    thresholds: tuple[ThresholdChoice, ...]
    """thresholds to choose from, for two labels or for words; empty if every label is wanted, or if positive or
    negative samples are missing"""
    label_issues: tuple[LabelIssueDocument, ...]
    """likely label errors, the likeliest first; of little use for the model's own training samples"""
    pictures: tuple[SampleDocument, ...]
    """empty unless `kind` is `pictures`"""
    clips: tuple[SampleDocument, ...]
    """the same for clips"""
    windows: tuple[SampleDocument, ...]
    """the same for windows of motion, as `wave/000001.csv@4.0s`; two of the three lists are empty"""
    host: HostAnswers | None
    """the same clips or windows through the firmware's code on this computer; null for pictures"""
    keywords: KeywordsDocument | None
    """miss and false accept rates; null for pictures and motion"""
    cascade: CascadeClips | None = None
    """a cascade as a whole, where the figures above are its second network's; null for a model of one network"""
    skipped: tuple[Skipped, ...]
    """files that could not be used; more than 1 % of them are an error unless `--allow-skipped`"""
