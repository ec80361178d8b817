"""What a heat map shows: counts in words, and marks on the camera's picture."""

from __future__ import annotations

from collections import Counter

from rich.cells import cell_len

from tinyhost.system.wording import counted
from tinyhost.tasks.live import LiveHeader, Reading
from tinyhost.views.bars import class_colour
from tinyhost.views.preview import Mark, PictureSize

__all__ = ["object_counts", "object_marks"]


def object_counts(reading: Reading, head: LiveHeader) -> str:
    """Return how many objects of which class there are: "2 face, 1 cup"; "no object"."""
    counts = Counter(each.label for each in reading.objects)
    return ", ".join(f"{n} {head.label(label)}" for label, n in sorted(counts.items())) or counted(0, "object")


def object_marks(reading: Reading, head: LiveHeader, picture: PictureSize, cells: PictureSize) -> tuple[Mark, ...]:
    """Return a mark for each object, on a picture that is drawn in so many cells, and its label where there is room.

    Of two marks in one place the better object's is seen.
    """
    marks: list[Mark] = []
    taken: set[tuple[int, int]] = set()
    for each in reading.objects:
        row = min(each.y * cells.height // picture.height, cells.height - 1)
        column = min(each.x * cells.width // picture.width, cells.width - 1)
        words = f"●{head.label(each.label)} {each.score:.2f}"
        if cell_len(words) != len(words) or column + len(words) > cells.width:
            words = "●"
        free = next((n for n in range(len(words)) if (row, column + n) in taken), len(words))
        taken.update((row, column + n) for n in range(free))
        marks += [
            Mark(row=row, column=column + n, letter=letter, colour=class_colour(each.label))
            for n, letter in enumerate(words[:free])
        ]
    return tuple(marks)
