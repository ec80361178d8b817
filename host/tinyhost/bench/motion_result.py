"""What a benchmark found about an anomaly detector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyhost.bench.result import HostAnswers, Listening

__all__ = ["LabelAlarms", "MotionAccuracy", "MotionStream", "SeenFault"]


@dataclass(frozen=True, kw_only=True)
class LabelAlarms:
    """What an anomaly detector made of the recordings of one label."""

    n_windows: int
    n_recordings: int
    n_alarmed: int
    """recordings with an alarm"""
    n_alarms: int
    median_score: float
    auc: float | None
    """against the windows of `normal`; None for those themselves, or without any"""


@dataclass(frozen=True, kw_only=True)
class MotionAccuracy:
    """A folder of recordings, as an anomaly detector felt them."""

    data: Path
    threshold: float
    labels: dict[str, LabelAlarms]
    normal_hours: float
    host: HostAnswers
    """the same windows on this computer"""
    listening: Listening | None
    """features and model, all the time"""
    issues: tuple[str, ...]
    """what is wrong with the recordings"""


@dataclass(frozen=True, kw_only=True)
class SeenFault:
    """A fault in a long recording, and when the alarm for it was raised."""

    label: str
    start_s: float
    end_s: float
    delay_s: float | None
    """from its start; None: never"""


@dataclass(frozen=True, kw_only=True)
class MotionStream:
    """One long recording, as an anomaly detector felt it."""

    stream: Path
    seconds: float
    healthy_seconds: float
    """without the faults"""
    n_windows: int
    faults: tuple[SeenFault, ...]
    false_alarms_s: tuple[float, ...]
    """when alarms were raised that no fault explains"""
    host: HostAnswers
    issues: tuple[str, ...]

    @property
    def false_alarms_per_hour(self) -> float:
        """False alarms per hour of healthy running."""
        return len(self.false_alarms_s) * 3600.0 / self.healthy_seconds
