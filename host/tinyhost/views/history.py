"""The history of a rig in a terminal: tests that need attention, or all of them."""

from __future__ import annotations

from collections.abc import Sequence

from tinyhost.hil.history.trends import RecentOutcome, TestTrend
from tinyhost.views.tables import PlainTable, plain_table

__all__ = ["history_table"]

_LETTERS = {
    "passed": ".", "cured": ".", "failed": "x", "quarantined": "q", "rig": "r", "not_run": "-", "build": "b",
    "skipped": "s",
}  # fmt: skip
_STYLES = {"flaky": "bold yellow", "failing": "bold red", "changed": "cyan", "unproven": "yellow", "steady": "green"}
_STRIP = 24


def history_table(trends: Sequence[TestTrend]) -> PlainTable:
    """Return a row for each test and board: state, pass rate, last runs. flips: those on the same build, of all."""
    table = plain_table("", "right", "95 %", "flips", "rig", "last runs", "board", "test")
    for trend in trends:
        table.add_row(
            (trend.steadiness, _STYLES[trend.steadiness]),
            f"{trend.n_right}/{trend.n}" if trend.n else "–",
            f"{100 * trend.interval.low:.0f}–{100 * trend.interval.high:.0f} %" if trend.interval else "",
            f"{trend.flips_same_build} of {trend.flips}" if trend.flips else "0",
            str(trend.n_rig or ""),
            _strip(trend.recent),
            trend.board,
            trend.test.rpartition("/")[2],
        )
    return table


def _strip(recent: Sequence[RecentOutcome]) -> str:
    """Return a letter for each of the last runs, oldest first."""
    return "".join(_LETTERS.get(each.outcome, "?") for each in recent[-_STRIP:])
