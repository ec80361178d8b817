"""Single words out of Mozilla's Common Voice: a table of who said what in which file, and a folder of clips.

https://commonvoice.mozilla.org: <language>/validated.tsv (or test.tsv, ...) and <language>/clips/*.mp3
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_pcm
from tinyhost.audio.resample import resample
from tinyhost.audio.wav import SAMPLE_RATE_HZ, read_wav
from tinyhost.errors import DatasetError, MissingToolError

__all__ = ["SpokenFile", "list_single_words", "read_clip"]

_TABLES = ("validated.tsv", "train.tsv", "dev.tsv", "test.tsv")
_COLUMNS = {"client_id", "path", "sentence"}
_WORD = re.compile(r"\W*([\w'-]+)\W*")
_MAX_TABLE_BYTES = 1 << 31
_MAX_CLIP_BYTES = 1 << 24
_MAX_CLIP_S = 60.0


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
    try:
        if table.stat().st_size > _MAX_TABLE_BYTES:
            raise DatasetError(f"{table}: larger than {_MAX_TABLE_BYTES:,} bytes")
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{table}: cannot be read: {error}", hint="expected a table of Common Voice") from error
    rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = _COLUMNS - set(rows.fieldnames or ())
    if missing:
        raise DatasetError(
            f"{table}: lacks the columns {', '.join(sorted(missing))}", hint="expected a table of Common Voice"
        )
    for row in rows:
        match = _WORD.fullmatch((row["sentence"] or "").strip())
        if match and row["path"]:
            yield SpokenFile(path=clips / Path(row["path"]).name, word=match[1].lower(), speaker=row["client_id"] or "")


def read_clip(path: Path) -> NDArray[np.int16]:
    """Return a clip of any format and rate as (n,) int16 at 16 kHz.

    Raises DatasetError if the file is missing or cannot be decoded, MissingToolError if it is no wav file and the
    decoder is not installed.
    """
    if path.suffix.lower() == ".wav":
        return read_wav(path, convert=True)
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: its library is missing
        raise MissingToolError(
            f"{path}: the Python package soundfile is not installed; it decodes {path.suffix or 'what is no wav file'}",
            hint="pip install 'tinyhost[mp3]'",
        ) from error
    try:
        if path.stat().st_size > _MAX_CLIP_BYTES:
            raise DatasetError(f"{path}: larger than {_MAX_CLIP_BYTES:,} bytes")
        with soundfile.SoundFile(str(path)) as sound:
            rate_hz = int(sound.samplerate)
            samples = sound.read(int(_MAX_CLIP_S * rate_hz), dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise DatasetError(f"{path}: cannot be decoded: {error}", hint="get it again, or delete it") from error
    if len(samples) == 0 or not 4_000 <= rate_hz <= 192_000:
        raise DatasetError(f"{path}: {len(samples)} samples at {rate_hz:,} Hz", hint="get it again, or delete it")
    mono = np.nan_to_num(samples.mean(axis=1))
    return to_pcm(resample(mono, rate_hz, SAMPLE_RATE_HZ))


def _find_table(source: Path) -> Path:
    if source.is_file():
        return source
    for name in _TABLES:
        if (source / name).is_file():
            return source / name
    raise DatasetError(f"{source}: expected one of {', '.join(_TABLES)}", hint="name Common Voice's language folder")
