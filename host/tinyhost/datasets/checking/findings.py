"""The result of a data set's check, for its report and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.speakers import Part
from tinyhost.datasets.skipped import Skipped

__all__ = [
    "ISSUES",
    "DataCheck",
    "DataFinding",
    "DataIssue",
    "FindingLevel",
    "NotChecked",
    "counted_issues",
]

DataIssue = Literal[
    "dark",
    "light",
    "blurry",
    "low_information",
    "torn",
    "odd_size",
    "odd_aspect_ratio",
    "quiet",
    "clipped",
    "cut",
    "shifted",
    "constant",
    "stuck",
    "saturated",
    "gap",
    "exact_duplicates",
    "near_duplicates",
    "conflicting_labels",
    "duplicates_across_parts",
    "speakers_across_parts",
    "sessions_across_parts",
    "imbalance",
    "no_training_samples",
    "drift",
]
"""Where CleanVision 0.3.7 has a name for it, its name."""

ISSUES: Mapping[DataIssue, str] = {
    "dark": "too dark",
    "light": "too bright",
    "blurry": "no fine detail",
    "low_information": "uniformly grey",
    "torn": "above or below some row shifted sideways, blank, or of another picture",
    "odd_size": "ten times as large or as small as most pictures are",
    "odd_aspect_ratio": "about three times as long as it is wide, or longer",
    "quiet": "too quiet",
    "clipped": "clipped at full scale",
    "cut": "a word is cut off at the end of the clip",
    "shifted": "the sound has a DC offset",
    "constant": "constant value",
    "stuck": "the sensor repeated the same value",
    "saturated": "the sensor was saturated",
    "gap": "samples are missing within the recording",
    "exact_duplicates": "the same content more than once",
    "near_duplicates": "almost the same content more than once",
    "conflicting_labels": "the same content under two labels",
    "duplicates_across_parts": "copies in two splits: test samples were used for training",
    "speakers_across_parts": "one speaker or subject in two splits: metrics will be too optimistic for other people",
    "sessions_across_parts": "one session in two splits: metrics will be too optimistic for other days",
    "imbalance": "a label with far fewer samples than another",
    "no_training_samples": "a label without training samples",
    "drift": "a feature whose distribution differs from that of the set in --against",
}
"""What each issue means, in words."""

FindingLevel = Literal["bad", "look", "note"]


@dataclass(frozen=True, kw_only=True)
class DataFinding:
    """One possible fault of a data set."""

    issue: DataIssue
    level: FindingLevel
    """`bad`: it spoils training or its metrics; `look`: it may be intended; `note`: no fault, so these scenes look"""
    text: str
    """what was measured, and the limit"""
    files: tuple[str, ...] = ()
    """below the set's folder; of copies all of them"""
    surplus: tuple[str, ...] = ()
    """those of them that `--quarantine` moves; those of a note only with `--only`"""


@dataclass(frozen=True, kw_only=True)
class NotChecked:
    """Issues that were not checked."""

    issues: tuple[DataIssue, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class DataCheck:
    """`tinyhost data check SET --json FILE`."""

    schema: Literal["tinyhost.data_check/1"] = "tinyhost.data_check/1"
    folder: Path
    kind: Literal["clips", "pictures", "motion"]
    labels: Mapping[str, int]
    """files, by label"""
    parts: Mapping[Part, int] | None
    """files, by part; null for motion without lists"""
    split_by: str | None
    """what the split is based on, as in `tinyhost data info`"""
    checked: tuple[DataIssue, ...]
    """the issues that were checked"""
    not_checked: tuple[NotChecked, ...]
    """the issues that could not be checked, and why"""
    issues: Mapping[DataIssue, int]
    """findings, by issue"""
    findings: tuple[DataFinding, ...]
    """the bad ones first"""
    quarantined: tuple[str, ...] = ()
    """files that were moved"""
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used, and were not checked"""

    @property
    def n_files(self) -> int:
        """Files that were checked."""
        return sum(self.labels.values())


def counted_issues(findings: Iterable[DataFinding]) -> dict[DataIssue, int]:
    """Return how many findings there are of each issue, in the order of ISSUES."""
    counts = Counter(finding.issue for finding in findings)
    return {issue: counts[issue] for issue in ISSUES if counts[issue]}
