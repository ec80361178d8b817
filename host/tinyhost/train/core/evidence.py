"""Evidence that a classifier has learnt something: from the samples for testing and, if they are few, from all."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyhost.metrics.classifier import confusion_matrix
from tinyhost.metrics.skill import ENOUGH, Z_ONE_SIDED, Skill, by_unit, classifier_skill, together
from tinyhost.tasks.findings import Judged

__all__ = ["Counts", "Evidence", "Judgement"]

Counts = tuple[tuple[int, ...], ...]
"""how often each class (rows) was taken for which"""
_WINDOW = re.compile(r"@[0-9.]+s$")
"""where in a recording, at the end of a window's path"""
_FEWEST = 12
"""samples that can show that there is nothing to learn"""
_ALONE, _CROSSED, _TOGETHER = 1.96, 2.326, 1.88
"""z of the held-out samples, of a cross-validation, whose answers scatter more than separate ones, and of both: one of
them is exceeded by chance in about 1 of 16 trainings"""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A classifier against a constant answer, and against chance."""

    tested: Skill
    held_out: Skill
    crossed: Skill | None
    """None if it was not asked, or says nothing, since there are too few samples"""

    @property
    def is_little(self) -> bool:
        """Whether the samples for testing are too few to rule out chance by themselves."""
        return self.tested.n < ENOUGH

    @property
    def is_plainly_useless(self) -> bool:
        """Whether the held-out samples alone show that it is no better than a constant answer."""
        return self.held_out.is_constant if self.is_little else not self.tested.is_better

    @property
    def is_shown(self) -> bool:
        """Whether it is better than chance."""
        if self.is_plainly_useless or not self.is_little:
            return not self.is_plainly_useless
        if self.crossed is None:
            return self.held_out.z >= _ALONE
        both = together(self.held_out.z, self.crossed.z)
        return self.held_out.z >= _ALONE or self.crossed.z >= _CROSSED or both >= _TOGETHER

    @property
    def is_useless(self) -> bool:
        """Whether it is not shown to be better than chance, and a useful one would be better than this in 19 of 20
        trainings: few samples that show neither tell nothing.
        """
        if self.is_shown or self.is_plainly_useless:
            return self.is_plainly_useless
        if self.crossed is None:
            return self.held_out.n >= _FEWEST and self.held_out.short >= Z_ONE_SIDED
        return together(self.held_out.short, self.crossed.short) >= Z_ONE_SIDED

    @property
    def n_needed(self) -> int | None:
        """Samples that would show it if it is as good as it looks; None if nothing points to that."""
        if self.crossed is None:
            return None
        looks = together(self.held_out.z, self.crossed.z)
        return math.ceil(self.crossed.n * (Z_ONE_SIDED / looks) ** 2) if looks > Z_ONE_SIDED / 4 else None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Confusions of separate samples: windows of one recording are one."""

    tested: Counts
    """those for testing"""
    held_out: Counts
    """and those that choose"""
    crossed: Counts = ()
    """all samples, by a linear classifier in cross-validation (`second_opinion`); empty if it was not asked"""

    @classmethod
    def of(
        cls, tested: Sequence[Judged], chosen_by: Sequence[Judged], labels: Sequence[str], crossed: Counts
    ) -> Evidence:
        """Return the evidence of predictions; chosen_by: the samples for validation."""
        return cls(
            tested=_confusion(tested, labels),
            held_out=_confusion((*tested, *chosen_by), labels),
            crossed=crossed,
        )

    def between(self, first: int, second: int) -> Evidence:
        """Return the evidence on two classes alone; only predictions of one of the two count."""
        own = (first, second)
        held_out, crossed = (
            tuple(tuple(counts[row][column] for column in own) for row in own) if counts else ()
            for counts in (self.held_out, self.crossed)
        )
        return Evidence(tested=held_out, held_out=held_out, crossed=crossed)

    def judge(self, classes: Sequence[int] | None = None) -> Judgement:
        """Return the judgement on some classes, by default on all."""
        crossed = classifier_skill(self.crossed, classes) if self.crossed else None
        return Judgement(
            tested=classifier_skill(self.tested, classes),
            held_out=classifier_skill(self.held_out, classes),
            crossed=crossed if crossed and crossed.n >= _FEWEST else None,
        )


def _confusion(samples: Sequence[Judged], labels: Sequence[str]) -> Counts:
    """Return the confusion of samples, of which the windows of a recording are one."""
    true = np.array([labels.index(item.label) for item in samples], np.int64)
    said = np.array([labels.index(item.predicted) for item in samples], np.int64)
    true, said = by_unit([_WINDOW.sub("", str(item.path)) for item in samples], true, said)
    return confusion_matrix(said, true, len(labels))
