"""Fairness: a device's error rates by group of people or things (`tinyhost bench --groups`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.groups import Groups
from tinyhost.errors import DatasetError, UsageError
from tinyhost.metrics.fairness import (
    LEAST_OF_GROUP,
    Criteria,
    GroupRates,
    Impossible,
    Policy,
    criteria_of,
    group_rates,
    impossible,
    policies,
)
from tinyhost.system.wording import counted
from tinyhost.tasks.classes import Accuracy
from tinyhost.tasks.findings import Figure, Finding, Grid, Note, Part, Section, WhatIf, WhatIfGroup, percent, within

__all__ = ["Fairness", "FairnessDocument", "GroupingDocument", "judge_groups"]

_95 = "95 %"
_CRITERIA = {
    "demographic_parity": "groups are selected equally often",
    "equal_opportunity": "who is wanted is found equally often",
    "equalized_odds": "that, and false alarms are equally frequent",
}


@dataclass(frozen=True, kw_only=True)
class GroupingDocument:
    """One grouping of the samples: a column of the table."""

    column: str
    """name of the column"""
    n_unknown: int
    """samples that are not in the table"""
    groups: tuple[GroupRates, ...]
    """groups by name; the rates are those of the device's own decisions"""
    criteria: Criteria
    impossible: tuple[Impossible, ...]
    """the false positive rates that equal precision and equal true positive rates would imply"""
    policies: tuple[Policy, ...]
    """empty if fewer than two groups are judged"""


@dataclass(frozen=True, kw_only=True)
class FairnessDocument:
    """Error rates by group; null without `--groups`."""

    table: str
    """the file of `--groups`"""
    positive: str
    """the positive label"""
    least_of_group: int
    """minimum number of samples of either class for a group to be judged"""
    groupings: tuple[GroupingDocument, ...]


@dataclass(frozen=True, kw_only=True)
class Fairness(Finding):
    """The predictions of an accuracy measurement, by group."""

    key: ClassVar[str] = "fairness"

    table: Path
    positive: str
    groupings: tuple[GroupingDocument, ...]
    what_if: tuple[WhatIf, ...]
    n_samples: int

    @property
    def n_used(self) -> int:
        """Samples."""
        return self.n_samples

    def document(self) -> FairnessDocument:
        """Return the JSON document."""
        return FairnessDocument(
            table=str(self.table), positive=self.positive, least_of_group=LEAST_OF_GROUP, groupings=self.groupings
        )

    def section(self) -> Section:
        """Return the section of the report."""
        parts: list[Part] = []
        for grouping, page in zip(self.groupings, self.what_if, strict=True):
            parts += [*_grouping_parts(grouping), page]
        return Section(
            title="Groups",
            note=f"Who is taken for `{self.positive}`, by the columns of {self.table}. Equal figures on one set do not "
            "make a use of them right: who was photographed, what a mistake costs, and whether to decide by a machine "
            "at all are not in them.",
            figures=tuple(_figure(grouping) for grouping in self.groupings),
            parts=tuple(parts),
        )


def judge_groups(accuracy: Accuracy, groups: Groups, positive: str | None) -> Fairness:
    """Return the error rates by the table's groups. positive: the positive label; None: the second of two.

    Raises UsageError if it must be said, or is no label; DatasetError if the table has none of the samples.
    """
    labels = accuracy.labels
    wanted = positive or (labels[1] if len(labels) == 2 else "")
    if wanted not in labels:
        raise UsageError(
            f"--positive {positive}: no such label" if positive else "--groups: which label is wanted?",
            hint=f"--positive with one of {', '.join(labels)}",
        )
    place = labels.index(wanted)
    made = [_grouping(accuracy, groups, column, wanted, place) for column in groups.columns]
    if all(item.n_unknown == accuracy.n_used for item, _ in made):
        raise DatasetError(
            f"{groups.path}: it has none of the {counted(accuracy.n_used, 'sample')} of {accuracy.data}",
            hint="its column of files must have names as in the set: LABEL/FILE, or FILE; for an imported set, give "
            "its manifest.jsonl, which has the table's contents",
        )
    return Fairness(
        table=groups.path,
        positive=wanted,
        groupings=tuple(document for document, _ in made),
        what_if=tuple(page for _, page in made),
        n_samples=accuracy.n_used,
    )


def _grouping(
    accuracy: Accuracy, groups: Groups, column: str, wanted: str, place: int
) -> tuple[GroupingDocument, WhatIf]:
    known = [(item, group) for item in accuracy.samples if (group := groups.of(column, item.path)) is not None]
    positive = np.array([item.label == wanted for item, _ in known], np.bool_)
    selected = np.array([item.predicted == wanted for item, _ in known], np.bool_)
    scores = np.array([item.scores[place] for item, _ in known], np.float64)
    names = [group for _, group in known]
    rates = group_rates(positive, selected, names)
    document = GroupingDocument(
        column=column,
        n_unknown=accuracy.n_used - len(known),
        groups=rates,
        criteria=criteria_of(rates),
        impossible=tuple(impossible(rates, positive, selected)) if known else (),
        policies=policies(scores, positive, names),
    )
    pages = _pages(rates, scores, positive, names)
    return document, WhatIf(column=column, positive=wanted, groups=pages, policies=document.policies)


