"""What an anomaly detector made of recordings, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from tinyhost.bench.motion_result import MotionAccuracy, MotionStream
    from tinyhost.bench.result import HostAnswers

__all__ = ["motion_stream_view", "motion_view"]


def motion_view(motion: MotionAccuracy) -> list[RenderableType]:
    """Return a line for each label, and whether this computer says the same."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("label", "windows", "median score", "AUC", "alarms", "recordings with one"):
        table.add_column(name, justify="left" if name == "label" else "right")
    for label, item in motion.labels.items():
        table.add_row(
            Text(label),
            f"{item.n_windows:,}",
            f"{item.median_score:.2f}",
            "–" if item.auc is None else f"{item.auc:.4f}",
            str(item.n_alarms),
            f"{item.n_alarmed} of {item.n_recordings}",
        )
    parts: list[RenderableType] = [*_issues(motion.issues), table, _agreement(motion.host)]
    if motion.listening:
        cost = motion.listening
        words = f"features and model: {cost.per_s:,} a second, "
        parts.append(Text.assemble(words, (f"{100 * cost.busy_share:.2f} %", "bold"), f" of {cost.budget_per_s:,}"))
    return parts


def motion_stream_view(stream: MotionStream) -> list[RenderableType]:
    """Return false alarms and delays."""
    per_hour = stream.false_alarms_per_hour
    parts: list[RenderableType] = [
        *_issues(stream.issues),
        Text.assemble(
            f"{stream.seconds / 60:.1f} min: {len(stream.false_alarms_s)} false alarms, ",
            (f"{per_hour:.2f} per hour", "bold"),
            f", {24 * per_hour:.1f} per day",
        ),
    ]
    for fault in stream.faults:
        seen = "never noticed" if fault.delay_s is None else f"alarm {fault.delay_s:.2f} s after its start"
        parts.append(Text(f"{fault.label} at {fault.start_s:.1f} s: {seen}"))
    return [*parts, _agreement(stream.host)]


def _agreement(host: HostAnswers) -> Text:
    style = "bold green" if host.mismatches == 0 else "bold red"
    return Text.assemble("this computer scores otherwise: ", (f"{host.mismatches} of {host.compared:,} windows", style))


def _issues(issues: tuple[str, ...]) -> list[RenderableType]:
    return [Text(issue, "yellow") for issue in issues[:10]]
