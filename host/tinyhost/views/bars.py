"""Bars, sparklines and figures made of characters."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

__all__ = [
    "ACCENT",
    "BAD",
    "DIM",
    "RAW",
    "TRACK",
    "bar",
    "class_colour",
    "format_ticks",
    "level_meter",
    "sparkline",
    "thin_bar",
]

ACCENT, BAD, RAW, TRACK, DIM = "#35b5bf", "#ff7a6e", "#f2a35c", "#2b3642", "#8a97a5"
_CLASSES = ("#6d9bd1", "#58c98b", "#e3c04f", "#a294f2", "#ee82a4", "#35b5bf", "#b7c96b", "#d08c60")
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"


def class_colour(index: int) -> str:
    """Return the colour of a class, the same in all views."""
    return _CLASSES[index % len(_CLASSES)]


def bar(share: float, width: int, colour: str, *, mark: float | None = None) -> Text:
    """Return a bar of `width` cells, to an eighth of a cell; `mark` (0..1) is shown as a thin line."""
    eighths = round(8 * width * min(1.0, max(0.0, share)))
    whole, rest = divmod(eighths, 8)
    text = Text(no_wrap=True)
    text.append("█" * whole, colour)
    if whole < width:
        text.append(_EIGHTHS[rest] if rest else " ", f"{colour} on {TRACK}")
        text.append(" " * (width - whole - 1), f"on {TRACK}")
    if mark is not None and width > 2:
        at = min(width - 1, max(0, int(mark * width)))
        cell = Text("│", f"bold #ffffff on {colour if at < whole else TRACK}")
        text = text[:at] + cell + text[at + 1 :]
    return text


def thin_bar(share: float, width: int, colour: str) -> Text:
    """Return a thin line of up to `width` cells at the top of its row."""
    cells = round(width * min(1.0, max(0.0, share)))
    return Text("▔" * cells + " " * (width - cells), colour, no_wrap=True)


def level_meter(level_dbfs: float, width: int) -> Text:
    """Return a level from -60 dBFS to full scale as a bar of `width` cells: green, yellow near the top, red at it."""
    low, loud, full = -60.0, -12.0, -1.0
    colour = _CLASSES[1] if level_dbfs < loud else RAW if level_dbfs < full else BAD
    figure = f" {level_dbfs:4.0f} dBFS"
    meter = bar((level_dbfs - low) / -low, max(4, width - len(figure)), colour)
    return meter + Text(figure, DIM if level_dbfs < full else BAD)


def sparkline(values: Sequence[float], width: int, colour: str, *, least_span: float = 0.0) -> Text:
    """Return the last `width` values as a row of small bars, scaled to their range.

    least_span: smaller ranges are shown flat.
    """
    recent = list(values)[-width:]
    low, high = (min(recent), max(recent)) if recent else (0.0, 0.0)
    span = high - low
    # Values within a percent give a flat line, not amplified noise.
    flat = span <= max(0.01 * max(abs(high), 1.0), least_span)
    marks = "".join(_LEVELS[3] if flat else _LEVELS[round(7 * (value - low) / span)] for value in recent)
    return Text(marks.rjust(width), colour, no_wrap=True)


def format_ticks(ticks: int, unit: str, tick_hz: int) -> str:
    """Return a count of ticks in readable units; as a time if a tick has a duration."""
    if tick_hz or unit == "ns":
        seconds = ticks / (tick_hz or 1_000_000_000)
        for factor, name in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
            if seconds * factor >= 1 or name == "µs":
                return f"{seconds * factor:.2f} {name}"
    for divisor, name in ((1_000_000, "M"), (1_000, "k")):
        if ticks >= divisor:
            return f"{ticks / divisor:.2f} {name}"
    return f"{ticks}"