def _pages(
    rates: Sequence[GroupRates], scores: NDArray[np.float64], positive: NDArray[np.bool_], names: Sequence[str]
) -> tuple[WhatIfGroup, ...]:
    own = np.array(names)
    return tuple(
        WhatIfGroup(
            name=item.group,
            judged=item.judged,
            positive=tuple(round(float(score), 4) for score in scores[(own == item.group) & positive]),
            negative=tuple(round(float(score), 4) for score in scores[(own == item.group) & ~positive]),
        )
        for item in rates
    )


def _figure(grouping: GroupingDocument) -> Figure:
    apart = grouping.criteria.equalized_odds_difference
    judged = sum(item.judged for item in grouping.groups)
    return Figure(
        name=f"Equalized odds, by {grouping.column}",
        value="not judged" if apart is None else f"{100 * apart:.1f} points apart",
        more=f"{judged} of {counted(len(grouping.groups), 'group')} judged",
    )


def _grouping_parts(grouping: GroupingDocument) -> list[Part]:
    small = [item.group for item in grouping.groups if not item.judged and item.n_positive < LEAST_OF_GROUP]
    wanted = [item.group for item in grouping.groups if not item.judged and item.n_positive >= LEAST_OF_GROUP]
    parts: list[Part] = [_rates_grid(grouping), _criteria_grid(grouping)]
    if small:
        reason = f"fewer than {LEAST_OF_GROUP} samples of the wanted class"
        parts.append(Note(text=f"Not judged, {reason}: {', '.join(small)}", level="warning"))
    if wanted:
        reason = f"fewer than {LEAST_OF_GROUP} other samples"
        parts.append(Note(text=f"Judged by equal opportunity only, {reason}: {', '.join(wanted)}", level="warning"))
    if grouping.n_unknown:
        parts.append(Note(text=f"{counted(grouping.n_unknown, 'sample')} not in the table", level="warning"))
    if len({percent(item.base_rate) for item in grouping.impossible}) > 1:  # with equal base rates all can be equal
        rates = ", ".join(
            f"{item.group} (of which {percent(item.base_rate)} are wanted) {percent(item.false_positive_rate)}"
            for item in grouping.impossible
        )
        parts.append(
            Note(
                text="Not everything can be equal: with one precision and one true positive rate for all groups, their "
                f"false positive rates would have to be: {rates}"
            )
        )
    if grouping.policies:
        parts.append(_policies_grid(grouping))
    return parts


def _rates_grid(grouping: GroupingDocument) -> Grid:
    headings = (grouping.column, "samples", "wanted", "selected", _95, "found", _95, "false alarms", _95, "right", _95)
    rows = []
    for item in grouping.groups:
        pairs = (
            (item.selection_rate, item.selection_rate_interval),
            (item.true_positive_rate, item.true_positive_rate_interval),
            (item.false_positive_rate, item.false_positive_rate_interval),
            (item.accuracy, item.accuracy_interval),
        )
        cells = [
            cell for rate, interval in pairs for cell in (percent(rate), within(interval).removeprefix(f"{_95}: "))
        ]
        rows.append((item.group, str(item.n), str(item.n_positive), *cells))
    return Grid(headings=headings, rows=tuple(rows))


def _criteria_grid(grouping: GroupingDocument) -> Grid:
    found = grouping.criteria
    rows = [
        (name, meaning, _number(getattr(found, f"{name}_difference")), _number(getattr(found, f"{name}_ratio")))
        for name, meaning in _CRITERIA.items()
    ]
    precision, accuracy = found.predictive_parity_difference, found.accuracy_difference
    rows.append(("predictive_parity", "who is selected is wanted equally often", _number(precision), "–"))
    rows.append(("accuracy", "groups are judged rightly equally often", _number(accuracy), "–"))
    return Grid(headings=("criterion", "holds if", "difference", "ratio"), rows=tuple(rows))


def _policies_grid(grouping: GroupingDocument) -> Grid:
    names = list(grouping.policies[0].thresholds)
    rows = tuple(
        (
            policy.name,
            *(f"{policy.thresholds[name]:.2f}" for name in names),
            percent(policy.accuracy),
            _number(policy.criteria.demographic_parity_difference),
            _number(policy.criteria.equal_opportunity_difference),
            _number(policy.criteria.accuracy_difference),
        )
        for policy in grouping.policies
    )
    headings = ("thresholds by", *names, "right", "parity differs by", "opportunity", "accuracy")
    return Grid(headings=headings, rows=rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
