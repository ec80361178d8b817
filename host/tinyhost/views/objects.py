"""Objects of a heat map: counts in words, and marks on the camera's picture."""

from __future__ import annotations

from collections import Counter

from rich.cells import cell_len

from tinyhost.tasks.live import LiveHeader, Reading
from tinyhost.views.bars import class_colour
from tinyhost.views.preview import CellLetter, PictureSize

__all__ = ["object_counts", "object_marks"]


def object_counts(reading: Reading, head: LiveHeader) -> str:
    """Return the number of objects by class: "2 face, 1 cup"; "no object"."""
    counts = Counter(each.label for each in reading.objects)
    return ", ".join(f"{n} {head.label(label)}" for label, n in sorted(counts.items())) or "no object"


def object_marks(
    reading: Reading, head: LiveHeader, picture: PictureSize, cells: PictureSize
) -> tuple[CellLetter, ...]:
    """Return a mark for each object on a picture drawn in cells, with its label if there is room.

    No label hides another mark; of two marks in one cell the higher score's is shown.
    """
    places = [
        (
            min(each.y * cells.height // picture.height, cells.height - 1),
            min(each.x * cells.width // picture.width, cells.width - 1),
        )
        for each in reading.objects
    ]
    marks: dict[tuple[int, int], CellLetter] = {}
    for each, (row, column) in zip(reading.objects, places, strict=True):
        mark = CellLetter(row=row, column=column, letter="●", colour=class_colour(each.label))
        marks.setdefault((row, column), mark)
    for each, (row, column) in zip(reading.objects, places, strict=True):
        words = f"{head.label(each.label)} {each.score:.2f}"
        is_narrow = cell_len(words) == len(words)
        for at, letter in enumerate(words if is_narrow else "", column + 1):
            if at >= cells.width or (row, at) in marks:
                break
            marks[row, at] = CellLetter(row=row, column=at, letter=letter, colour=class_colour(each.label))
    return tuple(marks.values())
