"""Numbers in sentences."""

from __future__ import annotations

import pytest
from tinyhost.system.wording import counted


@pytest.mark.parametrize(
    ("n", "what", "words"),
    [
        (0, "file", "0 files"),
        (1, "file", "1 file"),
        (1_000, "wanted word", "1,000 wanted words"),
        (2, "class", "2 classes"),
        (1, "series", "1 series"),
        (2, "mismatch", "2 mismatches"),
    ],
)
def test_one_is_singular_and_all_else_is_plural(n: int, what: str, words: str) -> None:
    assert counted(n, what) == words
