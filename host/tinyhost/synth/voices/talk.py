"""Speech of one part of the split: wanted words, other words, running speech, babble."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.effects import change_speed
from tinyhost.audio.levels import to_float
from tinyhost.audio.noise import babble
from tinyhost.audio.speakers import Part
from tinyhost.synth.voices.catalogue import Voice, voices_of
from tinyhost.synth.voices.espeak import Utterance, speak
from tinyhost.synth.voices.words import other_words

__all__ = ["Talk"]

_SPEEDS_WPM = (115, 140, 165, 190, 220)
_PITCHES = (20, 35, 50, 65, 80)
_N_TAKES = 4
"""Number of ways in which a voice says a word, which bounds the cache of spoken words; the acoustics differ each time.
"""
_N_TALKERS = 8
_RUNNING_SHARE = 0.125
_SENTENCE_WORDS = (3, 8)


@dataclass(frozen=True, kw_only=True)
class Talk:
    """The speakers and the wanted words."""

    words: tuple[str, ...]
    part: Part
    cache_dir: Path | None = None

    def voice(self, rng: np.random.Generator) -> Voice:
        """Return a random voice of the part."""
        voices = voices_of(self.part)
        return voices[int(rng.integers(len(voices)))]

    def say(self, text: str, voice: Voice, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return the spoken text, (n,) in -1..1: in one of the voice's few ways, by a smaller or larger person."""
        take = int(rng.integers(_N_TAKES if text in self.words else 1))
        manner = np.random.default_rng((take, int(voice.voice_id, 16)))
        utterance = Utterance(
            text=text, voice=voice.name, speed_wpm=int(manner.choice(_SPEEDS_WPM)), pitch=int(manner.choice(_PITCHES))
        )
        spoken = to_float(speak(utterance, self.cache_dir))
        return change_speed(spoken, rng.uniform(0.88, 1.14))

    def other_word(self, rng: np.random.Generator) -> str:
        """Return a word that is not wanted."""
        others = other_words(self.words, self.part)
        return others[int(rng.integers(len(others)))]

    def other_text(self, rng: np.random.Generator) -> str:
        """Return a word that is not wanted or, one time in eight, several in a row."""
        return self.sentence(rng) if rng.random() < _RUNNING_SHARE else self.other_word(rng)

    def sentence(self, rng: np.random.Generator) -> str:
        """Return some words that are not wanted, to be said in one breath."""
        return " ".join(self.other_word(rng) for _ in range(int(rng.integers(*_SENTENCE_WORDS))))

    def babble(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return n samples of three or more people talking at once, none of them a wanted word; its RMS is 1."""
        talkers = _talkers(self)
        chosen = rng.choice(len(talkers), int(rng.integers(3, len(talkers) + 1)), replace=False)
        return babble([talkers[index] for index in chosen], n, rng)


@lru_cache(maxsize=4)
def _talkers(talk: Talk) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(len(talk.words))
    return [talk.say(talk.sentence(rng), talk.voice(rng), rng) for _ in range(_N_TALKERS)]
