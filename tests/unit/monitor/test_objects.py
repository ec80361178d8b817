"""Objects of a heat map in the monitor: marks on the picture, counts, lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tinyhost.monitor.lines import plain_line, prediction_document
from tinyhost.monitor.state import MonitorState
from tinyhost.tasks.live import LiveForm, Reading, SeenObject
from tinyhost.views.objects import object_marks
from tinyhost.views.preview import PictureSize, cells_of

from tests.unit.monitor.test_monitor import HEADER, reading, screen

HEAD = replace(HEADER, labels=("background", "face"), form=LiveForm(sees="picture", result="objects"))
PICTURE = PictureSize(height=96, width=96)


def seen(*places: tuple[int, int], n_left_out: int = 0) -> Reading:
    found = tuple(SeenObject(label=1, score=0.75, x=x, y=y, width=8, height=8) for x, y in places)
    return replace(reading(0), objects=found, detected=bool(found), n_left_out=n_left_out)


def drawn(item: Reading, columns: int, rows: int) -> list[str]:
    """Return the marks alone, as lines."""
    lines = [[" "] * columns for _ in range(rows)]
    for mark in object_marks(item, HEAD, PICTURE, cells_of(PICTURE, columns, rows)):
        lines[mark.row][mark.column] = mark.letter
    return ["".join(line) for line in lines]


def test_objects_are_marked_where_they_are_with_labels_where_there_is_room() -> None:
    lines = drawn(seen((8, 8), (92, 95), (95, 20)), 24, 12)
    assert lines[1] == "  ●face 0.75".ljust(24)
    assert lines[11] == "●".rjust(24)
    assert lines[2] == "●".rjust(24)


def test_a_label_hides_no_other_object() -> None:
    assert drawn(seen((8, 8), (20, 8)), 24, 12)[1] == "  ●fa●face 0.75".ljust(24)


def test_the_screen_shows_marks_and_counts() -> None:
    state = MonitorState()
    state.connected(HEAD)
    state.add_frame(np.zeros((96, 96), np.uint8), "a.png")
    state.add_reading(seen((20, 48), (70, 48), n_left_out=2))
    text = "\n".join(screen(state, 120, 40))
    assert "● 2 face, 2 cells left out" in text
    assert text.count("●face 0.75") == 2
    state.add_reading(replace(reading(1, scores=(0.9, 0.25)), objects=(), detected=False, top=1))
    assert "○ no object, 0.25 is below the threshold of 0.50" in "\n".join(screen(state, 120, 40))


def test_lines_say_what_is_where() -> None:
    item = seen((20, 48), n_left_out=1)
    assert "  face 0.75 at 20,48  invoke" in plain_line(item, HEAD)
    assert plain_line(item, HEAD).endswith("1 face, 1 cell left out")
    assert "  nothing  invoke" in plain_line(seen(), HEAD)
    document = prediction_document(item, HEAD)
    assert document.objects is not None
    assert [(each.label, each.score, each.x, each.y) for each in document.objects] == [("face", 0.75, 20, 48)]
    assert (document.n_left_out, prediction_document(reading(0), HEADER).objects) == (1, None)
