"""Tables without lines: columns side by side, within the terminal's width."""

from __future__ import annotations

import pytest
from tinyhost.views.tables import plain_table


def drawn(width: int | None, *rows: tuple[str, ...]) -> list[str]:
    table = plain_table(*rows[0])
    for row in rows[1:]:
        table.add_row(*row)
    return ["".join(text for text, _ in line) for line in table.lines(width)]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert drawn(None, ("board", ""), ("m4", "no firmware"), ("nano33emu", "")) == [
        "board",
        "m4           no firmware",
        "nano33emu",
    ]


SLOTS = (("slot", "model", "bytes"), ("0", "visual-wake", "249,664"))


def test_columns_come_closer_before_cells_are_broken() -> None:
    assert drawn(26, *SLOTS) == ["slot  model        bytes", "0     visual-wake  249,664"]


def test_a_word_is_broken_at_its_hyphen() -> None:
    assert drawn(24, *SLOTS) == ["slot  model      bytes", "0     visual-    249,664", "      wake"]


def test_the_widest_column_is_broken_at_words() -> None:
    rows = drawn(30, ("name", "what it is"), ("vww", "a person or none, drawn figures only"))
    assert rows == ["name  what it is", "vww   a person or none, drawn", "      figures only"]


@pytest.mark.parametrize(("name", "n_cells"), [("日本", 4), ("e\u0301", 1), ("é", 1)])
def test_a_letter_takes_the_places_that_a_terminal_gives_it(name: str, n_cells: int) -> None:
    _, row = drawn(None, ("n", "x"), (name, "y"))
    assert row == name + " " * 4 + "y"
    heading, _ = drawn(None, ("n", "x"), (name, "y"))
    assert heading.index("x") == n_cells + 4


def test_a_row_that_is_broken_keeps_its_styles() -> None:
    table = plain_table("what")
    table.add_row(("one two three", "green"))
    assert list(table.lines(9))[1:] == [[("one two", "green")], [("three", "green")]]
