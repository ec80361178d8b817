"""The page of a rig's history or of a soak: tests by board, their last runs and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyhost.hil.history.store import PastRun
from tinyhost.hil.history.trends import FigureTrend, TestTrend
from tinyhost.hil.results import OUTCOME_WORDS
from tinyhost.report.render import render, short

__all__ = ["BoardHealth", "history_page"]

_KINDS = {"passed": "good", "cured": "good", "failed": "bad", "quarantined": "bad"}
_MAX_STRIP = 60
_WIDTH, _HEIGHT = 150.0, 26.0


@dataclass(frozen=True, kw_only=True)
class BoardHealth:
    """The health of one board over the runs."""

    name: str
    type: str
    n_right: int
    n_wrong: int
    n_rig: int
    n_rerun: int


def history_page(
    *, title: str, subtitle: str, runs: Sequence[PastRun], trends: Sequence[TestTrend], reload_s: int = 0
) -> str:
    """Return the HTML. reload_s: period after which a browser reloads the page of a running soak; 0: never."""
    return render(
        "history.html",
        title=title,
        subtitle=subtitle,
        reload_s=reload_s,
        runs=runs[-_MAX_STRIP:],
        n_runs=len(runs),
        n_passed=sum(run.passed for run in runs),
        boards=_boards(trends),
        trends=trends,
        kinds=_KINDS,
        words=OUTCOME_WORDS,
        max_strip=_MAX_STRIP,
        sparkline=_sparkline,
        short=short,
        n_attention=sum(trend.steadiness != "steady" for trend in trends),
    )


def _boards(trends: Sequence[TestTrend]) -> list[BoardHealth]:
    """Return a line for each board, those with the most rig faults first."""
    found: dict[str, list[TestTrend]] = {}
    for trend in trends:
        found.setdefault(trend.board, []).append(trend)
    boards = [
        BoardHealth(
            name=name,
            type=own[0].type,
            n_right=sum(trend.n_right for trend in own),
            n_wrong=sum(trend.n - trend.n_right for trend in own),
            n_rig=sum(trend.n_rig for trend in own),
            n_rerun=sum(trend.n_rerun for trend in own),
        )
        for name, own in found.items()
    ]
    return sorted(boards, key=lambda board: (-board.n_rig, -board.n_wrong, board.name))


def _sparkline(trend: FigureTrend) -> str:
    """Return the points of a line in a box of 150x26, oldest left, scaled to the values' range."""
    values = trend.values[-_MAX_STRIP:]
    low, high = min(values), max(values)
    step = _WIDTH / max(1, len(values) - 1)
    span = (high - low) or 1.0
    flat = high == low
    heights = [0.5 if flat else (value - low) / span for value in values]
    return " ".join(f"{n * step:.1f},{_HEIGHT - 2 - at * (_HEIGHT - 4):.1f}" for n, at in enumerate(heights))
