"""Single words out of Mozilla's Common Voice: a table of who said what in which file, and a folder of clips.

https://commonvoice.mozilla.org: <language>/validated.tsv (or test.tsv, ...) and <language>/clips/*.mp3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound_file import read_sound
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import is_letter, normal_label
from tinyhost.system.reading import read_text

__all__ = ["SpokenFile", "list_single_words", "read_clip"]

_TABLES = ("validated.tsv", "train.tsv", "dev.tsv", "test.tsv")
_COLUMNS = {"client_id", "path", "sentence"}
_MAX_SENTENCE = 200  # letters: a word has fewer
_IN_WORDS = "'’-_"
_MAX_TABLE_BYTES = 1 << 31
_MAX_CLIP_BYTES = 1 << 24


@dataclass(frozen=True, kw_only=True)
class SpokenFile:
    """One clip of one word."""

    path: Path
    word: str
    """in lower case, without punctuation"""
    speaker: str


def list_single_words(source: Path) -> Iterator[SpokenFile]:
    """Yield the clips in which one word is said, in the table's order.

    source: a table, or the folder with validated.tsv (else train.tsv, dev.tsv, test.tsv, the first that is there); the
    clips are in `clips` beside it. Raises DatasetError if there is no table or it lacks a column.
    """
    table = _find_table(source)
    clips = table.parent / "clips"
    text = read_text(table, max_bytes=_MAX_TABLE_BYTES)
    header, *lines = (line.rstrip("\r").split("\t") for line in text.split("\n"))
    missing = _COLUMNS - set(header)
    if missing:
        raise DatasetError(
            f"{table}: lacks the columns {', '.join(sorted(missing))}", hint="expected a table of Common Voice"
        )
    for values in lines:
        row = dict(zip(header, values, strict=False))  # a line that was cut short says less
        word, name = _single_word(row.get("sentence", "")), Path(row.get("path", "")).name
        if word and name:
            yield SpokenFile(path=clips / name, word=word, speaker=row.get("client_id", ""))


def _single_word(sentence: str) -> str:
    """Return the one word of a sentence, in lower case and composed, without punctuation; "" if it has more or none."""
    text = normal_label(sentence) if len(sentence) <= _MAX_SENTENCE else ""
    inside = [at for at, char in enumerate(text) if is_letter(char)]
    word = text[inside[0] : inside[-1] + 1] if inside else ""
    return word.lower() if all(is_letter(char) or char in _IN_WORDS for char in word) else ""


def read_clip(path: Path) -> NDArray[np.int16]:
    """Return a clip of any format and rate as (n,) int16 at 16 kHz. Raises as read_sound does."""
    return read_sound(path, convert=True, max_bytes=_MAX_CLIP_BYTES)


def _find_table(source: Path) -> Path:
    if source.is_file():
        return source
    for name in _TABLES:
        if (source / name).is_file():
            return source / name
    raise DatasetError(f"{source}: expected one of {', '.join(_TABLES)}", hint="name Common Voice's language folder")
