"""Views of a sensor's data: a picture with its light, sound with its spectrum, motion with its axes."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tinyhost.sensors import MotionQuality, PictureQuality, Remark, SampleQuality, SensorQuality, SoundQuality
from tinyhost.sensors.motion import AXES, up_axis
from tinyhost.system.wording import counted
from tinyhost.views.bars import ACCENT, BAD, DIM, RAW, TRACK, bar, class_colour, level_meter
from tinyhost.views.preview import half_blocks, heat_blocks

__all__ = ["quality_view", "remark_lines"]

_GOOD = class_colour(1)
_AXIS_COLOURS = (BAD, _GOOD, class_colour(0))
_MARKS = {"good": ("●", _GOOD), "look": ("▲", RAW), "bad": ("✖", BAD)}
_EDGE = "#3c4a58"
_LABEL = 12
_LEAST_SPAN_G = 0.1
"""Smallest range of a trace, so that noise is not amplified."""
_LEVELS = " ▁▂▃▄▅▆▇█"


def quality_view(quality: SensorQuality, columns: int, rows: int, *, title: str) -> RenderableType:
    """Return the view of the sensor's data, in at most `columns` x `rows` cells."""
    remarks = remark_lines(quality.remarks() if quality.n_items else [Remark(level="look", text="waiting …")])
    inside, height = _inside(quality, columns - 4, rows - 2, remarks)
    return Panel(
        inside,
        title=Text(title, DIM),
        title_align="left",
        border_style=_EDGE,
        width=columns,
        height=height and height + 2,
    )


def remark_lines(remarks: list[Remark]) -> list[Text]:
    """Return a line for each remark, with its remedy."""
    lines = []
    for remark in remarks:
        mark, colour = _MARKS[remark.level]
        text = Text.assemble((f"{mark} ", colour), (remark.text, f"bold {colour}"))
        if remark.action:
            text.append(f"  {remark.action}", DIM)
        lines.append(text)
    return lines


def _figure(label: str, value: str, note: str = "") -> Text:
    return Text.assemble((label.ljust(_LABEL), DIM), (value, "bold"), (f"  {note}" if note else "", DIM), no_wrap=True)


@singledispatch
def _inside(quality: SensorQuality, columns: int, rows: int, remarks: list[Text]) -> tuple[RenderableType, int | None]:
    """Return the content of the panel, and its fixed number of rows; None: as many as needed."""
    return Group(*remarks), None


