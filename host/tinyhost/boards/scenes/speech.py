"""Synthetic voices in front of a virtual board's microphone: the scene `speech:yes,no`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tinyhost.audio.levels import active_rms, to_pcm
from tinyhost.audio.speakers import PARTS, Part
from tinyhost.boards.scenes.base import SceneOptions
from tinyhost.boards.scenes.sounds import SOUND_OPTIONS, Clip, SoundOptions, SoundScene
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError, UsageError
from tinyhost.protocol.labels import normal_label
from tinyhost.synth.voices.catalogue import voices_of
from tinyhost.synth.voices.espeak import validate_text
from tinyhost.synth.voices.talk import Talk

__all__ = ["open_speech"]

_GAP_S = 1.0
_LEVEL = 10 ** (-25 / 20)


def open_speech(spec: SceneSpec, options: SceneOptions) -> SoundScene:
    """Return a scene of words, each one of `speech:yes,no` by chance, each time in another voice, for ever.

    The same seed gives the same sound. Options are those of clips, and part=training, validation or testing: the set of
    voices. Raises ConfigError, MissingToolError if espeak-ng is not installed.
    """
    spec.check_options(*SOUND_OPTIONS, "part")
    words = tuple(normal_label(word) for word in spec.name.partition(":")[2].split(",") if word)
    if not words:
        raise ConfigError(f"scene {spec.text!r}: no words", hint="speech:yes,no says yes and no")
    for word in words:
        try:
            validate_text(word)
        except UsageError as exc:
            raise ConfigError(f"scene {spec.text!r}: {exc.message}", hint=exc.hint) from exc
    sound = SoundOptions.of(spec, gap_s=_GAP_S)
    talk = Talk(words=words, part=spec.option("part", _part, "testing", ", ".join(PARTS)))
    voices_of(talk.part)  # whatever is missing is missing now

    def clips() -> Iterator[Clip]:
        rng = np.random.default_rng(sound.seed)
        maker = ThreadPoolExecutor(1)  # a clip is made while the one before is heard: it may take longer than its pause
        following = maker.submit(_clip, talk, rng)
        while True:
            clip = following.result()
            following = maker.submit(_clip, talk, rng)
            yield clip

    return SoundScene(f"speech:{','.join(words)}", clips, sound)


def _clip(talk: Talk, rng: np.random.Generator) -> Clip:
    word, voice = talk.words[int(rng.integers(len(talk.words)))], talk.voice(rng)
    spoken = talk.say(word, voice, rng)
    gain = _LEVEL / max(active_rms(spoken), 1e-6)
    return f"{word} ({voice.name})", to_pcm(spoken * np.float32(gain))


def _part(text: str) -> Part:
    return PARTS[PARTS.index(text)]
