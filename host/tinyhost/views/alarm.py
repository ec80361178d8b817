"""The view of an app that raises alarms: its score over time against the threshold."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from tinyhost.tasks.live import LiveHeader, Reading
from tinyhost.views.bars import BAD, DIM, RAW, TRACK, class_colour

__all__ = ["alarm_verdict", "score_plot"]

_COLOURS = {"normal": class_colour(1), "suspect": RAW, "alarm": BAD, "clearing": RAW}
_LEVELS = " ▁▂▃▄▅▆▇█"
_HEADROOM = 1.25


def alarm_verdict(reading: Reading, width: int) -> Text:
    """Return the banner with the state of the alarm."""
    colour = _COLOURS.get(reading.alarm, RAW)
    words = {"normal": "○ normal", "suspect": "◐ suspect", "alarm": "● ALARM", "clearing": "◑ alarm, clearing"}
    style = f"bold #0f1419 on {colour}" if reading.alarm != "normal" else f"{colour} on {TRACK}"
    return Text(f" {words.get(reading.alarm, reading.alarm)} ".ljust(width), style, no_wrap=True)


def score_plot(head: LiveHeader, readings: tuple[Reading, ...], width: int, rows: int) -> RenderableType:
    """Return scores as columns of `rows` cells, the newest on the right, with a line at the threshold."""
    recent = [reading for reading in readings if reading.status == "ok"][-width:]
    if not recent:
        return Text("no scores", DIM)
    threshold = head.threshold or 0.0
    top = max(_HEADROOM * threshold, *(head.real_score(reading.score) for reading in recent)) or 1.0
    heights = [head.real_score(reading.score) / top * rows for reading in recent]
    colours = [_COLOURS.get(reading.alarm, RAW) for reading in recent]
    line_row = int(threshold / top * rows) if threshold > 0 else -1
    lines = []
    for row in range(rows - 1, -1, -1):
        empty = ("─", "#ffffff") if row == line_row else (" ", "")
        text = Text(empty[0] * (width - len(recent)), empty[1], no_wrap=True)
        for height, colour in zip(heights, colours, strict=True):
            level = min(8, round(8 * (height - row)))
            text.append(*((_LEVELS[level], colour) if level > 0 else empty))
        lines.append(text)
    last = recent[-1]
    figures = Text.assemble(
        (f"{head.real_score(last.score):.3f}", "bold"),
        (" score   ", DIM),
        (f"{threshold:.3f}", "bold"),
        (" threshold   ", DIM),
        (f"{head.real_score(last.baseline):.3f}", "bold"),
        (" baseline", DIM),
        no_wrap=True,
        overflow="ellipsis",
    )
    return Group(*lines, figures)