@_inside.register
def _picture(
    quality: PictureQuality, columns: int, rows: int, remarks: list[Text]
) -> tuple[RenderableType, int | None]:
    figures, pixels = quality.figures, quality.pixels
    if figures is None or pixels is None:
        return Group(*remarks), rows
    picture_columns = min(columns * 3 // 5, 2 * rows * pixels.shape[1] // pixels.shape[0])
    width = columns - picture_columns - 3
    counts = np.histogram(pixels, bins=max(8, min(64, width)), range=(0, 256))[0]
    histogram = _columns(counts, class_colour(0))
    parts = [
        _figure("size", f"{pixels.shape[1]} x {pixels.shape[0]}", f"{counted(quality.n_items, 'picture')}"),
        _figure("pictures/s", f"{quality.fps:.1f}", f"{quality.n_missed} missed" if quality.n_missed else ""),
        Text(),
        _figure("brightness", f"{figures.brightness:5.1f}", "of 255, mean"),
        bar(figures.brightness / 255, width, RAW),
        _figure("contrast", f"{figures.contrast:5.1f}", "standard deviation"),
        bar(figures.contrast / 100, width, ACCENT),
        _figure("sharpness", f"{figures.sharpness:5.2f}", "turn the lens for the most"),
        bar(figures.sharpness**0.5, width, _GOOD),
        Text(),
        Text("dark to bright", DIM),
        histogram,
        Text(),
        *remarks,
    ]
    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_row(half_blocks(pixels, picture_columns, rows), Group(*parts))
    return grid, rows


def _columns(counts: NDArray[np.intp], colour: str) -> Text:
    """Return a row of columns for counts, on a square root scale."""
    shares = np.sqrt(counts / max(1, counts.max()))
    return Text("".join(_LEVELS[int(np.ceil(8 * share))] for share in shares), f"{colour} on {TRACK}", no_wrap=True)


@_inside.register
def _sound(quality: SoundQuality, columns: int, rows: int, remarks: list[Text]) -> tuple[RenderableType, int | None]:
    spectrum_rows = max(3, rows - 4 - sum(-(-line.cell_len // columns) for line in remarks))
    heat = np.stack(tuple(quality.columns)[-columns:], axis=1)[::-1] if quality.columns else np.zeros((36, 1), np.uint8)
    loudest = f"{quality.loudest_hz:.0f} Hz" if quality.loudest_hz is not None else "–"
    figures = Text.assemble(
        ("rms ", DIM), (f"{quality.rms_dbfs:.0f} dBFS", "bold"),
        ("   peak ", DIM), (f"{quality.peak_dbfs:.0f} dBFS", "bold"),
        ("   offset ", DIM), (f"{100 * quality.offset:+.2f} %", "bold"),
        ("   clipped ", DIM), (f"{100 * quality.clipped_share:.2f} %", "bold"),
        ("   loudest at ", DIM), (loudest, "bold"), no_wrap=True, overflow="ellipsis",
    )  # fmt: skip
    group = Group(
        level_meter(quality.level_dbfs, columns),
        figures,
        _pace(quality),
        heat_blocks(np.ascontiguousarray(heat), columns, spectrum_rows),
        Text(f"{'100 Hz at the bottom, 8 kHz at the top; older':<{max(0, columns - 3)}}now", DIM, no_wrap=True),
        *remarks,
    )
    return group, rows


def _pace(quality: SampleQuality) -> Text:
    pace = quality.pace
    measured = f"{pace.measured_hz:.1f}" if pace.measured_hz is not None else "…"
    return Text.assemble(
        (measured, "bold"), (f" samples/s, declared {pace.declared_hz:.1f}   ", DIM),
        (str(pace.n_missing), f"bold {RAW}" if pace.n_missing else "bold"), (" missing", DIM), no_wrap=True,
    )  # fmt: skip


@_inside.register
def _motion(quality: MotionQuality, columns: int, rows: int, remarks: list[Text]) -> tuple[RenderableType, int | None]:
    if not quality.recent:
        return Group(*remarks), None
    mean, noise = quality.mean_g, quality.noise_g
    recent = np.array(quality.recent)
    parts: list[RenderableType] = []
    width = columns - 24
    for axis, name in enumerate(AXES):
        value = recent[-1, axis]
        label = Text.assemble((f"{name} ", f"bold {_AXIS_COLOURS[axis]}"), (f"{value:+6.2f} g ", "bold"))
        level = _balance(value / quality.full_scale_g, width, _AXIS_COLOURS[axis])
        parts.append(label + level + Text(f" ±{noise[axis] * 1000:.0f} mg", DIM))
        if rows >= 14:
            parts.append(Text(" " * 11) + _trace(recent[-width:, axis], width, _AXIS_COLOURS[axis]))
    up = up_axis(mean)
    down = f"{'-' if up[0] == '+' else '+'}{up[1]}" if up else "between axes"
    magnitude = Text.assemble(
        ("magnitude ", DIM), (f"{quality.magnitude_g:.3f} g", "bold"), ("   down ", DIM), (down, "bold"),
        ("   ", ""), (quality.pose if quality.is_at_rest else "it moves", ACCENT), no_wrap=True, overflow="ellipsis",
    )  # fmt: skip
    return Group(*parts, Text(), magnitude, *_rotation(quality), _pace(quality), Text(), *remarks), None


def _rotation(quality: MotionQuality) -> list[Text]:
    """Return the line of a gyroscope; none without one."""
    turns = quality.mean_dps
    if turns is None:
        return []
    axes = [
        part
        for axis, name in enumerate(AXES)
        for part in ((f"  {name} ", f"bold {_AXIS_COLOURS[axis]}"), (f"{turns[axis]:+7.1f}", "bold"))
    ]
    return [Text.assemble(("rotation", DIM), *axes, ("  degrees per second", DIM), no_wrap=True, overflow="ellipsis")]


def _trace(values: NDArray[np.float64], width: int, colour: str) -> Text:
    """Return the last values as a row of small bars about their middle; the full height is at least _LEAST_SPAN_G."""
    low, high = float(values.min()), float(values.max())
    middle, span = (low + high) / 2, max(_LEAST_SPAN_G, high - low)
    levels = np.clip(np.rint(4.5 + 7 * (values - middle) / span), 1, 8).astype(int)
    return Text("".join(_LEVELS[level] for level in levels).rjust(width), colour, no_wrap=True)


def _balance(share: float, width: int, colour: str) -> Text:
    """Return a bar from the middle: to the left for negative values, to the right for positive ones."""
    half = width // 2
    cells = min(half, round(abs(share) * half))
    left, right = ("█" * cells if share < 0 else ""), ("█" * cells if share > 0 else "")
    text = Text(left.rjust(half), f"{colour} on {TRACK}", no_wrap=True)
    return text.append("│", f"#ffffff on {TRACK}").append(right.ljust(half), f"{colour} on {TRACK}")
