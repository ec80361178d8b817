"""espeak-ng's voices: an accent of English, spoken by a variant (a vocal tract), and its part of the split.

All accents of a variant, and variants that are retouched copies of one another (steph, steph2, steph3; Hugo, Diogo),
are on one side, so no vocal tract that is heard in testing has been heard in training.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tinyhost.audio.speakers import Part, part_of_speaker
from tinyhost.synth.voices.espeak import run_espeak

__all__ = ["Voice", "all_voices", "part_of_variant", "voices_of"]

_ID_DIGITS = 8  # as in Speech Commands
_ALIASES = {"en-gb": "en"}  # espeak-ng 1.51 passes over the variant of en-gb
_SHARES = {"validation_percent": 10.0, "testing_percent": 20.0}
_FILE = re.compile(r" ((?:gmw|mb|!v)/[\w -]*\w)")
_SAME_TRACT = {
    "caleb": "klatt",
    "henrique": "diogo",
    "hugo": "diogo",
    "miguel": "diogo",
    "anikarobot": "anika",
    "m8": "robosoft",
    "ricishaymax": "robosoft",
    "max": "robosoft",
}
"""Variants whose files give the formants of another family's."""
_NO_VOICES = {"fast"}  # a test of speed, otherwise espeak's own voice


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One way to speak English."""

    accent: str
    """espeak-ng's name of the language: en-gb, en-us, en-029, ..."""
    variant: str
    """file name of the variant: f2, Andy, ..."""

    @property
    def name(self) -> str:
        """The voice's name for espeak-ng."""
        return f"{self.accent}+{self.variant}"

    @property
    def part(self) -> Part:
        """The part of the split that it belongs to."""
        return part_of_variant(self.variant)

    @property
    def voice_id(self) -> str:
        """Eight hex digits, a speaker's id in Speech Commands' file names.

        Chosen among the voice's hashes so that Speech Commands' own split puts the speaker on the voice's side.
        """
        return _voice_id(self.name, self.part)


@cache
def _voice_id(name: str, part: Part) -> str:
    tries = (hashlib.sha256(f"{name}#{number}".encode()).hexdigest()[:_ID_DIGITS] for number in range(10_000))
    return next(speaker for speaker in tries if part_of_speaker(speaker) == part)


def part_of_variant(variant: str) -> Part:
    """Return the side of the split of a variant: 70 % are for training, 10 % for validation, 20 % for testing."""
    family = variant.rstrip("0123456789") if len(variant) > 2 else variant  # m1 to m8 and f1 to f5 are no copies
    family = _SAME_TRACT.get(family.casefold(), family.casefold())
    return part_of_speaker(family, **_SHARES)


@cache
def all_voices() -> tuple[Voice, ...]:
    """Return the voices of the installed espeak-ng, by accent and variant, without those that need mbrola.

    Raises MissingToolError if espeak-ng is not there.
    """
    accents = sorted(_ALIASES.get(name, name) for name, file in _listed("en") if file.startswith("gmw/"))
    variants = sorted({file.removeprefix("!v/") for _, file in _listed("variant")} - _NO_VOICES)
    return tuple(Voice(accent=accent, variant=variant) for accent in accents for variant in variants)


@cache
def voices_of(part: Part) -> tuple[Voice, ...]:
    """Return the voices of one part of the split."""
    return tuple(voice for voice in all_voices() if voice.part == part)


def _listed(language: Literal["en", "variant"]) -> list[tuple[str, str]]:
    """Return (language, file) of each voice that espeak-ng lists; a file's name may hold a space."""
    rows = run_espeak([f"--voices={language}"]).decode("utf-8", "replace").splitlines()
    found = []
    for row in rows[1:]:
        file = _FILE.search(row)
        if file:
            found.append((row.split()[1], file[1]))
    return found
