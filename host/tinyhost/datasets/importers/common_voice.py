"""Single words out of Mozilla's Common Voice: tables of who said what in which file, and a folder of clips.

<language>/validated.tsv (invalidated, other, ...)   a line a clip, with votes, and what its speaker says of himself
    <language>/train.tsv, dev.tsv, test.tsv              the parts: nobody is in two
    <language>/clip_durations.tsv                        clip, duration[ms]
    <language>/clips/*.mp3
Source: github.com/common-voice/cv-dataset. A speaker's client_id is replaced by a pseudonym.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.levels import fit_length
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import Part, speaker_id
from tinyhost.datasets.importers.contract import Clip, Content, FoundSample, Importer, PassedOver, ReadAs
from tinyhost.datasets.importers.files import original_of
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import is_letter, normal_label
from tinyhost.system.reading import read_text

__all__ = ["COMMON_VOICE", "SpokenFile", "list_single_words"]

_TABLES = ("validated.tsv", "train.tsv", "dev.tsv", "test.tsv")
_PARTS: dict[str, Part] = {"train.tsv": "training", "dev.tsv": "validation", "test.tsv": "testing"}
_COLUMNS = {"client_id", "path", "sentence"}
_DURATIONS, _CLIP, _DURATION = "clip_durations.tsv", "clip", "duration[ms]"
_SAID = {
    "age": "age",
    "gender": "gender",
    "accents": "accent",
    "accent": "accent",
    "variant": "variant",
    "locale": "locale",
    "up_votes": "up_votes",
    "down_votes": "down_votes",
    "sentence_domain": "domain",
}
"""kept columns and the names of their attributes"""
_NOTHING = ("", "nan", "\\N")
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
    """a pseudonym"""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """the table's attributes of speaker and clip"""


def list_single_words(source: Path) -> Iterator[SpokenFile | PassedOver]:
    """Yield the clips with a single word, in the table's order, and a description of the others.

    source: a table, or the folder with validated.tsv (else train.tsv, dev.tsv, test.tsv, the first that is there); the
    clips are in `clips` beside it. Raises DatasetError if there is no table or it lacks a column.
    """
    table = _find_table(source)
    clips = table.parent / "clips"
    durations = _durations(table.parent / _DURATIONS)
    for row in _rows(table, _COLUMNS):
        word, name = _single_word(row["sentence"]), Path(row["path"]).name
        if not word:
            yield PassedOver(reason="its sentence is not a single word")
        elif not name:
            yield PassedOver(reason="its line names no file")
        else:
            said = {own: row[name] for name, own in _SAID.items() if row.get(name, "") not in _NOTHING}
            if name in durations:
                said["duration_ms"] = durations[name]
            yield SpokenFile(
                path=clips / name,
                word=word,
                speaker=speaker_id(row["client_id"]) if row["client_id"] else "",
                attributes={**said, "votes": table.stem} if table.stem.endswith("validated") else said,
            )


def _rows(table: Path, columns: set[str]) -> Iterator[dict[str, str]]:
    """Yield the lines of a table by column; a line that was cut short says less. Raises DatasetError."""
    header, *lines = (
        line.rstrip("\r").split("\t") for line in read_text(table, max_bytes=_MAX_TABLE_BYTES).split("\n")
    )
    missing = columns - set(header)
    if missing:
        raise DatasetError(
            f"{table}, line 1: lacks the columns {', '.join(sorted(missing))}; it has {', '.join(header)[:80]!r}",
            hint="expected a table of Common Voice",
        )
    for values in lines:
        if values != [""]:
            yield dict.fromkeys(columns, "") | dict(zip(header, values, strict=False))


def _durations(path: Path) -> dict[str, str]:
    """Return how long each clip is, if there is a table of that."""
    if not path.is_file():
        return {}
    return {Path(row[_CLIP]).name: row[_DURATION] for row in _rows(path, {_CLIP, _DURATION})}


def _single_word(sentence: str) -> str:
    """Return the one word of a sentence, in lower case and composed, without punctuation; "" if it has more or none."""
    text = normal_label(sentence) if len(sentence) <= _MAX_SENTENCE else ""
    inside = [at for at, char in enumerate(text) if is_letter(char)]
    word = text[inside[0] : inside[-1] + 1] if inside else ""
    return word.lower() if all(is_letter(char) or char in _IN_WORDS for char in word) else ""


def _parts(folder: Path) -> dict[str, Part]:
    """Return the part of each speaker, from the tables of the parts."""
    tables = ((folder / name, part) for name, part in _PARTS.items())
    return {
        speaker_id(row["client_id"]): part
        for table, part in tables
        if table.is_file()
        for row in _rows(table, _COLUMNS)
    }


def _find(source: Path, read_as: ReadAs) -> Iterator[FoundSample | PassedOver]:
    """Yield the clips; all of a speaker who is in a part are in it, whichever table they are from."""
    del read_as  # its clips are never 16 kHz: they are always converted
    root = source if source.is_dir() else source.parent
    found = list(list_single_words(source))
    parts = _parts(root)
    spoken = [item for item in found if isinstance(item, SpokenFile)]
    if "testing" not in {parts.get(item.speaker) for item in spoken}:
        parts = {}  # nothing of one word could be tested: the speakers are divided anew
    yield from (item for item in found if isinstance(item, PassedOver))
    for item in spoken:
        yield FoundSample(
            what=item.path.relative_to(root).as_posix(),
            label=item.word,
            speaker=item.speaker,
            part=parts.get(item.speaker, "training") if parts else None,
            attributes=item.attributes,
            read=_second_reader(item.path),
            original=original_of(item.path),
        )


def _second_reader(path: Path) -> Callable[[], Content]:
    """Its clips have seconds of silence around the word: keep the loudest second."""
    return lambda: Clip(pcm=fit_length(_read_clip(path), CLIP_SAMPLES))


def _read_clip(path: Path) -> NDArray[np.int16]:
    """Return a clip of any format and rate as (n,) int16 at 16 kHz. Raises as read_sound does."""
    return read_sound(path, convert=True, max_bytes=_MAX_CLIP_BYTES)


def _find_table(source: Path) -> Path:
    if source.is_file():
        return source
    for name in _TABLES:
        if (source / name).is_file():
            return source / name
    raise DatasetError(f"{source}: expected one of {', '.join(_TABLES)}", hint="name Common Voice's language folder")


COMMON_VOICE = Importer(
    name="common-voice",
    what="Common Voice: the clips of a language in which a single word is said, or one of its tables",
    recognises=lambda source: source.suffix == ".tsv" or (source.is_dir() and any(source.glob("*.tsv"))),
    find=_find,
)
