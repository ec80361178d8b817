"""The part of a data set that a clip belongs to, by a hash of its speaker, so that no speaker is in two parts.

The rule is that of Speech Commands (Warden 2018, arXiv:1804.03209, and its README): stable as a data set grows.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from tinyhost.errors import UsageError
from tinyhost.protocol.labels import normal_label

__all__ = [
    "PARTS",
    "SPEAKER_MARK",
    "Part",
    "named_speaker",
    "part_named",
    "part_of_file",
    "part_of_speaker",
    "speaker_id",
    "speaker_of_file",
]

Part = Literal["training", "validation", "testing"]
PARTS: tuple[Part, ...] = ("training", "validation", "testing")
_MAX_HASH = 2**27 - 1
SPEAKER_MARK = "_nohash_"
"""Between the speaker's id and a number in a clip's name."""
_NOHASH = re.compile(f"{SPEAKER_MARK}.*$")
_ID = re.compile("[0-9a-f]{8}")


def part_named(name: str) -> Part:
    """Return the part of that name; raises UsageError if there is none."""
    for part in PARTS:
        if part == name:
            return part
    raise UsageError(f"no part {name!r} of a data set", hint=f"expected one of {', '.join(PARTS)}")


def speaker_id(speaker: str) -> str:
    """Return eight hex digits for a name, as in Speech Commands; such ids are returned unchanged."""
    return speaker if _ID.fullmatch(speaker) else hashlib.sha256(_composed(speaker)).hexdigest()[:8]


def _composed(name: str) -> bytes:
    """Return a name's bytes in composed form, also for decomposed names of Macs."""
    return normal_label(name).encode("utf-8", "surrogateescape")


def speaker_of_file(name: str) -> str:
    """Return the speaker's id in a file's name: the part before `_nohash_`, or else the whole name."""
    return _NOHASH.sub("", name)


def named_speaker(name: str) -> str:
    """Return the speaker's id in a file's name; "" if it names none."""
    return speaker_of_file(name) if SPEAKER_MARK in name else ""


def part_of_speaker(speaker: str, *, validation_percent: float = 10.0, testing_percent: float = 10.0) -> Part:
    """Return the part of a speaker's clips: equal for all of them, in any data set, on any machine."""
    digest = hashlib.sha1(_composed(speaker), usedforsecurity=False).hexdigest()
    percent = (int(digest, 16) % (_MAX_HASH + 1)) * (100.0 / _MAX_HASH)
    if percent < validation_percent:
        return "validation"
    return "testing" if percent < testing_percent + validation_percent else "training"


def part_of_file(name: str, *, validation_percent: float = 10.0, testing_percent: float = 10.0) -> Part:
    """Return the part of a clip by its file's name, without folders."""
    speaker = speaker_of_file(name)
    return part_of_speaker(speaker, validation_percent=validation_percent, testing_percent=testing_percent)
