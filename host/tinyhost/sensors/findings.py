"""The findings of a self-test in words: the measured value, the expected range, the cause, the remedy."""

from __future__ import annotations

from dataclasses import dataclass

from tinyhost.protocol.self_test import NO_INDEX, Finding, LineState, SelfTestCheck, Verdict
from tinyhost.protocol.status import Status
from tinyhost.sensors.causes import cause_of
from tinyhost.sensors.sensor import Sensor
from tinyhost.sensors.units import unit_of
from tinyhost.sensors.wiring import line_name

__all__ = ["CheckResult", "explain"]

_TITLES: dict[int, str] = {
    SelfTestCheck.CAPTURE: "captures that came whole",
    SelfTestCheck.CAPTURE_TIME: "slowest capture",
    SelfTestCheck.START_TIME: "time to the first sample",
    SelfTestCheck.SAMPLE_RATE: "sample rate",
    SelfTestCheck.LOST_SAMPLES: "lost samples",
    SelfTestCheck.OFFSET: "offset",
    SelfTestCheck.NOISE: "noise",
    SelfTestCheck.CLIPPED: "clipped samples",
    SelfTestCheck.IDENTITY: "chip identity",
    SelfTestCheck.REGISTERS: "registers written and read back",
    SelfTestCheck.BUS_LINE: "bus line",
    SelfTestCheck.SYNC_LINE: "sync line",
    SelfTestCheck.DATA_LINE: "data line",
    SelfTestCheck.FRAME_ROWS: "rows in a frame",
    SelfTestCheck.FRAME_PERIOD: "time of a frame",
    SelfTestCheck.ROW_PERIOD: "time of a row",
    SelfTestCheck.ROW_ACTIVE: "pixels of a row",
    SelfTestCheck.PATTERN: "test pattern: bars that get darker",
    SelfTestCheck.PATTERN_REPEATS: "test pattern: rows that changed",
    SelfTestCheck.D0_D1_EXCHANGED: "D0 and D1 exchanged (put right)",
    SelfTestCheck.CHIP: "motion sensor",
    SelfTestCheck.DEFLECTION: "chip self-test, axis",
    SelfTestCheck.DEFLECTION_SIZE: "chip self-test, axis",
    SelfTestCheck.GRAVITY: "gravity",
    SelfTestCheck.MOVEMENT: "movement",
    SelfTestCheck.ROTATION: "rotation at rest, axis",
}
_LINES = (SelfTestCheck.BUS_LINE, SelfTestCheck.SYNC_LINE, SelfTestCheck.DATA_LINE)
_OF_AXES = (SelfTestCheck.DEFLECTION, SelfTestCheck.DEFLECTION_SIZE, SelfTestCheck.ROTATION)
_AXES = "xyz"
_FINE = ("passed", "skipped", "noted")


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """One check of a self-test, in words and figures."""

    check: str
    """name in `protocol/self_test.toml`; `check_57` of a firmware that knows more than this tinyhost"""
    index: int | None
    """the index of the line or axis"""
    other: int | None
    """the line that it is shorted or swapped with"""
    verdict: str
    """`passed`, `failed`, `skipped` (could not be tested), `noted` (information only)"""
    status: str
    """`ok`, or why the test could not be completed"""
    measured: int | None
    """in `unit`; null if nothing was measured"""
    lowest: int | None
    """the lowest value that passes"""
    highest: int | None
    """the highest value that passes"""
    unit: str
    """`count`, `us`, `ms`, `mhz` (samples per 1,000 s), `counts`, `hundredths` (of a count), `ppm`, `mg`,
    `hundredths_dps` (of a degree per second), `line_state` (LineState of the schema), `flag`, `number`"""
    shown: str
    """`measured` in words"""
    expected: str
    """the range that passes, in words"""
    meaning: str
    """the cause of a failure"""
    action: str
    """the remedy"""

    @property
    def failed(self) -> bool:
        """Whether the check did not pass; a verdict that this version does not know counts as a failure."""
        return self.verdict not in _FINE

    @property
    def title(self) -> str:
        """The check in words."""
        check = SelfTestCheck.__members__.get(self.check.upper())
        title = f"{self.check.replace('_', ' ')} of a newer firmware" if check is None else _TITLES[check]
        if self.index is None:
            return title
        if check is not None and check in _LINES:
            return f"{title} {line_name(check, self.index)}"
        return f"{title} {_AXES[self.index] if check in _OF_AXES and self.index < len(_AXES) else self.index}"


def explain(finding: Finding, sensor: Sensor, *, virtual: bool) -> CheckResult:
    """Return a finding in words. virtual: the board has a scene for a sensor, and no wires."""
    unit = unit_of(finding.check)
    verdict = _name(Verdict, finding.verdict, "verdict")
    measured = finding.verdict != Verdict.SKIPPED and finding.status == Status.OK
    failed = verdict not in _FINE
    meaning, action = cause_of(finding, sensor, virtual=virtual) if failed else ("", "")
    return CheckResult(
        check=_name(SelfTestCheck, finding.check, "check"),
        index=_optional(finding.index),
        other=_optional(finding.other),
        verdict=verdict,
        status=_name(Status, finding.status, "status"),
        measured=finding.measured if measured else None,
        lowest=finding.lowest if measured else None,
        highest=finding.highest if measured else None,
        unit=unit.name,
        shown=_shown(finding, measured=measured),
        expected=unit.span(finding.lowest, finding.highest) if measured and verdict != "noted" else "",
        meaning=meaning,
        action=action,
    )


def _shown(finding: Finding, *, measured: bool) -> str:
    if finding.verdict == Verdict.SKIPPED:
        return "not tried"
    if not measured:
        return _name(Status, finding.status, "status").replace("_", " ")
    shown = unit_of(finding.check).show(finding.measured)
    ties = {LineState.SHORTED: " to", LineState.EXCHANGED: " with"}
    if finding.check in _LINES and finding.other != NO_INDEX and finding.measured in ties:
        return f"{shown}{ties[LineState(finding.measured)]} {line_name(finding.check, finding.other)}"
    return shown


def _name(kind: type[Verdict] | type[SelfTestCheck] | type[Status], value: int, word: str) -> str:
    try:
        return kind(value).name.lower()
    except ValueError:
        return f"{word}_{value}"


def _optional(index: int) -> int | None:
    return None if index == NO_INDEX else index
