"""Sound or motion as it comes: its level, the features that the model gets, and the last detections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.text import Text

from tinyhost.audio.levels import dbfs
from tinyhost.tasks.live import LiveHeader, Reading, Snapshot
from tinyhost.views.bars import ACCENT, DIM, class_colour, level_meter, sparkline
from tinyhost.views.preview import heat_blocks

__all__ = ["fresh_detection", "strides_view"]

_HOLD_US = 1_200_000
"""A detection stays on the screen for so long: the event itself is one prediction among fifty a second."""
_MAX_LISTED = 4


def fresh_detection(state: Snapshot) -> Reading | None:
    """Return the last detection while it is worth showing, by the board's clock."""
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
    level = _level(state, columns)
    picture_rows = max(1, rows - 3 - len(listed))
    picture = heat_blocks(_spectrogram(state), columns, picture_rows)
    return Group(level, picture, Text(f"{'older':<{max(0, columns - 3)}}now", DIM), *_listed(head, listed))


def _level(state: Snapshot, columns: int) -> Text:
    if state.header is not None and state.header.form.sees == "sound":
        return level_meter(dbfs(state.strides[-1].peak / 32768), columns)
    return sparkline([stride.rms for stride in state.strides], columns, ACCENT)


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
