"""Live sound or motion: its level, its channels or the model's features, and the last detections."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tinyhost.audio.features import FrontendConfig
from tinyhost.audio.levels import dbfs
from tinyhost.tasks.live import LiveHeader, Reading, Snapshot
from tinyhost.views.bars import ACCENT, DIM, class_colour, level_meter, sparkline
from tinyhost.views.preview import heat_blocks

__all__ = ["fresh_detection", "motion_traces", "strides_view"]

_HOLD_US = 1_200_000
"""Time for which a detection stays on the screen: the event itself is one prediction among fifty a second."""
_MAX_LISTED = 4
_NAME_COLUMNS = 9
"""width of the labels left of the spectrogram, and a space"""
_SCALE_COLUMNS = 12
_AXES = ("x", "y", "z")
_CHANNELS = ("acc x", "acc y", "acc z", "gyr x", "gyr y", "gyr z")
_STILL_SPAN = 4.0
"""smallest range of a step's values: that of a hand at rest"""


def fresh_detection(state: Snapshot) -> Reading | None:
    """Return the last detection while it is recent, by the board's clock."""
    if not state.detections or state.reading is None:
        return None
    last = state.detections[-1]
    return last if 0 <= state.reading.timestamp_us - last.timestamp_us < _HOLD_US else None


def strides_view(state: Snapshot, columns: int, rows: int) -> RenderableType:
    """Return level, spectrogram and the last detections, in a space of `columns` x `rows` cells."""
    head = state.header
    if not state.strides or head is None:
        return Text("nothing has come yet", DIM)
    listed = state.detections[-min(_MAX_LISTED, max(1, rows // 6)) :]
    if head.form.sees == "movement":
        return Group(_channels(state, columns), _time_axis(state, columns), *_listed(head, listed))
    picture_rows = max(1, rows - 4 - len(listed))
    names = _feature_axis(head, picture_rows)
    width = max(1, columns - _NAME_COLUMNS)
    axis = Text("\n".join(name.rjust(_NAME_COLUMNS - 1) for name in names), DIM)
    picture = Table.grid(padding=(0, 1, 0, 0))
    picture.add_row(axis, heat_blocks(_spectrogram(state), width, picture_rows))
    lines = [_time_axis(state, columns), _legend(head, columns)]
    return Group(_level(state, columns), picture, *lines, *_listed(head, listed))


def _channels(state: Snapshot, columns: int) -> Text:
    """Return the trace of each channel of a movement, a line each."""
    steps = [stride.features for stride in state.strides if stride.features.size == len(_CHANNELS)]
    return motion_traces(np.array(steps).reshape(-1, len(_CHANNELS)), columns, least_span=_STILL_SPAN)


def motion_traces(samples: NDArray[Any], columns: int, *, least_span: float = 0.0) -> Text:
    """Return the trace of each channel of (n, 3) or (n, 6) samples, a line each of `columns` cells: the last ones.

    least_span: smaller ranges are shown flat.
    """
    width, lines = max(1, columns - _NAME_COLUMNS), []
    for channel, (name, values) in enumerate(zip(_CHANNELS, samples.T, strict=False)):
        trace = sparkline(values.tolist(), width, class_colour(channel // len(_AXES)), least_span=least_span)
        lines.append(Text(name.rjust(_NAME_COLUMNS - 1) + " ", DIM) + trace)
    return Text("\n").join(lines)


def _feature_axis(head: LiveHeader, rows: int) -> list[str]:
    """Return the label of each row of the spectrogram, downwards: frequencies, coefficients, axes of motion."""
    names = [""] * rows
    if head.n_coefficients:
        names[-1], names[0] = "c0", f"c{head.n_coefficients - 1}"
        return names
    if head.form.sees == "sound":
        config = FrontendConfig()
        names[-1] = f"{config.lower_band_hz} Hz"
        names[0] = f"{config.upper_band_hz / 1000:g} kHz"
        return names
    for index, name in enumerate(reversed(_AXES)):  # each has the bands from low to high, then its summary figures
        names[min(rows - 1, (2 * index + 1) * rows // (2 * len(_AXES)))] = f"{name} axis"
    return names


def _time_axis(state: Snapshot, columns: int) -> Text:
    """Return the time axis: the age of the first column, and `now`."""
    width = max(1, columns - _NAME_COLUMNS)
    shown, head = state.strides[-width:], state.header
    rate_hz = head.rate_hz if head else 0.0
    older = f"-{(shown[-1].position - shown[0].position) / rate_hz:.1f} s" if rate_hz else "older"
    first = _NAME_COLUMNS + width - len(shown)  # there is no column before the first stride
    start = max(0, min(first, columns - len(older) - 4))
    return Text((" " * start + older).ljust(columns - 3) + "now", DIM, no_wrap=True)


def _legend(head: LiveHeader, columns: int) -> RenderableType:
    """Return the legend of dark and bright."""
    low, high = ("quiet", "loud") if head.form.sees == "sound" else ("still", "strong")
    scale = heat_blocks(np.tile(np.linspace(0, 255, _SCALE_COLUMNS).astype(np.uint8), (2, 1)), _SCALE_COLUMNS, 1)
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(Text(" " * (_NAME_COLUMNS - 1)), Text(low, DIM), scale, Text(high, DIM))
    return row


def _level(state: Snapshot, columns: int) -> Text:
    if state.header is not None and state.header.form.sees == "sound":
        return level_meter(dbfs(state.strides[-1].peak / 32768), columns)
    width = max(1, columns - _NAME_COLUMNS)
    name = Text("RMS".rjust(_NAME_COLUMNS - 1) + " ", DIM)
    return name + sparkline([stride.rms for stride in state.strides], width, ACCENT)


def _spectrogram(state: Snapshot) -> NDArray[np.uint8]:
    """Return (n_features, n_strides) brightness, the lowest feature at the bottom."""
    size = state.strides[-1].features.size
    features = np.stack([stride.features for stride in state.strides if stride.features.size == size], axis=1)
    return (features[::-1].astype(np.int16) + 128).astype(np.uint8)


def _listed(head: LiveHeader, detections: tuple[Reading, ...]) -> list[Text]:
    lines = []
    for reading in reversed(detections):
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{reading.timestamp_us / 1e6:8.2f} s  ", DIM).append(
            head.label(reading.top), f"bold {class_colour(reading.top)}"
        )
        lines.append(text.append(f"  {reading.smoothed[reading.top]:.2f}", DIM))
    return lines
