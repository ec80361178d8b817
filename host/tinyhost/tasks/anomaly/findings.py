"""Results of an anomaly detector on recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tinyhost.metrics.alarms import NoticedFault
from tinyhost.metrics.intervals import Interval
from tinyhost.system.wording import counted
from tinyhost.tasks.findings import (
    Figure,
    Finding,
    Grid,
    HostAnswers,
    Listening,
    Note,
    SampleVerdict,
    Section,
    agreement_note,
    issue_notes,
    rate_within,
    skipped_notes,
)

__all__ = ["LabelAlarms", "MotionAccuracy", "MotionStream"]


@dataclass(frozen=True, kw_only=True)
class LabelAlarms:
    """Results of an anomaly detector on the recordings of one label."""

    n_windows: int
    n_recordings: int
    """stretches without a gap"""
    n_alarmed: int
    """stretches with an alarm"""
    n_alarms: int
    median_score: float
    auc: float | None
    """area under the ROC curve of these windows' scores against those of `normal`; null for `normal` itself, or without
    such windows
    """


@dataclass(frozen=True, kw_only=True)
class MotionAccuracy(Finding):
    """Results of an anomaly detector on the recordings of `--data`; null for other apps."""

    key: ClassVar[str] = "motion"

    data: Path
    """the folder"""
    threshold: float
    """the model's threshold"""
    labels: Mapping[str, LabelAlarms]
    """by label"""
    normal_hours: float
    """false alarms on the recordings labelled `normal`"""
    host: HostAnswers
    """the same windows on this computer"""
    listening: Listening | None
    """cost of features and model, as in `latency.listening`; null with fewer than two windows"""
    issues: tuple[str, ...]
    """problems of the recordings"""
    recordings: int
    """files that were judged"""
    stretches: tuple[SampleVerdict, ...]
    """stretches without a gap; correct are those labelled `normal` without an alarm, and the others with one"""

    @property
    def n_used(self) -> int:
        """Number of files that were judged."""
        return self.recordings

    def section(self) -> Section:
        """Return the section of the report."""
        return Section(
            title="Motion",
            note=f"Recordings of {self.data}, fed to the board in place of its accelerometer. "
            f"Threshold {self.threshold:.3f}.",
            figures=(),
            parts=(
                *skipped_notes(self.skipped, self.n_used),
                *issue_notes(self.issues),
                Grid(
                    headings=("label", "windows", "median score", "AUC", "alarms", "recordings with one"),
                    rows=tuple(
                        (
                            label,
                            f"{item.n_windows:,}",
                            f"{item.median_score:.2f}",
                            "–" if item.auc is None else f"{item.auc:.4f}",
                            str(item.n_alarms),
                            f"{item.n_alarmed} of {item.n_recordings}",
                        )
                        for label, item in self.labels.items()
                    ),
                ),
                agreement_note(self.host, "windows"),
                *self._cost(),
            ),
        )

    def _cost(self) -> tuple[Note, ...]:
        cost = self.listening
        if cost is None:
            return ()
        share, unit = f"{100 * cost.busy_share:.2f} %", cost.unit
        text = f"features and model: {cost.per_s:,} {unit} a second, {share} of {cost.budget_per_s:,} {unit}"
        return (Note(text=text),)

    def sample_verdicts(self) -> tuple[SampleVerdict, ...]:
        """Return for each stretch without a gap whether an alarm was raised exactly if it should be."""
        return self.stretches

    def disagreement(self) -> str:
        """Return how many windows have another score on this computer."""
        return _disagreement(self.host)


@dataclass(frozen=True, kw_only=True)
class MotionStream(Finding):
    """Results of an anomaly detector on the recording of `--stream`; null for other apps."""

    key: ClassVar[str] = "motion_stream"

    stream: Path
    seconds: float
    healthy_seconds: float
    """without the faults"""
    n_windows: int
    faults: tuple[NoticedFault, ...]
    """of the annotations"""
    false_alarms_s: tuple[float, ...]
    """times of the alarms raised outside of any fault"""
    false_alarms_per_hour: float
    """of healthy running"""
    false_alarms_per_day: float
    false_alarms_per_day_interval: Interval | None
    """exact 95 % interval of the rate"""
    host: HostAnswers
    """the same windows on this computer"""
    issues: tuple[str, ...]
    """problems of the recording"""

    def section(self) -> Section:
        """Return the section of the report."""
        per_hour = self.false_alarms_per_hour
        rows = tuple(
            (
                fault.label,
                f"{fault.start_s:.1f}",
                f"{fault.end_s:.1f}",
                "never" if fault.delay_s is None else f"{fault.delay_s:.2f}",
            )
            for fault in self.faults
        )
        return Section(
            title="Alarms in a long recording",
            note=f"{self.seconds / 60:.1f} min of {self.stream}, fed to the board in place of its accelerometer.",
            figures=(
                Figure(
                    name="False alarms per hour",
                    value=f"{per_hour:.2f}",
                    more=f"{len(self.false_alarms_s)} in all, {self.false_alarms_per_day:.1f} a day of healthy "
                    f"running; "
                    f"{rate_within(self.false_alarms_per_day_interval, 'a day')}",
                ),
            ),
            parts=(
                *issue_notes(self.issues),
                *((Grid(headings=("fault", "from, s", "to, s", "alarm after, s"), rows=rows),) if rows else ()),
                agreement_note(self.host, "windows"),
            ),
        )

    def disagreement(self) -> str:
        """Return how many windows have another score on this computer."""
        return _disagreement(self.host)


def _disagreement(host: HostAnswers) -> str:
    if not host.mismatches:
        return ""
    return f"{host.mismatches} of {counted(host.compared, 'window')} have a different score from that on this computer"
