"""Words for the class `unknown`, on which a keyword spotter must not act."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tinyhost.audio.speakers import Part
from tinyhost.synth.voices.espeak import run_espeak, validate_text

__all__ = ["COMMON_WORDS", "UNSEEN_WORDS", "other_words", "phonemes"]

_COMMON = """
yes no up down left right on off stop go zero one two three four five six seven eight nine backward bed bird cat dog
follow forward happy house learn marvin sheila tree visual wow about after again apple because before better black
book bring call chair children city coffee come cold could day door drink early eat every eyes fast father find fish
flower friend from game garden girl give glass good great green hand have head hello help home hour just kitchen know
lamp last letter light listen little look loud make many maybe milk money morning mother mouth move music name nest
never next night now number nose open orange other over paper people phone picture place play please question quick
rain read river road room school sea see show slow small snow some song sound speak start street summer sun table
talk thank their there think time today train turn under very voice wait walk wall want water week well west what
where white who wind window winter woman word work world year yellow yesterday you young
"""
COMMON_WORDS = tuple(_COMMON.split())
"""Words for training and validation; the first are the 35 words of Speech Commands."""
_UNSEEN = """
animal answer autumn basket bottle bread bridge brother butter candle carpet castle corner country doctor dinner
evening feather finger forest guess hammer honey island jacket kettle ladder lemon machine mess mirror mountain
narrow ocean pencil pepper pillow rabbit ribbon rose sister station stone ticket toe vest village yellowish yet
"""
UNSEEN_WORDS = tuple(_UNSEEN.split())
"""Further words for testing only."""


def other_words(words: Sequence[str], part: Part) -> tuple[str, ...]:
    """Return the words for `unknown` in a part of the split, without `words` and their homophones.

    Raises MissingToolError without espeak-ng, which tells homophones.
    """
    pool = COMMON_WORDS + (UNSEEN_WORDS if part == "testing" else ())
    wanted = {phonemes(word) for word in words}
    return tuple(word for word in pool if phonemes(word) not in wanted)


@cache
def phonemes(word: str) -> str:
    """Return how espeak-ng says a word, in its notation. Raises MissingToolError without it."""
    return run_espeak(["-q", "-x", "-v", "en-us", validate_text(word)]).decode("utf-8", "replace").strip()
