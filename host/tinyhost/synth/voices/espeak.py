"""Words spoken by espeak-ng, which runs as a separate program; its output is cached."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.effects import without_rumble
from tinyhost.audio.levels import to_float, to_pcm
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.wav import parse_wav, write_wav
from tinyhost.errors import DatasetError, UsageError
from tinyhost.protocol.labels import is_letter, normal_label
from tinyhost.system.tools import require_tool
from tinyhost.system.user_folders import cache_folder

__all__ = ["Utterance", "default_cache", "espeak_version", "run_espeak", "speak", "validate_text"]

_TIMEOUT_S = 60.0
_MARKS = "_ ',.-"
"""characters that a text may contain beside letters"""
_MAX_TEXT = 400
_QUIET = 0.002  # of full scale; espeak pads its words with silence
_MARGIN = 160  # 10 ms
_ALWAYS = ("-a", "50", "-z", "--stdout")  # half the amplitude: at full, some voices clip
_RECIPE = 2
"""Part of the cache's keys: increase it when the samples of the same utterance change."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """A text and the way it is spoken."""

    text: str
    voice: str
    """espeak-ng's name: accent+variant"""
    speed_wpm: int = 175
    pitch: int = 50
    """0 to 99"""


def validate_text(text: str) -> str:
    """Return a text that can be spoken, composed (NFC); raises UsageError for a text that is empty, too long or without
    words.
    """
    text = normal_label(text)
    is_text = text[:1].isalnum() and all(is_letter(char) or char in _MARKS for char in text)
    if not is_text or len(text) > _MAX_TEXT:
        raise UsageError(f"cannot speak {text[:40]!r}: expected words of letters", hint="as in: --words yes,no")
    return text


def speak(utterance: Utterance, cache_dir: Path | None = None) -> NDArray[np.int16]:
    """Return the speech of espeak-ng, (n,) int16 at 16 kHz, without the silence before and after.

    cache_dir: the cache, by the hash of the utterance and of espeak-ng's version; by default the user's cache folder. A
    damaged file there is replaced. Raises MissingToolError, UsageError, or DatasetError if espeak-ng fails.
    """
    validate_text(utterance.text)
    folder = cache_dir if cache_dir is not None else default_cache()
    key = hashlib.sha256(f"{_RECIPE}|{espeak_version()}|{_ALWAYS}|{utterance!r}".encode()).hexdigest()
    path = folder / key[:2] / f"{key[2:32]}.wav"
    try:
        return read_sound(path)
    except DatasetError:
        pcm = _render(utterance)
        write_wav(path, pcm)
        return pcm


def default_cache() -> Path:
    """Return the default cache of spoken words."""
    return cache_folder() / "speech"


def _render(utterance: Utterance) -> NDArray[np.int16]:
    options = ["-v", utterance.voice, "-s", str(utterance.speed_wpm), "-p", str(utterance.pitch), *_ALWAYS]
    output = run_espeak([*options, utterance.text])
    spoken = parse_wav(output, f"espeak-ng {utterance.text!r}").native_pcm()
    samples = without_rumble(to_float(spoken))  # up to half of a whisper's energy is an offset, in espeak-ng 1.52
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if len(loud) == 0:
        raise DatasetError(f"espeak-ng is silent: {utterance}", hint="choose another word")
    return to_pcm(samples[max(0, loud[0] - _MARGIN) : loud[-1] + _MARGIN])


@cache
def espeak_version() -> str:
    """Return the version of espeak-ng. Raises MissingToolError."""
    match = re.search(rb"(\d+\.[\w.-]+)", run_espeak(["--version"]))
    return match[1].decode() if match else "unknown"


def run_espeak(arguments: Sequence[str]) -> bytes:
    """Return espeak-ng's output on stdout; raises MissingToolError, or DatasetError if it fails."""
    program = require_tool("espeak-ng", why="it is needed to synthesize speech")
    try:
        done = subprocess.run(
            [program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DatasetError(f"espeak-ng did not end within {_TIMEOUT_S:.0f} s: {' '.join(arguments)}") from error
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip()[-200:]
        raise DatasetError(
            f"espeak-ng {' '.join(arguments)}: exit code {done.returncode}: {said or 'no output'}",
            hint="check the voice: espeak-ng --voices=en",
        )
    return done.stdout
